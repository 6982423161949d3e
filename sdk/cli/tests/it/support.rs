//! What the tests of the command-line tool share: a replay server, the tool, and golden files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::store;

/// A token that no output may ever show.
pub const TOKEN: &str = "t0p-s3cret-t0ken";

/// The replay server with all recordings and scenarios, which takes this one token.
pub fn serve() -> Server {
    let home = store::root();
    let recordings = store::recordings(&home.join("recordings"))
        .all()
        .expect("good recordings");
    let scenarios = store::scenarios(&home.join("scenarios"))
        .all()
        .expect("good scenarios");
    Replay::new(recordings, scenarios)
        .token(TOKEN)
        .start()
        .expect("a port on this machine")
}

/// The tool with a clean environment but for the token, the publisher and this endpoint.
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

/// The output and the exit code of the tool. The output never holds the token, and the tool never panics.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

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
        assert!(!text.contains(TOKEN), "the token is shown:\n{text}");
        assert!(!text.contains("panicked"), "{text}");
    }
    ended
}

/// The text with every time of day of this run replaced, so that two runs can be compared.
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

/// Compares with a golden file; `UPDATE_GOLDEN=1` writes it.
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
        "{} differs; if that is right, UPDATE_GOLDEN=1 writes it:\n{}",
        path.display(),
        diff.unified_diff().header("golden", "now")
    );
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
