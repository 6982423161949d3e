//! `cargo xtask record` and `cargo xtask import`: recordings of real answers, without anything personal in them.
//!
//! A [`capture`](capture::Capture) comes from the wire ([`record`](self)) or from a HAR file ([`import`]) and lives in memory only.
//! The [sanitiser](sanitise::Sanitiser) makes a recording of it, the validator's search for secrets looks once more, and only
//! then is anything [written or shown](mod@write).

mod capture;
mod fetch;
mod import;
mod known;
mod made_up;
mod sanitise;
mod write;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use percent_encoding::utf8_percent_encode;
use reqwest::Url;
use serde_json::Value;

use self::capture::{Capture, SEGMENT};
use self::fetch::{Fetcher, Token};
use self::write::Options;
use crate::exit::{Failure, Run};
use crate::generator::contract::Contract;
use crate::output::{more, say};
use crate::validate::{Document, Operation};

pub use import::Import;

/// Asks the service with your own credential, and makes recordings of its answers
///
/// Asks for the list of the publisher's offers and for the status of each, or of those that you name; nothing is changed. Every
/// identifier, address, time, text and whatever else isn't public is replaced before anything is written, the same value by the
/// same made-up one in the whole run. Single words stay in members whose values the contract calls an open set.
///
/// The token is `AZURE_TOKEN` or the content of --token-file. By hand:
/// `az account get-access-token --resource https://cloudpartner.azure.com --query accessToken --output tsv`
#[derive(Args)]
pub struct Record {
    /// The server to ask; plain http only on this machine [default: the contract's]
    #[arg(long, value_name = "URL", value_parser = fetch::endpoint)]
    endpoint: Option<Url>,
    /// The publisher [default: `CLOUD_PARTNER_PUBLISHER`]
    #[arg(long, value_name = "ID", value_parser = identifier)]
    publisher: Option<String>,
    /// An offer to ask about; can be given several times [default: every offer of the list]
    #[arg(long, value_name = "ID", value_parser = identifier)]
    offer: Vec<String>,
    /// A file that holds the token and nothing else
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

impl Record {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let contract = self.options.contract()?;
        let document = Document::new(&contract)?;
        let publisher = publisher(self.publisher)?;
        let token = Token::find(self.token_file.as_deref())?;
        let endpoint = match self.endpoint {
            Some(endpoint) => endpoint,
            None => own_endpoint(&contract)?,
        };
        let from_service = endpoint
            .host_str()
            .is_some_and(|host| service_hosts(&contract).iter().any(|own| own == host));
        let secrets = token.words();
        let fetcher = Fetcher::new(endpoint, &token, from_service)?;
        let version = contract.value.pointer("/info/version");
        let version = version.and_then(Value::as_str).unwrap_or_default();

        let (lists, others): (Vec<_>, Vec<_>) = document
            .operations
            .iter()
            .filter(|operation| operation.method == "GET")
            .partition(|operation| !asks_for_offer(operation));
        let mut captures = Vec::new();
        for operation in lists {
            captures.extend(ask(&fetcher, operation, &publisher, None, version, out)?);
        }
        let offers = if self.offer.is_empty() {
            listed(&captures)
        } else {
            self.offer.into_iter().collect()
        };
        for operation in others {
            for offer in &offers {
                captures.extend(ask(
                    &fetcher,
                    operation,
                    &publisher,
                    Some(offer),
                    version,
                    out,
                )?);
            }
        }
        if !captures.is_empty() && captures.iter().all(|capture| capture.status == 401) {
            say(out, "Note", "every answer was 401: the token is refused")?;
            more(out, "It may be expired, or meant for another service.")?;
        }
        write::write(self.options, &contract, &captures, &secrets, out)
    }
}

/// Asks for one operation. One with a parameter that this command has no value for is passed over.
fn ask(
    fetcher: &Fetcher,
    operation: &Operation,
    publisher: &str,
    offer: Option<&str>,
    version: &str,
    out: &mut dyn Write,
) -> Result<Option<Capture>, Failure> {
    let mut path = operation.path.clone();
    for name in &operation.templates {
        let value = match (name.as_str(), offer) {
            ("publisherId", _) => publisher,
            ("offerId", Some(offer)) => offer,
            _ => {
                let what = format!(
                    "{}: no value is known for its parameter `{name}`",
                    operation.path
                );
                say(out, "Passed over", what)?;
                return Ok(None);
            }
        };
        let value = utf8_percent_encode(value, SEGMENT).to_string();
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    let takes_version = operation
        .parameters
        .iter()
        .any(|parameter| parameter.name == "api-version");
    let query = if takes_version {
        vec![("api-version".to_owned(), version.to_owned())]
    } else {
        Vec::new()
    };
    let mut capture = fetcher.get(&path, query)?;
    capture.name.clone_from(&operation.path);
    say(
        out,
        "Asked",
        format!("{}: status {}", operation.path, capture.status),
    )?;
    Ok(Some(capture))
}

fn asks_for_offer(operation: &Operation) -> bool {
    operation.templates.iter().any(|name| name == "offerId")
}

/// The offers in the lists that were answered, sorted.
fn listed(captures: &[Capture]) -> BTreeSet<String> {
    captures
        .iter()
        .filter(|capture| capture.status == 200)
        .filter_map(|capture| serde_json::from_slice::<Value>(&capture.bytes).ok())
        .flat_map(|list| list.as_array().cloned().unwrap_or_default())
        .filter_map(|offer| identifier(offer.get("id")?.as_str()?).ok())
        .collect()
}

fn publisher(given: Option<String>) -> Result<String, Failure> {
    let variable = "CLOUD_PARTNER_PUBLISHER";
    let publisher = given.or_else(|| std::env::var(variable).ok());
    let publisher = publisher.ok_or_else(|| {
        Failure(format!(
            "which publisher? Give --publisher or set {variable}"
        ))
    })?;
    identifier(&publisher).map_err(|why| Failure(format!("{variable}: {why}")))
}

/// An identifier that stays one segment of a path.
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

/// The hosts of the contract's servers.
fn service_hosts(contract: &Contract) -> Vec<String> {
    servers(contract)
        .filter_map(|url| url.host_str().map(str::to_owned))
        .collect()
}

fn own_endpoint(contract: &Contract) -> Result<Url, Failure> {
    servers(contract).next().ok_or_else(|| {
        Failure("the contract names no server with a whole URL: give --endpoint".to_owned())
    })
}

fn servers(contract: &Contract) -> impl Iterator<Item = Url> {
    contract
        .value
        .pointer("/servers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|server| Url::parse(server.get("url")?.as_str()?).ok())
}
