//! `cargo xtask languages`, in a small workspace whose languages are shell scripts: what it compares, what it accepts, what it
//! refuses. The real languages run in `.ci/run`.

use crate::common;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::common::{golden, stderr, stdout};
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
    // A request for each call; what is answered is written down beforehand.
    write(
        root,
        "tests/languages/ask",
        r#"while read -r _; do
  exec 3<>"/dev/tcp/127.0.0.1/${URL##*:}"
  printf 'GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n' >&3
  cat <&3 >&2
done
"#,
    );
    write(root, "tests/languages/sdk/lines.jsonl", RIGHT);
    write(
        root,
        "tests/languages/sdk/language.yaml",
        "title: The SDK\ngenerator: progenitor\nrun: bash \"$HERE/../ask\"; cat \"$HERE/lines.jsonl\"\ndriver: driver.rs\n",
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
             run: bash \"$HERE/../ask\"; cat \"$HERE/lines.jsonl\"\ndriver: driver.sh\n{more}"
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
            "failures/list-not-found: exception SyntaxError",
            "list/versions: answer[].version",
            "list/versions: read[][2]"
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

    let limit = "  - name: big-integers\n    differences: [\"*\"]\n";
    language(&workspace, &rounded(), &format!("limits:\n{limit}{limit}"));
    told("languages-limit-twice", &workspace, &[]);
    language(&workspace, &rounded(), "limits:\n  - nam: big-integers\n");
    told("languages-limit-misspelt", &workspace, &[]);
}

#[test]
fn a_stale_readme_is_told_also_when_only_some_languages_run() {
    let workspace = workspace();
    language(&workspace, RIGHT, "");
    assert_eq!(languages(&workspace, &["--write"]).status.code(), Some(0));
    let readme = workspace.path().join("openapi/README.md");
    let fresh = fs::read_to_string(&readme).expect("text");
    language(&workspace, RIGHT, "notes: [It is a shell.]\n");
    told("languages-stale", &workspace, &[]);
    // Another language, so that this is a part of them.
    write(
        workspace.path(),
        "tests/languages/other/language.yaml",
        "title: Other\ngenerator: progenitor\nrun: exit 1\ndriver: ../shell/driver.sh\n",
    );
    told("languages-stale-part", &workspace, &["shell"]);

    // What is there no more is stale too, and so is a second row.
    language(&workspace, RIGHT, "");
    assert_eq!(languages(&workspace, &["shell"]).status.code(), Some(0));
    let row = "| [Shell (by hand)](#shell-by-hand) |";
    for (from, to) in [
        ("<!-- until", "* More.\n<!-- until".to_owned()),
        (row, format!("{row} | 9 of 9 | |\n{row}")),
    ] {
        fs::write(&readme, fresh.replace(from, &to)).expect("a file");
        let output = languages(&workspace, &["shell"]);
        assert_eq!(output.status.code(), Some(4), "{}", stdout(&output));
    }
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
    let shell = workspace.path().join("tests/languages/shell");
    fs::remove_file(shell.join("requirements.txt")).expect("gone");
    let about = fs::read_to_string(shell.join("language.yaml")).expect("text");
    let about = about.replace("pypi shell-generator", "by-hand");
    fs::write(shell.join("language.yaml"), about).expect("a file");
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

    // Each call twice, or never.
    let file = "tests/languages/shell/language.yaml";
    language(&workspace, RIGHT, "");
    let text = fs::read_to_string(workspace.path().join(file)).expect("text");
    let ask = "bash \"$HERE/../ask\"";
    write(
        workspace.path(),
        file,
        &text.replace(ask, &format!("tee calls | {ask}; {ask} <calls")),
    );
    told("languages-again", &workspace, &[]);
    write(workspace.path(), file, &text.replace(ask, "true"));
    told("languages-never", &workspace, &[]);
}

#[test]
fn a_line_that_says_nothing_is_no_line() {
    let workspace = workspace();
    for (from, to) in [
        (r#""answer":{"status":"running"},"read":["running",[]]"#, ""),
        (r#""answer":{"status":"running"},"#, ""),
        (r#","read":["running",[]]"#, ""),
        (
            r#""answer":{"status":"running"}"#,
            r#""answer":{},"exception":"No: it""#,
        ),
    ] {
        let lines = RIGHT.replace(from, to).replace(",}", "}");
        language(&workspace, &lines, "");
        let output = languages(&workspace, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        let expected = "line 3 of its output, about status/thin, must have an answer";
        assert!(stdout(&output).contains(expected), "{}", stdout(&output));
    }
    for (from, to, told) in [
        // Null is something.
        (
            r#"{"status":"running"}"#,
            "null",
            "status/thin: answer lost",
        ),
        (r#""running",[]"#, r"null,[]", "status/thin: read[0] lost"),
        (
            r#""version-0",null,0,null"#,
            r#""version-0",null,false,null"#,
            "list/versions: read[][2]",
        ),
        (
            r#""failure":{"status":404,"#,
            r#""failure":{"status":502,"#,
            "failures/list-not-found: failure.status",
        ),
        (
            r#""answer":{"status":"running"},"read":["running",[]]"#,
            r#""failure":{"status":502}"#,
            "status/thin: failure 502",
        ),
        (
            r#""answer":{"status":"running"},"read":["running",[]]"#,
            r#""exception":"TypeError: no""#,
            "status/thin: exception TypeError",
        ),
    ] {
        language(&workspace, &RIGHT.replace(from, to), "");
        let output = languages(&workspace, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        let expected = format!("Differs shell: {told}\n");
        assert!(stdout(&output).contains(&expected), "{}", stdout(&output));
    }
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
    assert_eq!(languages(&folder, &["--write"]).status.code(), Some(0));
    told("languages-edits", &folder, &["--edits"]);
    language(&folder, RIGHT, "");
    told("languages-edits-untold", &folder, &["--edits"]);
    language(&folder, RIGHT, "notices: [no-servers, no-such]\n");
    told("languages-edits-unknown", &folder, &["--edits"]);

    // A broken client notices nothing, and an edit that nobody is to notice proves nothing.
    language(&folder, RIGHT, "notices: [no-servers]\nbuild: exit 1\n");
    told("languages-edits-broken", &folder, &["--edits"]);
    let file = "tests/languages/edits/nothing.yaml";
    write(folder.path(), file, "description: Nothing.\npatch: []\n");
    language(&folder, RIGHT, "notices: [no-servers]\n");
    let report = parsed(&languages(&folder, &["--edits", "--format", "json"]));
    let wrong = report["edits"]["wrong"].to_string();
    assert!(
        wrong.contains("no language says that it notices this"),
        "{wrong}"
    );
    fs::remove_file(folder.path().join(file)).expect("gone");

    write(
        folder.path(),
        "tests/languages/edits/no-servers.yaml",
        "description: Doesn't fit.\npatch:\n  - op: remove\n    path: /server\n",
    );
    language(&folder, RIGHT, "notices: [no-servers]\n");
    told("languages-edits-misfit", &folder, &["--edits"]);
}
