//! Captures responses of the service: sends GET requests with the user's token. The token is never printed.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use cloud_partner_recordings::recording::{Body, Request, Response};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::capture::{self, Capture, Captures, encode_segment};
use crate::exit_code::CommandError;
use crate::files;
use crate::print::{print_continuation, print_line};
use crate::spec::{Operation, Spec};

/// The timeout of a request; the service sometimes takes minutes to respond.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The options for requests: server, publisher, offers and token.
#[derive(Args)]
pub struct RequestOptions {
    /// The server; plain http only on this machine [default: the server in the spec]
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    endpoint: Option<Url>,
    /// The publisher [default: `CLOUD_PARTNER_PUBLISHER`]
    #[arg(long, value_name = "ID", value_parser = identifier)]
    publisher: Option<String>,
    /// An offer whose status is requested; can be given several times [default: every offer of the list]
    #[arg(long, value_name = "ID", value_parser = identifier)]
    offer: Vec<String>,
    /// A file that contains only the token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Sends the requests for the lists, then the requests for each offer, and returns the captures.
pub fn capture<'o>(
    options: RequestOptions,
    spec: &Spec,
    operations: &'o [Operation<'o>],
    servers: &[Url],
    out: &mut dyn Write,
) -> Result<Captures<'o>, CommandError> {
    let publisher = publisher(options.publisher)?;
    let token = token(options.token_file.as_deref())?;
    let endpoint = options.endpoint.as_ref().or(servers.first());
    let endpoint = endpoint
        .ok_or_else(|| "the spec has no server with a complete URL: give --endpoint".to_owned())?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the HTTP client can't be created: {error}"))?;
    let version = spec.value.pointer("/info/version").and_then(Value::as_str);
    let service = Service {
        client: client(endpoint, &token)?,
        runtime,
        endpoint,
        live: servers
            .iter()
            .any(|server| server.host() == endpoint.host()),
        version: version.unwrap_or_default(),
        publisher: &publisher,
    };
    let operations = operations
        .iter()
        .filter(|operation| operation.method == "GET");
    let (with_offer, lists): (Vec<_>, Vec<_>) =
        operations.partition(|operation| operation.templates().any(|name| name == "offerId"));
    let mut captures = Vec::new();
    for &operation in &lists {
        captures.extend(service.capture(operation, "", out)?);
    }
    let has_no_offers =
        options.offer.is_empty() && !captures.is_empty() && captures.iter().all(is_empty_list);
    let offers = if options.offer.is_empty() {
        offers(&captures)
    } else {
        options.offer
    };
    for &operation in &with_offer {
        for offer in &offers {
            captures.extend(service.capture(operation, offer, out)?);
        }
    }
    let required = if has_no_offers {
        lists
    } else {
        [lists, with_offer].concat()
    };
    let is_complete = has_successes(&required, &captures, out)?;
    // The parts of a JSON web token are secrets too. Shorter parts are left out, because a recording can contain them by chance.
    let secrets = token.split('.').chain([token.as_str()]);
    let secrets = secrets.filter(|part| part.len() >= 8).map(str::to_owned);
    Ok(Captures {
        list: captures,
        secrets: secrets.collect(),
        is_complete,
    })
}

