//! Error responses for requests that aren't recorded, in the formats of the service.

use axum::{
    body::Body as HttpBody,
    http::{HeaderValue, StatusCode, header},
    response::Response as HttpResponse,
};
use serde_json::{Value, json};

pub fn error(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    json_response(
        status,
        &json!({ "error": { "code": code, "message": message } }),
    )
}

pub fn no_such_resource() -> HttpResponse {
    let what = "No HTTP resource was found that matches the request.";
    json_response(StatusCode::NOT_FOUND, &json!({ "Message": what }))
}

pub fn json_response(status: StatusCode, body: &Value) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
