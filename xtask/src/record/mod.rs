//! `cargo xtask record`: recordings of real responses, without anything personal in them.
//!
//! A [`Capture`](capture::Capture) comes from the service ([`fetch`]) or from a HAR file ([`har`]), and is only held in memory.
//! The [sanitiser](sanitise::Sanitiser) makes a recording of it, which is searched for secrets once more before it is
//! [written or shown](mod@write).

mod capture;
mod fetch;
mod har;
mod pseudonyms;
mod public;
mod sanitise;
mod write;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use percent_encoding::utf8_percent_encode;
use reqwest::Url;
use serde_json::Value;

use self::capture::{Capture, Captures, SEGMENT};
use self::fetch::{Fetcher, Token};
use crate::exit::{Failure, Run};
use crate::files;
use crate::output::{more, say};
use crate::spec::{Operation, Spec};

/// Makes recordings of the service's responses, with your own credential or from a HAR file
///
/// Requests the list of the publisher's offers and the status of each, or of those that you name; nothing is changed. Every
/// identifier, address, time, text and other value that isn't public is replaced by a pseudonym before anything is written, the
/// same value by the same pseudonym in the whole run. Public are the values in the spec and in the committed recordings. Single
/// words stay in extensible enums. A response that is recorded already, pseudonyms apart, isn't written again.
///
/// The token is `AZURE_TOKEN` or the content of --token-file. To get one:
/// `az account get-access-token --resource https://cloudpartner.azure.com --query accessToken --output tsv`
///
/// A HAR file is what a browser's network panel or a proxy exports. It holds tokens and cookies: keep it out of the repository, and
/// delete it when you are done.
#[derive(Args)]
pub struct Record {
    /// Read the responses from this HAR file, and send no requests
    #[arg(long, value_name = "FILE", conflicts_with_all = ["endpoint", "publisher", "offer", "token_file"])]
    har: Option<PathBuf>,
    /// The server; plain http only on this machine [default: that of the spec]
    #[arg(long, value_name = "URL", value_parser = fetch::endpoint)]
    endpoint: Option<Url>,
    /// The publisher [default: `CLOUD_PARTNER_PUBLISHER`]
    #[arg(long, value_name = "ID", value_parser = identifier)]
    publisher: Option<String>,
    /// An offer whose status is requested; can be given several times [default: every offer of the list]
    #[arg(long, value_name = "ID", value_parser = identifier)]
    offer: Vec<String>,
    /// A file that holds the token and nothing else
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    options: write::Options,
}

impl Record {
    /// Runs the command.
    pub fn run(mut self, out: &mut dyn Write) -> Run {
        let spec = self.spec.take().unwrap_or_else(files::default_spec);
        let spec = files::spec(&spec)?;
        let operations = spec.operations()?;
        let servers = servers(&spec);
        let hosts: Vec<String> = servers
            .iter()
            .filter_map(|url| Some(url.host_str()?.to_owned()))
            .collect();
        let options = std::mem::take(&mut self.options);
        let captures = match &self.har {
            Some(file) => har::read(file, &operations, &hosts, out)?,
            None => self.capture(&spec, &operations, &servers, &hosts, out)?,
        };
        write::write(options, &spec, &operations, &captures, out)
    }

    /// Requests the lists, then the other operations for each offer.
    fn capture(
        self,
        spec: &Spec,
        operations: &[Operation<'_>],
        servers: &[Url],
        hosts: &[String],
        out: &mut dyn Write,
    ) -> Result<Captures, Failure> {
        let publisher = publisher(self.publisher)?;
        let token = Token::find(self.token_file.as_deref())?;
        let endpoint = self.endpoint.or_else(|| servers.first().cloned());
        let endpoint = endpoint.ok_or_else(|| {
            Failure("the spec has no server with a complete URL: give --endpoint".to_owned())
        })?;
        let live = endpoint
            .host_str()
            .is_some_and(|host| hosts.iter().any(|own| own == host));
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
        let offers = if self.offer.is_empty() {
            offers(&captures)
        } else {
            self.offer.into_iter().collect()
        };
        for operation in others {
            for offer in &offers {
                captures.extend(requests.send(operation, Some(offer), out)?);
            }
        }
        if !captures.is_empty() && captures.iter().all(|capture| capture.status == 401) {
            say(
                out,
                "Note",
                "the service refused the token: every response has status 401",
            )?;
            more(
                out,
                "The token may have expired, or be for another service.",
            )?;
        }
        Ok(Captures {
            list: captures,
            secrets: token.secrets(),
            refused: 0,
        })
    }
}

/// What the requests of a run have in common.
struct Requests<'r> {
    fetcher: Fetcher,
    version: &'r str,
    publisher: &'r str,
}

impl Requests<'_> {
    /// Calls an operation. One that has a parameter without a known value is skipped.
    fn send(
        &self,
        operation: &Operation<'_>,
        offer: Option<&str>,
        out: &mut dyn Write,
    ) -> Result<Option<Capture>, Failure> {
        let mut path = operation.path.clone();
        for name in operation.templates() {
            let value = match (name, offer) {
                ("publisherId", _) => self.publisher,
                ("offerId", Some(offer)) => offer,
                _ => {
                    let what = format!(
                        "{}: its parameter `{name}` has no known value",
                        operation.path
                    );
                    say(out, "Skipped", what)?;
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
        say(
            out,
            "Requested",
            format!("{}: status {}", capture.name, capture.status),
        )?;
        Ok(Some(capture))
    }
}

/// Returns the offers in the lists.
fn offers(captures: &[Capture]) -> BTreeSet<String> {
    captures
        .iter()
        .filter(|capture| capture.status == 200)
        .filter_map(|capture| serde_json::from_slice::<Vec<Value>>(&capture.bytes).ok())
        .flatten()
        .filter_map(|offer| identifier(offer.get("id")?.as_str()?).ok())
        .collect()
}

fn publisher(given: Option<String>) -> Result<String, Failure> {
    const VARIABLE: &str = "CLOUD_PARTNER_PUBLISHER";
    let publisher = given.or_else(|| std::env::var(VARIABLE).ok());
    let publisher = publisher.ok_or_else(|| {
        Failure(format!(
            "the publisher is missing: give --publisher or set {VARIABLE}"
        ))
    })?;
    identifier(&publisher).map_err(|why| Failure(format!("{VARIABLE}: {why}")))
}

/// Parses an identifier, which must be one segment of a path.
fn identifier(text: &str) -> Result<String, String> {
    if text.is_empty() || text.starts_with('.') || text.contains(['/', '\\']) {
        return Err(
            "an identifier is not empty, has no slash and doesn't start with a dot".to_owned(),
        );
    }
    if text.chars().any(char::is_whitespace) {
        return Err("an identifier has no white space in it".to_owned());
    }
    Ok(text.to_owned())
}

/// Returns the URLs of the spec's servers.
fn servers(spec: &Spec) -> Vec<Url> {
    let servers = spec.value.pointer("/servers").and_then(Value::as_array);
    servers
        .into_iter()
        .flatten()
        .filter_map(|server| Url::parse(server.get("url")?.as_str()?).ok())
        .collect()
}
