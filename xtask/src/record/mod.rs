//! `cargo xtask record`: makes recordings of real responses, without personal data, in three steps:
//!
//! 1. [`live_service`] or [`har_file`] returns [`Capture`](capture::Capture)s: requests and responses in memory, with personal data.
//! 2. [`sanitise`] replaces the personal data by *pseudonyms* (invented values).
//! 3. The command searches the recording for secrets. If it finds none, it writes the recording to the [`LiveFolder`].

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

use crate::exit_code::{CommandResult, Outcome};
use crate::files;
use crate::print::{print_continuation, print_line, with_noun};
use crate::spec::Spec;
use crate::validate::secrets;
use live_folder::LiveFolder;
use pseudonyms::Pseudonyms;
use public_values::PublicValues;

/// Makes recordings of the service's responses, with your own credential or from a HAR file
///
/// Requests the list of the publisher's offers, and then the status of each offer in the list. With --offer, requests the status of the
/// given offers instead. Writes all responses to tests/recordings/live, including error responses.
///
/// The exit code is 1 in these cases: a requested operation has no successful response; the response body of an entry in the HAR file
/// can't be read; a recording would contain a secret.
///
/// A recording contains pseudonyms (invented values of the same form) instead of the real values. Equal values get the same
/// pseudonym in the whole run. Only these real values are kept: values in the spec and in the committed recordings, single words
/// that the service defines (such as the status `running`), and values that reveal nothing (such as `true` or 5). A new recording
/// that differs from an existing recording only in pseudonyms isn't written.
///
/// The environment variable `AZURE_TOKEN` has the token. This command gets a token:
/// `az account get-access-token --resource https://cloudpartner.azure.com --query accessToken --output tsv`
///
/// A browser's network panel or a proxy can export a HAR file. The file contains tokens and cookies: keep it out of the repository,
/// and delete it afterwards.
#[derive(Args)]
pub struct Record {
    /// Read the responses from this HAR file instead of sending requests
    #[arg(long, value_name = "FILE", conflicts_with_all = ["endpoint", "publisher", "offer"])]
    har: Option<PathBuf>,
    #[command(flatten)]
    requests: live_service::RequestOptions,
    /// A value to keep, such as the name of a new property; can be given several times
    #[arg(long, value_name = "VALUE")]
    keep: Vec<String>,
}

impl Record {
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&files::default_spec_path())?;
        let operations = spec.operations()?;
        let servers = servers(&spec);
        let captures = match &self.har {
            Some(file) => har_file::read(file, &operations, &servers, out)?,
            None => live_service::capture(self.requests, &spec, &operations, &servers, out)?,
        };
        let mut is_complete = captures.is_complete;
        let mut folder = LiveFolder::read();
        let mut pseudonyms = Pseudonyms::new(PublicValues::new(&spec, self.keep));
        let mut written = 0;
        for capture in captures.list {
            let (operation, mut recording) = (capture.operation, capture.recording);
            pseudonyms.sanitise(operation, &mut recording);
            let text = recording.to_text();
            let mut credentials = captures.secrets.iter();
            if credentials.any(|credential| text.contains(credential))
                || !secrets::scan(&recording).is_empty()
                || pseudonyms.leaks(&text)
            {
                is_complete = false;
                let what = format!("{}: the recording would contain a secret", capture.name);
                print_line(out, "Rejected", what)?;
                let help = "The recording isn't written. If `--keep` keeps the secret, remove that `--keep`. Otherwise, the sanitiser has an error.";
                print_continuation(out, help)?;
                continue;
            }
            match folder.unused_path(operation, &recording) {
                Ok(path) => {
                    written += 1;
                    files::write_if_changed(&path, &text, out)?;
                }
                Err(path) => print_line(out, "Unchanged", files::display_path(&path))?,
            }
        }
        let help = match written {
            0 => "",
            _ => " written: review them, run `cargo xtask validate`, and commit them",
        };
        let recordings = with_noun(written, "new recording");
        print_line(out, "Finished", format!("{recordings}{help}"))?;
        Ok(if is_complete {
            Outcome::Success
        } else {
            Outcome::Findings
        })
    }
}

/// Returns the URLs of the live service.
fn servers(spec: &Spec) -> Vec<Url> {
    let servers = spec.at("/servers").map(|servers| servers.entries());
    let servers = servers.into_iter().flatten();
    let urls = servers.filter_map(|server| Url::parse(server.text("url")?).ok());
    urls.collect()
}
