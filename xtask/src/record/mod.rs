//! `cargo xtask record`: makes recordings of real responses, without personal data.
//!
//! A [`Capture`] comes from the service ([`live_service`]) or from a HAR file ([`har_file`]), and is kept in memory only. The
//! sanitiser ([`sanitise`]) makes a recording of it. The recording is searched for secrets before it is written or printed.

mod capture;

mod har_file;
mod live_folder;
mod live_service;
mod pseudonyms;
mod public_values;
mod sanitise;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use reqwest::Url;
use serde_json::Value;

use crate::exit_code::{CommandResult, Outcome};
use crate::files;
use crate::print::{print_continuation, print_line, with_noun};
use crate::spec::Spec;
use crate::validate::secrets;
use capture::{Capture, Captures};
use live_folder::LiveFolder;
use pseudonyms::Pseudonyms;
use public_values::PublicValues;

/// Makes recordings of the service's responses, with your own credential or from a HAR file
///
/// Sends GET requests for the list of the publisher's offers and for the status of each offer, or of the offers given with --offer.
/// Writes the recordings to tests/recordings/live, also those of error responses. If an operation has no successful response, the
/// exit code is 1. If the list of offers is empty, no status is required.
///
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
    requests: live_service::RequestOptions,
    /// Print the new recordings instead of writing them
    #[arg(long)]
    dry_run: bool,
    /// A value that isn't replaced, such as the name of a new property; can be given several times
    #[arg(long, value_name = "VALUE")]
    keep: Vec<String>,
}

impl Record {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&files::default_spec_path())?;
        let operations = spec.operations()?;
        let servers = servers(&spec);
        let Captures {
            list,
            secrets,
            mut is_complete,
        } = match &self.har {
            Some(file) => har_file::read(file, &operations, &servers, out)?,
            None => live_service::capture(self.requests, &spec, &operations, &servers, out)?,
        };
        let mut folder = LiveFolder::read();
        let mut pseudonyms = Pseudonyms::new(PublicValues::new(&spec, self.keep));
        let mut written = 0;
        for capture in list {
            let Capture {
                name,
                operation,
                mut recording,
            } = capture;
            pseudonyms.sanitise(operation, &mut recording);
            let text = recording.to_text();
            let contains_secret = secrets.iter().any(|secret| text.contains(secret))
                || !secrets::scan(&recording).is_empty()
                || pseudonyms.leaks(&text);
            if contains_secret {
                is_complete = false;
                let what = format!("{name}: the recording would contain a secret");
                print_line(out, "Rejected", what)?;
                let help = "The recording is neither written nor printed. Remove the `--keep` for the secret; without a `--keep`, the sanitiser doesn't recognise the secret.";
                print_continuation(out, help)?;
                continue;
            }
            let path = match folder.place(operation, &recording) {
                Ok(path) => path,
                Err(path) => {
                    print_line(out, "Unchanged", files::display_path(&path))?;
                    continue;
                }
            };
            written += 1;
            if self.dry_run {
                print_line(out, "Would write", files::display_path(&path))?;
                write!(out, "{text}")?;
            } else {
                files::write_if_changed(&path, &text, out)?;
            }
        }
        let recordings = with_noun(written, "recording");
        let finished = if written == 0 {
            "no new recording".to_owned()
        } else if self.dry_run {
            format!("{recordings} would be written")
        } else {
            format!(
                "{recordings} written: review them, run `cargo xtask validate`, and commit them"
            )
        };
        print_line(out, "Finished", finished)?;
        Ok(if is_complete {
            Outcome::Success
        } else {
            Outcome::Findings
        })
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