/// Returns whether each of the operations has a successful response, and prints an error for each operation that has none.
fn has_successes(
    operations: &[&Operation<'_>],
    captures: &[Capture<'_>],
    out: &mut dyn Write,
) -> std::io::Result<bool> {
    let operations = operations.iter();
    let mut statuses: BTreeMap<&str, Vec<u16>> = operations
        .map(|operation| (operation.path.as_str(), Vec::new()))
        .collect();
    for capture in captures {
        let of_operation = statuses.entry(&capture.name).or_default();
        of_operation.push(capture.recording.response.status);
    }
    statuses.retain(|_, statuses| !statuses.iter().any(|status| (200..300).contains(status)));
    for path in statuses.keys() {
        print_line(out, "Error", format!("{path}: no response is a success"))?;
    }
    if statuses.values().flatten().any(|status| *status == 401) {
        let help = "The service rejected the token: it may have expired, or be for another service. Get a new token.";
        print_continuation(out, help)?;
    }
    Ok(statuses.is_empty())
}

/// The service, and the common parts of the requests of a run.
struct Service<'r> {
    client: Client,
    runtime: Runtime,
    endpoint: &'r Url,
    /// Whether the endpoint is the live service.
    live: bool,
    version: &'r str,
    publisher: &'r str,
}

impl Service<'_> {
    /// Sends a request to an operation. Skips an operation that has a path parameter of another name.
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
            let what = format!("{name}: only publisherId and offerId have known values");
            print_line(out, "Skipped", what)?;
            return Ok(None);
        }
        let versions = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.name == "api-version");
        let query = versions.map(|parameter| (parameter.name.clone(), self.version.to_owned()));
        let request = Request {
            method: operation.method.clone(),
            path,
            query: query.collect(),
            headers: BTreeMap::new(),
        };
        let response = self.send(&request)?;
        let status = response.status;
        print_line(out, "Requested", format!("{name}: status {status}"))?;
        let capture = Capture::new(name.clone(), operation, self.live, request, response);
        Ok(Some(capture))
    }

    fn send(&self, request: &Request) -> Result<Response, String> {
        let mut url = self.endpoint.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{}", request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let response = self.runtime.block_on(async {
            let response = self.client.get(url).send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok((status, headers, response.bytes().await?))
        });
        let (status, headers, body) = response.map_err(|error| {
            let server = self.endpoint.origin().ascii_serialization();
            format!("the request to {server} failed: {}", causes(error))
        })?;
        let headers = headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        });
        Ok(capture::response(status.as_u16(), headers, &body))
    }
}

/// Returns the token of the file, or of `AZURE_TOKEN`. The token can't be an argument, because every user of the machine can read
/// the arguments of a process.
fn token(file: Option<&Path>) -> Result<String, String> {
    let (source, text) = if let Some(file) = file {
        let shown = files::display_path(file);
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{shown}: the token can't be read: {error}"))?;
        (shown, text)
    } else {
        let text = std::env::var("AZURE_TOKEN").map_err(|_| {
            "the token is missing: set AZURE_TOKEN, or give --token-file; `cargo xtask record --help` describes how to get a token"
        })?;
        ("AZURE_TOKEN".to_owned(), text)
    };
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "{source}: the token is invalid, because it is empty or contains white space or other invalid characters: get a new one"
        ));
    }
    Ok(token.to_owned())
}

/// Creates a client that sends the token with each request. It follows no redirect, which could lead to another server, and uses no
/// proxy for plain http, because the proxy could read the token.
fn client(endpoint: &Url, token: &str) -> Result<Client, String> {
    let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| "the token can't be sent as a header")?;
    authorization.set_sensitive(true);
    let mut client = Client::builder()
        .default_headers(HeaderMap::from_iter([(AUTHORIZATION, authorization)]))
        .redirect(Policy::none())
        .timeout(TIMEOUT);
    if endpoint.scheme() == "http" {
        client = client.no_proxy();
    }
    let client = client.build();
    client.map_err(|error| format!("the HTTP client can't be created: {error}"))
}

/// Returns the message of an error with its causes, without the URL.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let first: Option<&dyn Error> = Some(&error);
    let causes = std::iter::successors(first, |error| (*error).source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Returns whether a response is a list without offers.
fn is_empty_list(capture: &Capture<'_>) -> bool {
    let response = &capture.recording.response;
    let is_empty =
        matches!(&response.body, Some(Body::Json(Value::Array(offers))) if offers.is_empty());
    response.status == 200 && is_empty
}

/// Returns the identifiers of the offers in the lists.
fn offers(captures: &[Capture<'_>]) -> Vec<String> {
    captures
        .iter()
        .map(|capture| &capture.recording.response)
        .filter_map(|response| match &response.body {
            Some(Body::Json(Value::Array(offers))) if response.status == 200 => Some(offers),
            _ => None,
        })
        .flatten()
        .filter_map(|offer| identifier(offer.get("id")?.as_str()?).ok())
        .collect()
}

fn publisher(given: Option<String>) -> Result<String, String> {
    let publisher = given.or_else(|| std::env::var("CLOUD_PARTNER_PUBLISHER").ok());
    let missing = "the publisher is missing: give --publisher or set CLOUD_PARTNER_PUBLISHER";
    let publisher = publisher.ok_or(missing)?;
    identifier(&publisher).map_err(|why| format!("CLOUD_PARTNER_PUBLISHER: {why}"))
}

/// Parses the URL of a server. It must be https, or http on this machine, because the token is sent to it.
fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
        return Err("the token would be sent unencrypted: give an https URL; http is allowed for this machine only".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("the URL contains a user, a password or a query: remove it".to_owned());
    }
    Ok(url)
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
