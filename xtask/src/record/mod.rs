//! `cargo xtask record`: makes recordings of real responses, without personal data.
//!
//! A [`Capture`](capture::Capture) comes from the service ([`service`]) or from a HAR file ([`har`]), and is kept in memory only.
//! The [sanitiser](sanitise::Sanitiser) makes a recording of it. The recording is searched for secrets before it is
//! [written or printed](mod@write).

mod capture;
mod fetch;
mod har;
mod pseudonyms;
mod public;
mod sanitise;
mod service;
mod write;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use reqwest::Url;
use serde_json::Value;

use crate::exit::CommandResult;
use crate::files;
use crate::spec::Spec;

/// Makes recordings of the service's responses, with your own credential or from a HAR file
///
/// Sends GET requests for the list of the publisher's offers and for the status of each offer, or of the offers given with --offer.
/// Before a recording is written, every value that isn't public is replaced by a pseudonym: identifiers, addresses, times, texts and
/// others. Equal values get the same pseudonym in the whole run. The values in the spec and in the committed recordings are public,
/// and single words are kept in extensible enums. A response isn't written again if a recording differs from it only in pseudonyms.
///
/// The token is `AZURE_TOKEN` or the content of --token-file. To get one:
/// `az account get-access-token --resource https://cloudpartner.azure.com --query accessToken --output tsv`
///
/// A HAR file is exported by a browser's network panel or by a proxy. It contains tokens and cookies: keep it out of the repository,
/// and delete it after the import.
#[derive(Args)]
pub struct Record {
    /// Read the responses from this HAR file instead of sending requests
    #[arg(long, value_name = "FILE", conflicts_with_all = ["endpoint", "publisher", "offer", "token_file"])]
    har: Option<PathBuf>,
    #[command(flatten)]
    requests: service::RequestOptions,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    target: write::OutputOptions,
}

impl Record {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let operations = spec.operations()?;
        let servers = servers(&spec);
        let captures = match &self.har {
            Some(file) => har::read(file, &operations, &servers, out)?,
            None => service::capture(self.requests, &spec, &operations, &servers, out)?,
        };
        write::write(self.target, &spec, &operations, &captures, out)
    }
}

/// Returns the URLs of the live service.
fn servers(spec: &Spec) -> Vec<Url> {
    let servers = spec.value.pointer("/servers").and_then(Value::as_array);
    servers
        .into_iter()
        .flatten()
        .filter_map(|server| Url::parse(server.get("url")?.as_str()?).ok())
        .collect()
}
