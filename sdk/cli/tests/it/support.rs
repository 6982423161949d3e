//! Shared code of the tests: a replay server, the tool, and golden files.

use std::io::{PipeReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use cloud_partner_recordings::load;
use cloud_partner_recordings::replay::{Replay, Server};
use regex::Regex;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data, Redactions};

/// The token of the tests. No output of the tool may contain this token.
pub const TOKEN: &str = "t0p-s3cret-t0ken";

/// Starts a replay server, which sends the responses in `tests/recordings` and `tests/scenarios`. The server accepts only [`TOKEN`].
pub fn serve() -> Server {
    let (recordings, scenarios) = load::all(load::root()).expect("valid recordings");
    Replay::new(recordings, scenarios)
        .token(TOKEN)
        .start()
        .expect("a port on this machine")
}

/// Returns a command that runs the tool. The environment of the command contains only `PATH`, the token, the publisher and `endpoint`.
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
#[derive(Debug)]
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

/// Returns a full pipe for a process's standard output. A write to the pipe blocks until the caller reads from the reader or drops it.
pub fn full_pipe() -> (PipeReader, Stdio) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let filling = vec![b'\n'; 64 * 1024];
    writer.write_all(&filling).expect("an empty pipe");
    (reader, writer.into())
}

/// Runs the tool. Panics if the output contains the token or unescaped control characters, or if the tool panicked.
pub fn run(command: &mut Command) -> ToolOutput {
    let output = command.output().expect("the tool can be started");
    let output = ToolOutput {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    };
    for text in [&output.out, &output.err] {
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
    output
}

/// Runs the tool, and returns its standard output. Panics unless the exit code is 0 and standard error is empty.
pub fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert_eq!((output.code, output.err.as_str()), (Some(0), ""));
    output.out
}

/// Compares a text with a golden file, which contains the expected text. In the file, `[TIME]` stands for the time at the beginning of a
/// line. With `SNAPSHOTS=overwrite`, overwrites a golden file that differs from the text.
pub fn golden(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let time = Regex::new(r"(?m)^(?<redacted>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ) ");
    let expected = Data::read_from(&folder.join(name), Some(DataFormat::Text));
    let mut redactions = Redactions::new();
    redactions
        .insert("[TIME]", time.expect("a regular expression"))
        .expect("a valid placeholder");
    Assert::new()
        .action_env("SNAPSHOTS")
        .normalize_paths(false)
        .redact_with(redactions)
        .eq(text, expected);
}
