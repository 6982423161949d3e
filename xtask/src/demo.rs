//! `cargo xtask demo`: runs the command-line tool against the replay server, without credentials or network.
//!
//! The tool runs as a separate process, because xtask doesn't depend on the SDK: a change of the spec may break the SDK's
//! compilation.

use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use clap::Args;

use crate::exit::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::output::print_line;
use crate::serve::Source;

/// The name of the scenario that the tool watches.
const SCENARIO: &str = "publish-succeeds";

/// The delay of each response, so that a person can follow the output.
const DELAY: Duration = Duration::from_millis(150);

/// The polling interval. The tool's default is meant for the live service and too long for a demo.
const INTERVAL: &str = "500ms";

/// Runs the command-line tool against a replay server and watches an offer's publication, without credentials or network
///
/// Ends with the exit code of the command-line tool.
#[derive(Args)]
pub struct Demo {}

impl Demo {
    /// Runs the command. Only the tool writes to standard output.
    pub fn run(out: &mut dyn Write) -> CommandResult {
        let source = Source::read()?;
        let path = source
            .scenario(SCENARIO)
            .and_then(|scenario| scenario.recordings.first())
            .map(|stored| stored.recording.request.segments())
            .unwrap_or_default();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["api", "publishers", publisher, "offers", offer, "status"] = path[..] else {
            return Err(CommandError(format!(
                "tests/scenarios/{SCENARIO}: the first request isn't for the status of an offer, which the demo watches: restore the scenario"
            )));
        };
        let server = source.start(0, |replay| replay.delay(DELAY))?;
        let url = server.url();
        let what = format!("the recordings and the scenario {SCENARIO} on {url}");
        print_progress("Serving", what);
        out.flush()?;
        let watch = ["watch", offer, "--until", "live", "--interval", INTERVAL];
        let mut outcome = run_tool(&url, publisher, &["offers"])?;
        if outcome == Outcome::Success {
            outcome = run_tool(&url, publisher, &watch)?;
        }
        print_progress("Stopped", url);
        Ok(outcome)
    }
}

/// Runs the command-line tool with a made-up token, and prints the command line.
fn run_tool(url: &str, publisher: &str, arguments: &[&str]) -> CommandResult {
    let shown = arguments.join(" ");
    print_progress(
        "Running",
        format!("cloud-partner --publisher {publisher} {shown}"),
    );
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--bin", "cloud-partner", "--"])
        .args(arguments)
        .current_dir(files::root())
        .env("CLOUD_PARTNER_ENDPOINT", url)
        .env("CLOUD_PARTNER_PUBLISHER", publisher)
        .env("AZURE_TOKEN", "made-up")
        .status()
        .map_err(|error| CommandError(format!("cargo can't be started: {error}")))?;
    // A process that a signal ended has no exit code.
    Ok(match status.code() {
        Some(0) => Outcome::Success,
        code => Outcome::Child(code.and_then(|code| code.try_into().ok()).unwrap_or(1)),
    })
}

/// Prints a line to standard error. A failed write is ignored.
fn print_progress(verb: &str, what: String) {
    let _ = print_line(&mut io::stderr(), verb, what);
}
