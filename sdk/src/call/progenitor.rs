//! The adapter to progenitor: builds an operation's request with the generated client, and doesn't send the request.
//!
//! A method that progenitor generates builds a request, passes it to the hook [`exec`](ClientHooks::exec), and decodes the
//! response that the hook returns. The SDK uses only the building of the request, because progenitor's decoding has no limit of
//! bytes, no retries, and one error type per operation. So `exec` doesn't send the request, and returns a response that holds the
//! request as an extension. `sdk/generator/postprocess.rs` removes the decoding from the method, which then returns this response
//! as `UnexpectedResponse`, the only result in which progenitor-client keeps extensions. [`request`] takes the request out of it.

use std::sync::Arc;

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, ResponseValue};
use reqwest::{Request, ResponseBuilderExt};

use crate::error::{Error, Kind};
use crate::generated;

/// The name of the query parameter that holds the version of the API.
pub(crate) const API_VERSION: &str = "api-version";

/// Returns the generated client that builds requests.
pub(crate) fn client(endpoint: &str, http: &reqwest::Client) -> generated::Client {
    generated::Client {
        baseurl: endpoint.to_owned(),
        client: http.clone(),
        inner: (),
    }
}

/// Returns the API version in the spec.
pub(crate) fn api_version() -> &'static str {
    <generated::Client as ClientInfo<()>>::api_version()
}

/// Takes the request out of the result of a generated method.
pub(crate) fn request(
    result: Result<ResponseValue<()>, progenitor_client::Error<()>>,
) -> Result<Request, Error> {
    let error = match result {
        Err(progenitor_client::Error::UnexpectedResponse(mut response)) => {
            let request = response.extensions_mut().remove::<Arc<Request>>();
            if let Some(request) = request.and_then(Arc::into_inner) {
                return Ok(request);
            }
            "the request was lost".to_owned()
        }
        Err(error) => error.to_string(),
        Ok(_) => "the request was lost".to_owned(),
    };
    let message = format!("the request can't be built: {error}");
    Err(Error::new(Kind::Argument, message))
}

impl ClientHooks<()> for generated::Client {
    async fn exec(
        &self,
        mut request: Request,
        _: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        let version = api_version();
        request
            .url_mut()
            .query_pairs_mut()
            .append_pair(API_VERSION, version);
        // The generated code sends the version as a header; the service expects it in the query.
        request.headers_mut().remove(API_VERSION);
        let response = http::Response::builder()
            // Without a URL, reqwest would parse one.
            .url(request.url().clone())
            // Extensions must be `Clone`, which a request isn't.
            .extension(Arc::new(request))
            .body(bytes::Bytes::new())
            .unwrap_or_default();
        Ok(response.into())
    }
}
