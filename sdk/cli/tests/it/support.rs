//! Shared code of the tests: a replay server, the tool, and golden files.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::store;
use regex::Regex;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data, Redactions};

/// The token of the tests. No output may contain it.
pub const TOKEN: &str = "t0p-s3cret-t0ken";

/// Starts a replay server with all recordings and scenarios. It accepts [`TOKEN`] only.
pub fn serve() -> Server {
    let home = store::root();
    let recordings = store::recordings(&home.join("recordings"))
        .all()
        .expect("valid recordings");
    let scenarios = store::scenarios(&home.join("scenarios"))
        .all()
        .expect("valid scenarios");
    Replay::new(recordings, scenarios)
        .token(TOKEN)
        .start()
        .expect("a port on this machine")
}

/// Returns a command that runs the tool. Its environment holds only `PATH`, the token, the publisher and this endpoint.
pub fn tool(endpoint: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloud-partner"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("CLOUD_PARTNER_ENDPOINT", endpoint)
        .env("CLOUD_PARTNER_PUBLISHER", "contoso")
        .env("AZURE_TOKEN", TOKEN)
        .stdin(Stdio::null());
    command
}

/// The output and the exit code of the tool.
pub struct ToolOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Returns a pipe whose reader is closed, for a process's standard output or standard error.
pub fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// Runs the tool. Panics if the output contains the token or unescaped control characters, or if the tool panicked.
pub fn run(command: &mut Command) -> ToolOutput {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the tool can be started");
    let ended = ToolOutput {
        code: status.code(),
        out: String::from_utf8(stdout).expect("text"),
        err: String::from_utf8(stderr).expect("text"),
    };
    for text in [&ended.out, &ended.err] {
        assert!(
            !text.contains(TOKEN),
            "the output contains the token:\n{text}"
        );
        assert!(!text.contains("panicked"), "{text}");
        let is_control = |character: char| match character {
            '\n' | '\t' => false,
            // The characters that override or isolate the direction of the text.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
            _ => character.is_control(),
        };
        assert!(!text.contains(is_control), "{text:?}");
    }
    ended
}

/// The values that differ from run to run. Before a comparison, each text that matches the pattern is replaced by the placeholder,
/// which the golden files contain.
const VARYING: [(&str, &str); 2] = [
    // The replay server numbers its responses, so the correlation ids depend on the order of the requests.
    ("[ID]", "00000000-0000-4000-8000-[0-9a-f]{12}"),
    (
        "[TIME]",
        r"(?m)^(?<redacted>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ) ",
    ),
];

/// Compares a text with a golden file. `SNAPSHOTS=overwrite` writes a file that differs.
pub fn golden(name: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    let mut redactions = Redactions::new();
    for (placeholder, pattern) in VARYING {
        let pattern = Regex::new(pattern).expect("a regular expression");
        redactions
            .insert(placeholder, pattern)
            .expect("a valid placeholder");
    }
    Assert::new()
        .action_env("SNAPSHOTS")
        .normalize_paths(false)
        .redact_with(redactions)
        .eq(text, Data::read_from(&file, Some(DataFormat::Text)));
}
