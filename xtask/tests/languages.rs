//! `cargo xtask languages`, in a small workspace whose languages are shell scripts: what it compares, what it accepts, what it
//! refuses. The real languages run in `.ci/run`.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use common::{golden, stderr, stdout};
use serde_json::Value;
use tempfile::TempDir;

/// What the SDK prints of the three recordings.
const RIGHT: &str = r#"{"case":"failures/list-not-found","failure":{"status":404,"code":"Http404Exception","message":"The publisher was not found."}}
{"case":"list/versions","answer":[{"id":"version-0","version":0},{"id":"version-1","version":1252868275}],"read":[["version-0",null,0,null],["version-1",null,1252868275,null]]}
{"case":"status/thin","answer":{"status":"running"},"read":["running",[]]}
"#;

fn write(root: &Path, file: &str, text: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, text).expect("a file");
}

/// Copies a file, with its permissions.
fn copy(from: &Path, to: &Path, file: &str) {
    let copy = to.join(file);
    fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
    fs::copy(from.join(file), copy).expect("a copy");
}

/// A workspace with the real contract, three recordings, and the SDK as a script.
fn workspace() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (root, real) = (folder.path(), common::workspace());
    for file in [
        "openapi/cloud-partner-portal.yaml",
        "tests/recordings/failures/list-not-found.json",
        "tests/recordings/list/versions.json",
        "tests/recordings/status/thin.json",
    ] {
        copy(&real, root, file);
    }
    // A script that finds everything there.
    write(root, "tests/languages/install", "#!/bin/sh\n");
    let script = root.join("tests/languages/install");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("permissions");
    fs::create_dir(root.join("tests/scenarios")).expect("an empty folder");
    write(
        root,
        "openapi/README.md",
        "# The contract\n\n<!-- written by cargo xtask languages --write -->\n<!-- until here -->\n",
    );
    write(
        root,
        "tests/languages/limits.yaml",
        "limits:\n  - name: big-integers\n    explanation: Numbers above 2^53 are rounded.\n",
    );
    write(
        root,
        "tests/languages/edits/no-servers.yaml",
        "description: Takes the servers away.\npatch:\n  - op: remove\n    path: /servers\n",
    );
    write(root, "tests/languages/sdk/lines.jsonl", RIGHT);
    write(
        root,
        "tests/languages/sdk/language.yaml",
        "title: The SDK\ngenerator: progenitor\nrun: cat \"$HERE/lines.jsonl\"\ndriver: driver.rs\n",
    );
    folder
}

/// Adds a language that prints these lines.
fn language(workspace: &TempDir, lines: &str, more: &str) {
    let root = workspace.path();
    write(root, "tests/languages/shell/lines.jsonl", lines);
    write(
        root,
        "tests/languages/shell/requirements.txt",
        "# The generator.\nshell-generator==1.2.3\n",
    );
    write(
        root,
        "tests/languages/shell/driver.sh",
        "#!/bin/sh\n  # example: begin\n  if true; then\n    echo hello\n  fi\n  # example: end\n",
    );
    write(
        root,
        "tests/languages/shell/language.yaml",
        &format!(
            "title: Shell (by hand)\ngenerator: pypi shell-generator\n\
             generate: grep -q '^servers' \"$CONTRACT\" && mkdir \"$CLIENT\"\n\
             run: cat \"$HERE/lines.jsonl\"\ndriver: driver.sh\n{more}"
        ),
    );
}

fn languages(workspace: &TempDir, arguments: &[&str]) -> Output {
    let arguments: Vec<&str> = [&["languages"], arguments].concat();
    common::run_in_workspace(workspace.path(), &arguments)
}

/// Compares a run with a golden file; what differs from run to run is cut out.
fn told(name: &str, workspace: &TempDir, arguments: &[&str]) {
    let mut output = languages(workspace, arguments);
    let text = stderr(&output);
    // Progress, with times.
    let progress = |line: &&str| [" Ran ", " Failed "].iter().any(|verb| line.contains(verb));
    let lines = text.lines().filter(|line| !progress(line));
    output.stderr = lines
        .flat_map(|line| [line, "\n"])
        .collect::<String>()
        .into_bytes();
    golden(name, &output);
}

fn parsed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}

const LIMITS: &str =
    "limits:\n  - name: big-integers\n    differences: [\"list/versions: *[]*\"]\n";

fn rounded() -> String {
    RIGHT.replace("1252868275", "1252868300")
}

#[test]
fn null_absent_and_empty_are_the_same_and_so_are_members_without_a_name() {
    let workspace = workspace();
    let lines = RIGHT
        .replace(
            r#"{"status":"running"}"#,
            r#"{"steps":null,"brandNew":[1],"messages":[],"notificationEmails":"","status":"running"}"#,
        )
        .replace("was not found.", "was not found.\\r\\n   at Contoso.Load()");
    language(&workspace, &lines, "");
    told("languages-same", &workspace, &["--write"]);
    let readme = fs::read_to_string(workspace.path().join("openapi/README.md")).expect("text");
    let file = common::tests().join("golden/languages-readme.txt");
    common::compare(&file, &readme).unwrap_or_else(|difference| panic!("{difference}"));
    told("languages-fresh", &workspace, &[]);
}

