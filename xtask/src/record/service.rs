//! Captures responses of the service: sends the requests of a run.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use percent_encoding::utf8_percent_encode;
use reqwest::Url;
use serde_json::Value;

use super::capture::{Capture, Captures, SEGMENT, is_live};
use super::fetch::{self, Fetcher, Token};
use crate::exit::CommandError;
use crate::output::{print_continuation, print_line};
use crate::spec::{Operation, Spec};

/// The options for requests: server, publisher, offers and token.
#[derive(Args)]
pub struct RequestOptions {
    /// The server; plain http only on this machine [default: the server in the spec]
    #[arg(long, value_name = "URL", value_parser = fetch::endpoint)]
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
pub fn capture(
    options: RequestOptions,
    spec: &Spec,
    operations: &[Operation<'_>],
    servers: &[Url],
    out: &mut dyn Write,
) -> Result<Captures, CommandError> {
    let publisher = publisher(options.publisher)?;
    let token = Token::find(options.token_file.as_deref())?;
    let endpoint = options.endpoint.or_else(|| servers.first().cloned());
    let endpoint = endpoint.ok_or_else(|| {
        CommandError("the spec has no server with a complete URL: give --endpoint".to_owned())
    })?;
    let live = is_live(&endpoint, servers);
    let requests = Requests {
        fetcher: Fetcher::new(endpoint, &token, live)?,
        version: spec
            .value
            .pointer("/info/version")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        publisher: &publisher,
    };
    let operations = operations
        .iter()
        .filter(|operation| operation.method == "GET");
    let (others, lists): (Vec<_>, Vec<_>) =
        operations.partition(|operation| operation.templates().any(|name| name == "offerId"));
    let mut captures = Vec::new();
    for operation in lists {
        captures.extend(requests.send(operation, None, out)?);
    }
    let offers = if options.offer.is_empty() {
        offers(&captures)
    } else {
        options.offer.into_iter().collect()
    };
    for operation in others {
        for offer in &offers {
            captures.extend(requests.send(operation, Some(offer), out)?);
        }
    }
    if !captures.is_empty() && captures.iter().all(|capture| capture.status == 401) {
        print_line(
            out,
            "Note",
            "the service rejected the token: every response has status 401",
        )?;
        print_continuation(
            out,
            "The token may have expired, or it may be for another service: get a new token.",
        )?;
    }
    Ok(Captures {
        list: captures,
        secrets: token.secrets(),
        rejected: 0,
    })
}

/// The common parts of the requests of a run.
struct Requests<'r> {
    fetcher: Fetcher,
    version: &'r str,
    publisher: &'r str,
}

impl Requests<'_> {
    /// Calls an operation. Skips an operation that has a path parameter without a known value.
    fn send(
        &self,
        operation: &Operation<'_>,
        offer: Option<&str>,
        out: &mut dyn Write,
    ) -> Result<Option<Capture>, CommandError> {
        let mut path = operation.path.clone();
        for name in operation.templates() {
            let value = match (name, offer) {
                ("publisherId", _) => self.publisher,
                ("offerId", Some(offer)) => offer,
                _ => {
                    let what = format!(
                        "{}: the parameter `{name}` has no known value",
                        operation.path
                    );
                    print_line(out, "Skipped", what)?;
                    return Ok(None);
                }
            };
            let value = utf8_percent_encode(value, SEGMENT).to_string();
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        let versions = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.name == "api-version");
        let query = versions.map(|parameter| (parameter.name.clone(), self.version.to_owned()));
        let capture = self.fetcher.get(&operation.path, &path, query.collect())?;
        print_line(
            out,
            "Requested",
            format!("{}: status {}", capture.name, capture.status),
        )?;
        Ok(Some(capture))
    }
}

/// Returns the identifiers of the offers in the lists.
fn offers(captures: &[Capture]) -> BTreeSet<String> {
    captures
        .iter()
        .filter(|capture| capture.status == 200)
        .filter_map(|capture| serde_json::from_slice::<Vec<Value>>(&capture.bytes).ok())
        .flatten()
        .filter_map(|offer| identifier(offer.get("id")?.as_str()?).ok())
        .collect()
}

fn publisher(given: Option<String>) -> Result<String, CommandError> {
    const VARIABLE: &str = "CLOUD_PARTNER_PUBLISHER";
    let publisher = given.or_else(|| std::env::var(VARIABLE).ok());
    let publisher = publisher.ok_or_else(|| {
        CommandError(format!(
            "the publisher is missing: give --publisher or set {VARIABLE}"
        ))
    })?;
    identifier(&publisher).map_err(|why| CommandError(format!("{VARIABLE}: {why}")))
}

/// Parses an identifier, which must be one segment of a path.
fn identifier(text: &str) -> Result<String, String> {
    if text.is_empty() || text.starts_with('.') || text.contains(['/', '\\']) {
        return Err(
            "an identifier must not be empty, contain a slash or start with a dot".to_owned(),
        );
    }
    if text.chars().any(char::is_whitespace) {
        return Err("an identifier must not contain white space".to_owned());
    }
    Ok(text.to_owned())
}
