//! `cargo xtask demo`: runs the command-line tool against the replay server, without credentials or network.
//!
//! The tool runs as a process of its own: xtask doesn't depend on the SDK, because a change of the spec may break the SDK's
//! compilation.

use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use cloud_partner_recordings::replay::Server;

use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::output::say;
use crate::serve::Source;

/// The scenario that the tool watches.
const SCENARIO: &str = "publish-succeeds";

/// The delay of each response, so that a person can follow.
const DELAY: Duration = Duration::from_millis(150);

/// The polling interval; the tool's default is for the live service.
const INTERVAL: &str = "500ms";

/// Watches an offer's publication with the tool, against a replay server: no credentials, no network
///
/// Ends with the tool's exit code.
#[derive(Args)]
pub struct Demo {}

impl Demo {
    /// Runs the command. Standard output has only the output of the tool.
    pub fn run(out: &mut dyn Write) -> Run {
        let source = Source::read()?;
        let path = source
            .scenario(SCENARIO)
            .and_then(|scenario| scenario.recordings.first())
            .map(|stored| stored.recording.request.segments())
            .unwrap_or_default();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["api", "publishers", publisher, "offers", offer, "status"] = path[..] else {
            return Err(Failure(format!(
                "tests/scenarios/{SCENARIO} must request the status of an offer, which the demo watches"
            )));
        };
        let server = source.start(0, DELAY)?;
        tell(
            "Serving",
            format!(
                "the recordings and the scenario {SCENARIO} on {}",
                server.url()
            ),
        );
        out.flush()?;
        let mut outcome = tool(&server, publisher, &["offers"])?;
        if outcome == Outcome::Fine {
            outcome = tool(
                &server,
                publisher,
                &["watch", offer, "--until", "live", "--interval", INTERVAL],
            )?;
        }
        tell("Stopped", server.url());
        Ok(outcome)
    }
}

/// Runs the command-line tool with a made-up token, and prints the command line.
fn tool(server: &Server, publisher: &str, arguments: &[&str]) -> Run {
    tell(
        "Running",
        format!(
            "cloud-partner --publisher {publisher} {}",
            arguments.join(" ")
        ),
    );
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--package",
            "cloud-partner-cli",
            "--bin",
            "cloud-partner",
            "--",
        ])
        .args(arguments)
        .current_dir(files::root())
        .env("CLOUD_PARTNER_ENDPOINT", server.url())
        .env("CLOUD_PARTNER_PUBLISHER", publisher)
        .env("AZURE_TOKEN", "made-up")
        .status()
        .map_err(|error| Failure(format!("cargo can't be started: {error}")))?;
    // There is no exit code after a signal.
    Ok(match status.code() {
        Some(0) => Outcome::Fine,
        Some(code) => Outcome::Child(u8::try_from(code).unwrap_or(1)),
        None => Outcome::Child(1),
    })
}

/// Writes to standard error. Writing to a closed standard error is ignored.
fn tell(verb: &str, what: String) {
    let _ = say(&mut io::stderr(), verb, what);
}
