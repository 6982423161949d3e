//! Sends GET requests with the user's token to the service, and captures the responses. No message contains the token.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;
use cloud_partner_recordings::recording::{Body, Request, Response};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::capture::{self, Capture, Captures, encode_segment};
use crate::exit_code::CommandError;
use crate::print::{print_continuation, print_line};
use crate::spec::{Operation, Spec};

/// The timeout of a request. The service sometimes takes minutes to respond.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The server, the publisher and the offers of the requests.
#[derive(Args)]
pub struct RequestOptions {
    /// The URL of the server; must be https, except for a server on this machine [default: the server in the spec]
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    endpoint: Option<Url>,
    /// The publisher; required without --har
    #[arg(long, value_name = "ID", value_parser = identifier)]
    publisher: Option<String>,
    /// An offer whose status is requested; can be given several times [default: every offer of the list]
    #[arg(long, value_name = "ID", value_parser = identifier)]
    offer: Vec<String>,
}

/// Captures the responses of all GET operations in two steps:
///
/// 1. Sends one request to each operation without an offer in the path.
/// 2. For each offer in `options`, sends one request to each operation with an offer in the path. Without an offer in `options`, uses the
///    offers in the responses of step 1.
///
/// `servers` are the URLs of the live service.
pub fn capture<'o>(
    options: RequestOptions,
    spec: &Spec,
    operations: &'o [Operation<'o>],
    servers: &[Url],
    out: &mut dyn Write,
) -> Result<Captures<'o>, CommandError> {
    let publisher = options.publisher;
    let publisher =
        publisher.ok_or_else(|| "the publisher is missing: give --publisher".to_owned())?;
    let token = token()?;
    let endpoint = options.endpoint.as_ref().or(servers.first());
    let endpoint = endpoint
        .ok_or_else(|| "the spec has no server with a complete URL: give --endpoint".to_owned())?;
    // The message doesn't contain the URL, because the URL can contain a password.
    check_endpoint(endpoint).map_err(|error| format!("the server in the spec: {error}"))?;
    let version = spec.at("/info").and_then(|info| info.text("version"));
    let service = Service {
        client: client(endpoint)?,
        runtime: Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("the HTTP client can't be created: {error}"))?,
        is_live: is_live(endpoint, servers),
        endpoint,
        token: &token,
        version: version.unwrap_or_default(),
        publisher: &publisher,
    };
    let gets = operations
        .iter()
        .filter(|operation| operation.method == "GET");
    let (mut with_offer, without_offer): (Vec<_>, Vec<_>) =
        gets.partition(|operation| operation.templates().any(|name| name == "offerId"));
    let mut captures = Vec::new();
    for operation in &without_offer {
        captures.extend(service.capture(operation, "", out)?);
    }
    let mut offers = options.offer;
    if offers.is_empty() {
        let lists: Vec<_> = captures.iter().map(listed_offers).collect();
        if !lists.is_empty() && lists.iter().all(|list| list.is_some_and(Vec::is_empty)) {
            // The publisher has no offers, so no response is expected from the operations with an offer in the path.
            with_offer.clear();
        }
        let listed = lists.into_iter().flatten().flatten();
        let ids = listed.filter_map(|offer| offer.get("id")?.as_str());
        offers = ids.filter_map(|id| identifier(id).ok()).collect();
    }
    for operation in &with_offer {
        for offer in &offers {
            captures.extend(service.capture(operation, offer, out)?);
        }
    }
    // Each part of a JSON web token is a secret too. Parts of fewer than 8 bytes are left out: a recording can contain them by chance.
    let secrets = token.split('.').chain([token.as_str()]);
    let secrets = secrets.filter(|part| part.len() >= 8).map(str::to_owned);
    let required = [without_offer, with_offer].concat();
    Ok(Captures {
        is_complete: has_successes(&required, &captures, out)?,
        list: captures,
        secrets: secrets.collect(),
    })
}

/// Returns whether a URL has the host of the live service.
pub fn is_live(url: &Url, servers: &[Url]) -> bool {
    servers.iter().any(|server| server.host() == url.host())
}

/// Returns the offers in a response; `None` if the response isn't a list with the status code 200.
fn listed_offers<'c>(capture: &'c Capture<'_>) -> Option<&'c Vec<Value>> {
    let response = &capture.recording.response;
    match &response.body {
        Some(Body::Json(Value::Array(offers))) if response.status == 200 => Some(offers),
        _ => None,
    }
}

