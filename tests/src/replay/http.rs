//! The HTTP handler: logs a request, waits for holds and the delay, and adds the correlation id.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri},
    response::Response as HttpResponse,
};

use super::service::Service;

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

pub async fn handle(
    State(service): State<Arc<Service>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> HttpResponse {
    let query = Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map(|Query(query)| query)
        .unwrap_or_default();
    service.log(&method, &uri, &query, &headers);

    // The response is chosen after the wait, so that a client that disconnects during the wait doesn't advance a scenario.
    let mut holds = service.holds.subscribe();
    drop(holds.wait_for(|holds| *holds == 0).await);
    if !service.delay.is_zero() {
        tokio::time::sleep(service.delay).await;
    }

    let mut response = service.respond(&method, &uri, query, &headers);
    let headers = response.headers_mut();
    if !headers.contains_key(CORRELATION_ID) {
        let number = service.correlation_ids.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(CORRELATION_ID, id);
        }
    }
    response
}