#[test]
fn a_new_difference_is_told_with_both_sides() {
    let workspace = workspace();
    let lines = rounded().replace(
        r#""failure":{"status":404,"code":"Http404Exception","message":"The publisher was not found."}"#,
        r#""exception":"SyntaxError: no""#,
    );
    language(&workspace, &lines, "");
    told("languages-differ", &workspace, &[]);

    let report = parsed(&languages(&workspace, &["--format", "json", "shell"]));
    assert_eq!(report["format"], 1);
    let shell = &report["languages"][1];
    assert_eq!(
        (&shell["calls"], &shell["same"]),
        (&3.into(), &1.into()),
        "{report}"
    );
    let paths: Vec<_> = shell["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| format!("{}: {}", one["case"], one["path"]).replace('"', ""))
        .collect();
    assert_eq!(
        paths,
        [
            "failures/list-not-found: exception",
            "list/versions: answer[].version",
            "list/versions: read[][]"
        ]
    );
}

#[test]
fn a_difference_that_a_limit_names_is_accepted_and_the_limit_must_be_needed() {
    let folder = workspace();
    language(&folder, &rounded(), LIMITS);
    told("languages-limited", &folder, &["--write"]);

    language(&folder, RIGHT, LIMITS);
    told("languages-unneeded", &folder, &[]);

    // Accepted differences are few: whatever else comes is new.
    let lines = rounded().replace("running", "Running");
    language(&folder, &lines, LIMITS);
    let report = parsed(&languages(&folder, &["--format", "json"]));
    let new = report["languages"][1]["differences"]
        .as_array()
        .map(Vec::len);
    assert_eq!(new, Some(2), "{report}");
}

#[test]
fn a_limit_without_a_word_is_refused() {
    let workspace = workspace();
    let more = "limits:\n  - name: something-else\n    differences: [\"*\"]\n";
    language(&workspace, &rounded(), more);
    told("languages-unexplained", &workspace, &[]);
}

#[test]
fn a_stale_readme_is_told_also_when_only_some_languages_run() {
    let workspace = workspace();
    language(&workspace, RIGHT, "");
    assert_eq!(languages(&workspace, &["--write"]).status.code(), Some(0));
    language(&workspace, RIGHT, "notes: [It is a shell.]\n");
    told("languages-stale", &workspace, &[]);
    write(
        workspace.path(),
        "tests/languages/other/language.yaml",
        "title: Other\ngenerator: progenitor\nrun: cat \"$HERE/../sdk/lines.jsonl\"\ndriver: driver\n",
    );
    told("languages-stale-part", &workspace, &["shell"]);
}

#[test]
fn what_is_not_installed_is_left_out_loudly_and_fails_when_all_are_wanted() {
    let workspace = workspace();
    copy(
        &common::workspace(),
        workspace.path(),
        "tests/languages/install",
    );
    language(&workspace, RIGHT, "");
    // What has no pins has nothing to install but what it needs.
    fs::remove_file(
        workspace
            .path()
            .join("tests/languages/shell/requirements.txt"),
    )
    .expect("gone");
    write(
        workspace.path(),
        "tests/languages/shell/needs.txt",
        "apt no-such-package no-such-program   # nothing has it\n",
    );
    // What README says of the SDK alone.
    let readme = workspace.path().join("openapi/README.md");
    let text = fs::read_to_string(&readme).expect("text");
    let row = "| The SDK | progenitor | 3 of 3 |  |\n<!-- until";
    fs::write(&readme, text.replace("<!-- until", row)).expect("a file");
    told("languages-skipped", &workspace, &[]);
    told("languages-all", &workspace, &["--all"]);
    told("languages-named", &workspace, &["shell"]);
    told("languages-all-write", &workspace, &["--write"]);
    told("languages-some-write", &workspace, &["sdk", "--write"]);
}

#[test]
fn a_command_that_fails_is_shown_with_what_it_said() {
    let workspace = workspace();
    language(
        &workspace,
        RIGHT,
        "build: echo the compiler is unhappy; exit 3\n",
    );
    told("languages-failed", &workspace, &[]);
    language(&workspace, "not JSON\n", "");
    told("languages-no-lines", &workspace, &[]);
    language(
        &workspace,
        &RIGHT[..RIGHT.find('\n').unwrap_or_default()],
        "",
    );
    told("languages-too-few", &workspace, &[]);

    let again = r#"build: |
  cat >ask <<'END'
  for attempt in 1 2 3 4; do
    exec 3<>"/dev/tcp/127.0.0.1/${URL##*:}"
    printf 'GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n' >&3
    cat <&3 >&2
  done
  END
"#;
    language(&workspace, RIGHT, again);
    let file = "tests/languages/shell/language.yaml";
    let text = fs::read_to_string(workspace.path().join(file)).expect("text");
    let text = text.replace("run: cat", "run: bash ask; cat");
    write(workspace.path(), file, &text);
    told("languages-again", &workspace, &[]);
}

#[test]
fn the_sdk_must_run_because_the_others_are_compared_with_it() {
    let workspace = workspace();
    write(
        workspace.path(),
        "tests/languages/sdk/lines.jsonl",
        "{\"case\":\"nobody/asked\"}\n",
    );
    told("languages-no-sdk", &workspace, &[]);
    told("languages-unknown", &workspace, &["cobol"]);
}

#[test]
fn an_edit_must_be_noticed_by_whoever_says_so_and_by_nobody_else() {
    let folder = workspace();
    // The edited contract is JSON, in which no line begins with `servers`.
    language(&folder, RIGHT, "notices: [no-servers]\n");
    told("languages-edits", &folder, &["--edits"]);
    language(&folder, RIGHT, "");
    told("languages-edits-untold", &folder, &["--edits"]);
    language(&folder, RIGHT, "notices: [no-servers, no-such]\n");
    told("languages-edits-unknown", &folder, &["--edits"]);

    write(
        folder.path(),
        "tests/languages/edits/no-servers.yaml",
        "description: Doesn't fit.\npatch:\n  - op: remove\n    path: /server\n",
    );
    language(&folder, RIGHT, "notices: [no-servers]\n");
    told("languages-edits-misfit", &folder, &["--edits"]);
}