/// Returns whether each operation has a successful response. Prints an error for each operation that has none.
fn has_successes(
    operations: &[&Operation<'_>],
    captures: &[Capture<'_>],
    out: &mut dyn Write,
) -> io::Result<bool> {
    let mut all_succeeded = true;
    for operation in operations {
        let captures = captures.iter();
        let captures = captures.filter(|capture| capture.name == operation.path);
        let statuses = captures.map(|capture| capture.recording.response.status);
        let statuses: Vec<u16> = statuses.collect();
        if statuses.iter().any(|status| (200..300).contains(status)) {
            continue;
        }
        all_succeeded = false;
        let what = format!("{}: no successful response", operation.path);
        print_line(out, "Error", what)?;
        if statuses.contains(&401) {
            let help = "The service rejected the token: it may have expired, or be for another service. Get a new token.";
            print_continuation(out, help)?;
        }
    }
    Ok(all_succeeded)
}

/// The HTTP client, and the values that all requests have in common.
struct Service<'r> {
    client: Client,
    runtime: Runtime,
    endpoint: &'r Url,
    is_live: bool,
    token: &'r str,
    /// The value of the query parameter `api-version`.
    version: &'r str,
    publisher: &'r str,
}

impl Service<'_> {
    /// Sends a request to an operation and captures the response. Returns `None` for an operation with a path parameter other than
    /// `publisherId` and `offerId`.
    fn capture<'o>(
        &self,
        operation: &'o Operation<'o>,
        offer: &str,
        out: &mut dyn Write,
    ) -> Result<Option<Capture<'o>>, CommandError> {
        let name = &operation.path;
        let mut path = name.clone();
        for (template, value) in [("{publisherId}", self.publisher), ("{offerId}", offer)] {
            path = path.replace(template, &encode_segment(value));
        }
        if path.contains('{') {
            let what =
                format!("{name}: the path has a parameter other than publisherId and offerId");
            print_line(out, "Skipped", what)?;
            return Ok(None);
        }
        let parameters = operation.parameters.iter();
        let versions = parameters.filter(|parameter| parameter.name == "api-version");
        let request = Request {
            method: operation.method.clone(),
            path,
            query: versions
                .map(|parameter| (parameter.name.clone(), self.version.to_owned()))
                .collect(),
            headers: BTreeMap::new(),
        };
        let response = self.send(&request).map_err(|error| {
            let server = self.endpoint.origin().ascii_serialization();
            format!("the request to {server} failed: {}", causes(error))
        })?;
        let status = response.status;
        print_line(out, "Requested", format!("{name}: status {status}"))?;
        let capture = Capture::new(name.clone(), operation, self.is_live, request, response);
        Ok(Some(capture))
    }

    fn send(&self, request: &Request) -> reqwest::Result<Response> {
        let mut url = self.endpoint.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{}", request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        self.runtime.block_on(async {
            let request = self.client.get(url).bearer_auth(self.token);
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let headers = headers.iter().map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.to_string(), value)
            });
            let body = response.bytes().await?;
            Ok(capture::response(status.as_u16(), headers, &body))
        })
    }
}

/// Reads the token from the environment variable `AZURE_TOKEN`. The command has no option for the token, because every user of the machine
/// can read the arguments of a process.
fn token() -> Result<String, String> {
    let token = env::var("AZURE_TOKEN").map_err(|_| {
        "the token is missing: set AZURE_TOKEN; `cargo xtask record --help` describes how to get a token"
    })?;
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(
            "AZURE_TOKEN: the token is invalid, because it is empty or contains white space or another invalid character: get a new token"
                .to_owned(),
        );
    }
    Ok(token.to_owned())
}

/// Creates a client that sends requests only to the endpoint: it follows no redirect. For an http URL, the client uses no proxy, because
/// the proxy could read the token.
fn client(endpoint: &Url) -> Result<Client, String> {
    let mut client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT);
    if endpoint.scheme() == "http" {
        client = client.no_proxy();
    }
    let client = client.build();
    client.map_err(|error| format!("the HTTP client can't be created: {error}"))
}

/// Returns the messages of an error and of its causes. Leaves out the URL, because it contains personal data.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut messages = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        messages.push(error.to_string());
        cause = error.source();
    }
    messages.join(": ")
}

/// Parses the URL of a server.
fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    check_endpoint(&url)?;
    Ok(url)
}

/// Checks the URL of a server. An http URL is allowed only for this machine, because http doesn't encrypt the token.
fn check_endpoint(url: &Url) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
        return Err("the token would be sent unencrypted: give an https URL; http is allowed for this machine only".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("the URL contains a user, a password or a query: remove it".to_owned());
    }
    Ok(())
}

/// Parses an identifier, which must be one segment of a path.
fn identifier(text: &str) -> Result<String, String> {
    let is_invalid = |c: char| matches!(c, '/' | '\\') || c.is_whitespace();
    if text.is_empty() || text.starts_with('.') || text.contains(is_invalid) {
        return Err(
            "an identifier must not be empty, start with a dot, or contain a slash or white space"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}
