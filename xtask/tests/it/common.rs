//! Runs `xtask` for the tests, writes its input files, and compares its output with golden files. A golden file in `golden/` contains an
//! expected output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;
use serde_json::{Value, json};
use snapbox::data::DataFormat;
use snapbox::{Assert, Data, IntoData, Redactions};
use tempfile::TempDir;

/// Returns the folder of this crate's tests.
pub fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

pub fn workspace() -> PathBuf {
    tests()
        .join("../..")
        .canonicalize()
        .expect("the workspace is there")
}

pub fn xtask(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).current_dir(folder);
    command
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    xtask(folder, arguments).output().expect("xtask starts")
}

/// Returns a command that runs `xtask` as if `root` were its workspace.
pub fn xtask_in_workspace(root: &Path, arguments: &[&str]) -> Command {
    let mut command = xtask(root, arguments);
    command.env("CARGO_MANIFEST_DIR", root.join("xtask"));
    command
}

pub fn run_in_workspace(root: &Path, arguments: &[&str]) -> Output {
    let mut command = xtask_in_workspace(root, arguments);
    command.output().expect("xtask starts")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Returns the exit code and the output of a run.
pub fn transcript(output: &Output) -> String {
    let code = output.status.code();
    let code = code.expect("the program ends without a signal");
    let (stdout, mut stderr) = (stdout(output), stderr(output));
    if !stderr.is_empty() {
        stderr.insert_str(0, "standard error:\n");
    }
    format!("exit code {code}\n{stdout}{stderr}")
}

pub fn assert_exit_code(code: i32, output: &Output) {
    let transcript = transcript(output);
    assert_eq!(output.status.code(), Some(code), "{transcript}");
}

pub fn assert_stdout(code: i32, output: &Output, expected: &str) {
    assert_exit_code(code, output);
    assert_contains(&stdout(output), expected);
}

pub fn assert_stderr(code: i32, output: &Output, expected: &str) {
    assert_exit_code(code, output);
    assert_contains(&stderr(output), expected);
}

pub fn assert_contains(text: &str, expected: &str) {
    assert!(text.contains(expected), "no {expected} in:\n{text}");
}

/// Matches the part of an output that depends on the day of the run. Its placeholder in the golden files is `[DAY]`.
const DAY: &str = r"sanitised on (?<redacted>\d{4}-\d{2}-\d{2})";

/// Compares a text with the expected text in a file. If the environment has `SNAPSHOTS=overwrite`, writes the text to the file instead.
pub fn compare(file: &Path, actual: &str) -> Result<(), String> {
    let mut redactions = Redactions::new();
    let day = Regex::new(DAY).expect("a regular expression");
    redactions
        .insert("[DAY]", day)
        .expect("a valid placeholder");
    Assert::new()
        .action_env("SNAPSHOTS")
        .normalize_paths(false)
        .redact_with(redactions)
        .try_eq(
            Some(&"actual"),
            actual.into_data(),
            Data::read_from(file, Some(DataFormat::Text)),
        )
        .map_err(|difference| difference.to_string())
}

pub fn golden(name: &str, output: &Output) {
    golden_text(name, &transcript(output));
}

/// Asserts that the output of several runs, each with a name, equals `golden/<name>.txt`.
pub fn golden_all(name: &str, runs: &[(&str, Output)]) {
    let run = |(name, output): &(&str, Output)| format!("{name}: {}", transcript(output));
    golden_text(name, &runs.iter().map(run).collect::<String>());
}

/// Asserts that a text equals `golden/<name>.txt`.
pub fn golden_text(name: &str, text: &str) {
    let file = tests().join("golden").join(format!("{name}.txt"));
    compare(&file, text).unwrap_or_else(|difference| panic!("{difference}"));
}

/// Reads a JSON file in the folder [`tests`], and edits it as [`edit`] does.
pub fn edited(file: &str, edits: &Value) -> Value {
    edit(json(file), edits)
}

/// Edits a JSON document. A key of `edits` is a JSON pointer, and its value is the new value. `null` removes the old value.
pub fn edit(mut document: Value, edits: &Value) -> Value {
    for (path, value) in edits.as_object().expect("a mapping") {
        let operation = match (value, document.pointer(path)) {
            (Value::Null, _) => "remove",
            (_, Some(_)) => "replace",
            (_, None) => "add",
        };
        let patch = json!([{ "op": operation, "path": path, "value": value }]);
        let patch: json_patch::Patch = serde_json::from_value(patch).expect("a patch");
        json_patch::patch(&mut document, &patch).expect(path);
    }
    document
}

/// Reads a JSON file in the folder [`tests`].
pub fn json(file: &str) -> Value {
    let text = read(&tests().join(file));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

pub fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Writes a file, and creates the folders that contain it.
pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, bytes).expect("the file can be written");
}

/// Creates a folder with the files `spec.yaml` and `recordings/base.json`. They are copies of the spec and the recording in `cases/base`.
pub fn base() -> TempDir {
    edited_base(&Value::Null)
}

/// Creates the same folder as [`base`], and edits the spec. `edits` is a list of pairs: a text that occurs once in the spec, and its
/// replacement.
pub fn edited_base(edits: &Value) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut spec = read(&tests().join("cases/base/spec.yaml"));
    for edit in edits.as_array().into_iter().flatten() {
        let (Some(old), Some(new)) = (edit[0].as_str(), edit[1].as_str()) else {
            panic!("not a pair of texts: {edit}");
        };
        assert_eq!(spec.matches(old).count(), 1, "`{old}` must occur once");
        spec = spec.replace(old, new);
    }
    write(folder.path(), "spec.yaml", spec);
    add_recording(folder.path(), "recordings/base", &json!({}));
    folder
}

/// Writes a recording. `recording` is a JSON merge patch of `cases/base/recording.json`, or a string with the content of the file. A
/// `name` without an extension gets the extension `.json`.
pub fn add_recording(folder: &Path, name: &str, recording: &Value) {
    let text = match recording {
        Value::String(text) => text.clone(),
        patch => {
            let mut patched = json("cases/base/recording.json");
            json_patch::merge(&mut patched, patch);
            format!("{patched:#}")
        }
    };
    let extension = if name.contains('.') { "" } else { ".json" };
    write(folder, &format!("{name}{extension}"), text);
}

pub fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("git starts");
    assert_exit_code(0, &output);
}

pub fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    let arguments = ["commit", "--quiet", "--allow-empty", "--message=Test"];
    git(folder, &arguments);
}

/// Makes a git repository in `folder`, and copies the workspace's files in `paths` to it. Ignored files aren't copied. A path is a git
/// pathspec such as `:/openapi`.
pub fn check_out(folder: &Path, paths: &[&str]) {
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    let workspace = workspace();
    let work_tree = workspace.to_str().expect("a path");
    let add = ["--git-dir=.git", "--work-tree", work_tree, "add"];
    git(folder, &[&add, paths].concat());
    git(folder, &["checkout-index", "--all"]);
}
