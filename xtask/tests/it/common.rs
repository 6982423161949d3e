//! Common functions of the tests: run the built program, and compare its output with committed text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;

/// Returns the folder of this crate's tests.
pub fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Returns the workspace's folder.
pub fn workspace() -> PathBuf {
    tests()
        .join("../..")
        .canonicalize()
        .expect("the workspace is there")
}

/// Returns a command that runs the program in a folder.
pub fn xtask(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).current_dir(folder);
    command
}

/// Runs the program to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    xtask(folder, arguments).output().expect("xtask starts")
}

/// Runs the program as if `root` were its workspace.
pub fn run_in_workspace(root: &Path, arguments: &[&str]) -> Output {
    xtask(root, arguments)
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .output()
        .expect("xtask starts")
}

/// Returns the standard error of a run.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// Returns the standard output of a run.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Returns the exit code and the output of a run, with durations replaced by `N`.
pub fn transcript(output: &Output) -> String {
    let code = output
        .status
        .code()
        .expect("the program ends without a signal");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stderr = if stderr.is_empty() {
        String::new()
    } else {
        format!("standard error:\n{stderr}")
    };
    let text = format!("exit code {code}\n{stdout}{stderr}");
    let varying =
        Regex::new(r#"(in |"(?:cpuM|m)illiseconds": )\d+"#).expect("a regular expression");
    varying.replace_all(&text, "${1}N").into_owned()
}

/// Compares `actual` with the committed file; with `UPDATE_GOLDEN=1` in the environment, writes it instead.
pub fn compare(file: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, actual).expect("the golden file can be written");
        return Ok(());
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    Err(format!(
        "{} differs from the actual text. If the actual text is correct, run `UPDATE_GOLDEN=1 cargo test -p xtask`\n{}",
        file.display(),
        similar::TextDiff::from_lines(&expected, actual)
            .unified_diff()
            .header("expected", "actual")
    ))
}

/// Asserts that the output of a run equals `golden/<name>.txt`.
pub fn golden(name: &str, output: &Output) {
    let file = tests().join("golden").join(format!("{name}.txt"));
    if let Err(difference) = compare(&file, &transcript(output)) {
        panic!("{difference}");
    }
}

/// Creates a folder with the base case's spec as `spec.yaml` and its recording as `recordings/base.json`.
pub fn base() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = tests().join("cases/base");
    fs::create_dir(folder.path().join("recordings")).expect("an empty folder");
    fs::copy(base.join("spec.yaml"), folder.path().join("spec.yaml")).expect("the base spec");
    fs::copy(
        base.join("recording.json"),
        folder.path().join("recordings/base.json"),
    )
    .expect("the base recording");
    folder
}
