//! Shared code of the tests: a replay server, the tool, and golden files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::store;

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
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs the tool. Panics if the output contains the token or the tool panicked.
pub fn run(command: &mut Command) -> Ended {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the tool can be started");
    let ended = Ended {
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
    }
    ended
}

/// Replaces every timestamp by `TIME`, so that two runs can be compared.
pub fn without_times(text: &str) -> String {
    let stamp = |word: &str| {
        word.len() == 20 && word.starts_with("20") && word.ends_with('Z') && word.contains('T')
    };
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<_> = line
            .split(' ')
            .map(|word| if stamp(word) { "TIME" } else { word })
            .collect();
        lines.push(words.join(" "));
    }
    lines.join("\n") + "\n"
}

/// Compares a text with a golden file. `UPDATE_GOLDEN=1` writes the file.
pub fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("the golden file can be written");
    }
    let expected = read(&path);
    let diff = similar::TextDiff::from_lines(expected.as_str(), text);
    assert!(
        expected == text,
        "{} differs; if the actual text is correct, run the test with UPDATE_GOLDEN=1:\n{}",
        path.display(),
        diff.unified_diff().header("expected", "actual")
    );
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
