//! `cargo xtask demo`: runs the command-line tool, without credentials or network, against a local server with recorded responses.
//!
//! The command starts the tool with `cargo run`, because xtask can't depend on the SDK: see `xtask/Cargo.toml`.

use std::io;
use std::process::Command;
use std::time::Duration;

use crate::exit_code::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::print::print_line;
use crate::serve::Source;

/// The commands of the tool, in order. `watch` requests the status of the offer `linux-vm` every 500 ms, because the default interval is
/// too long for a demo. The responses are in tests/scenarios/publish-succeeds.
const COMMANDS: [&str; 2] = ["offers", "watch linux-vm --until live --interval 500ms"];

/// The publisher in both commands.
const PUBLISHER: &str = "contoso";

/// The delay of each response. Without a delay, a person couldn't follow the output.
const DELAY: Duration = Duration::from_millis(150);

/// Runs `cargo xtask demo`. The tool writes to standard output, and the demo itself only to standard error.
pub fn run() -> CommandResult {
    let server = Source::read()?.start(0, |replay| replay.delay(DELAY))?;
    let url = server.url();
    print_progress("Serving", &format!("the recordings on {url}"));
    let mut outcome = Outcome::Success;
    for command in COMMANDS {
        if outcome == Outcome::Success {
            outcome = run_tool(&url, command)?;
        }
    }
    print_progress("Stopped", &url);
    Ok(outcome)
}

/// Prints a command line of the tool, and runs it with an invented token.
fn run_tool(url: &str, command: &str) -> CommandResult {
    let shown = format!("cloud-partner --publisher {PUBLISHER} {command}");
    print_progress("Running", &shown);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--bin", "cloud-partner", "--"])
        .args(command.split(' '))
        .current_dir(files::root())
        .env("CLOUD_PARTNER_ENDPOINT", url)
        .env("CLOUD_PARTNER_PUBLISHER", PUBLISHER)
        .env("AZURE_TOKEN", "invented")
        .status()
        .map_err(|error| CommandError(format!("cargo can't be started: {error}")))?;
    // If a signal ends the tool, the tool has no exit code. The demo then ends with 1.
    Ok(match status.code() {
        Some(0) => Outcome::Success,
        code => Outcome::Child(code.and_then(|code| code.try_into().ok()).unwrap_or(1)),
    })
}

/// Prints a line to standard error. A failed write is ignored.
fn print_progress(label: &str, what: &str) {
    let _ = print_line(&mut io::stderr(), label, what);
}
