//! `cargo xtask languages` in a small workspace whose only language is a shell script. `.ci/run` tests the real languages.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::{self, golden, stderr, stdout};

/// The output of a driver without a difference from the workspace's recordings, including the negative control.
const LINES: &str = r#"{"case":"failures/list-not-found","error":{"status":404,"code":"Http404Exception","message":"The publisher was not found."}}
{"case":"list/contoso","decoded":[{"id":"linux-vm","version":1252868275},{"id":"test-vm","status":"running"}],"read":[["linux-vm","",1252868275,null],["test-vm","running",null,null]]}
{"case":"status/test-vm","decoded":{"status":"Running"},"read":["Running",[],true]}
{"case":"negative-control","decoded":{"status":"failed"},"read":["failed",[],false]}
"#;

/// A script that sends a request for each call. It ignores the responses, because the driver's output is fixed.
const REQUESTS: &str = r#"while read -r _; do
  exec 3<>"/dev/tcp/127.0.0.1/${URL##*:}"
  printf 'GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n' >&3
  cat <&3 >&2
done
"#;

const KNOWN: &str = "known-differences:\n  - name: big-integers\n    explanation: Large integers are rounded.\n    \
                     differences: [\"list/contoso: decoded[].version\", \"list/contoso: read[][2]\"]\n";

fn write(root: &Path, file: &str, text: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, text).expect("a file");
}

/// Creates a workspace with the real spec, three recordings, and the language `shell`, whose driver prints [`LINES`].
fn workspace() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (root, real) = (folder.path(), common::workspace());
    for (file, path, status, body) in [
        (
            "list/contoso",
            "contoso/offers",
            200,
            r#"[{"id":"linux-vm","status":"","version":1252868275,"brandNew":1},{"id":"test-vm","status":"running"}]"#,
        ),
        (
            "status/test-vm",
            "contoso/offers/test-vm/status",
            200,
            r#"{"status":"Running","steps":[]}"#,
        ),
        (
            "failures/list-not-found",
            "nobody/offers",
            404,
            r#"{"Product":{"exceptionCode":"Http404Exception","error":"The publisher was not found.\r\n   at Contoso.Load()"}}"#,
        ),
    ] {
        let text = format!(
            r#"{{"description": "A recording.", "provenance": {{"kind": "synthetic", "source": "The test."}},
            "request": {{"method": "GET", "path": "/api/publishers/{path}", "query": {{"api-version": "2017-10-31"}}}},
            "response": {{"status": {status}, "headers": {{"content-type": "application/json"}}, "body": {{"json": {body}}}}}}}"#
        );
        write(root, &format!("tests/recordings/{file}.json"), &text);
    }
    let spec =
        fs::read_to_string(real.join("openapi/cloud-partner-portal.yaml")).expect("the spec");
    write(root, "openapi/cloud-partner-portal.yaml", &spec);
    fs::create_dir(root.join("tests/scenarios")).expect("an empty folder");
    write(root, "tests/languages/requests", REQUESTS);
    // A script that reports no missing tool.
    write(root, "tests/languages/install", "#!/bin/sh\n");
    let script = root.join("tests/languages/install");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("permissions");
    let shell = "tests/languages/shell";
    write(
        root,
        &format!("{shell}/requirements.txt"),
        "# The generator.\nshell-generator==1.2.3\n",
    );
    write(
        root,
        &format!("{shell}/example.sh"),
        "echo 'linux-vm: '\necho 'test-vm: running'\necho Running\n",
    );
    language(&folder, LINES, "");
    folder
}

/// Writes the language `shell`. Its driver prints `lines`, and its `language.yaml` ends with `more`.
fn language(workspace: &TempDir, lines: &str, more: &str) {
    let shell = workspace.path().join("tests/languages/shell");
    write(&shell, "lines.jsonl", lines);
    let about = format!(
        "title: Shell (by hand)\ngenerator: Shell Generator\ninstall: [pip install shell-generator==1.2.3]\n\
         generate: grep -q '^openapi' \"$SPEC\" && mkdir \"$CLIENT\"\n\
         run: bash \"$HERE/../requests\"; cat \"$HERE/lines.jsonl\"\n\
         example:\n  file: example.sh\n  run: sh \"$HERE/example.sh\"\n{more}"
    );
    write(&shell, "language.yaml", &about);
}

/// Replaces a part of the language's `language.yaml`.
fn edit(workspace: &TempDir, from: &str, to: &str) {
    let file = workspace.path().join("tests/languages/shell/language.yaml");
    let text = fs::read_to_string(&file).expect("text");
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).expect("a file");
}

fn languages(workspace: &TempDir, arguments: &[&str]) -> Output {
    let arguments: Vec<&str> = [&["languages"], arguments].concat();
    common::run_in_workspace(workspace.path(), &arguments)
}

/// Asserts that the output of a run equals a golden file. Lines about progress are left out, because they contain durations.
fn assert_golden(name: &str, workspace: &TempDir, arguments: &[&str]) {
    let mut output = languages(workspace, arguments);
    let progress = |line: &&str| [" Ran ", " Failed "].iter().any(|verb| line.contains(verb));
    let text = stderr(&output);
    let lines = text.lines().filter(|line| !progress(line));
    output.stderr = lines
        .flat_map(|line| [line, "\n"])
        .collect::<String>()
        .into();
    golden(name, &output);
}

/// Asserts that the command reports this error.
fn assert_error(workspace: &TempDir, expected: &str) {
    let output = languages(workspace, &[]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}{}", stderr(&output));
    assert!(text.contains(expected), "expected {expected} in:\n{text}");
}

/// Asserts that the command rejects its input with this message.
fn assert_input_error(workspace: &TempDir, arguments: &[&str], expected: &str) {
    let output = languages(workspace, arguments);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{text}{}", stdout(&output));
    assert!(text.contains(expected), "expected {expected} in:\n{text}");
}

#[test]
fn ignores_null_empty_and_unnamed_properties_and_writes_the_page() {
    let workspace = workspace();
    let lines = LINES
        .replace(
            r#"{"status":"Running"}"#,
            r#"{"steps":null,"brandNew":[1],"messages":[],"notificationEmails":"","status":"Running"}"#,
        )
        .replace("was not found.", "was not found.\\n   at the client");
    language(&workspace, &lines, "notes: [It is a shell.]\n");
    assert_golden("languages-same", &workspace, &["--write"]);
    let page = workspace.path().join("openapi/languages/shell.md");
    let text = fs::read_to_string(&page).expect("a page");
    let file = common::tests().join("golden/languages-page.txt");
    common::compare(&file, &text).unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(languages(&workspace, &[]).status.code(), Some(0));

    fs::write(page, text.replace("a shell.", "a bash.")).expect("a file");
    assert_golden("languages-outdated", &workspace, &["shell"]);
}

#[test]
fn lists_a_new_difference_with_both_values() {
    let workspace = workspace();
    let lines = LINES.replace("1252868275", "1252868300").replace(
        r#""error":{"status":404,"code":"Http404Exception","message":"The publisher was not found."}"#,
        r#""exception":"SyntaxError: no""#,
    );
    language(&workspace, &lines, "");
    assert_golden("languages-differ", &workspace, &[]);
}

#[test]
fn accepts_a_known_difference_only_while_it_occurs() {
    let workspace = workspace();
    let rounded = LINES.replace("1252868275", "1252868300");
    language(&workspace, &rounded, KNOWN);
    assert_golden("languages-known", &workspace, &["--write"]);
    language(&workspace, LINES, KNOWN);
    assert_error(
        &workspace,
        "shell: the known difference `list/contoso: read[][2]` no longer occurs",
    );
    language(
        &workspace,
        &rounded.replace(r#""Running""#, r#""running""#),
        KNOWN,
    );
    assert_error(&workspace, "shell: status/test-vm: decoded.status: ");
}

#[test]
fn rejects_a_known_difference_without_an_explanation_and_a_package_without_a_pin() {
    let workspace = workspace();
    for (from, to, expected) in [
        ("Large integers are rounded.", "\"\"", "has no explanation"),
        ("name", "nam", "unknown field `nam`"),
    ] {
        language(&workspace, LINES, &KNOWN.replace(from, to));
        assert_input_error(&workspace, &[], expected);
    }
    language(&workspace, LINES, "");
    edit(&workspace, "1.2.3]", "1.2.4]");
    assert_input_error(
        &workspace,
        &[],
        "the package `shell-generator==1.2.4` isn't pinned",
    );
}

#[test]
fn skips_a_language_without_its_tools_unless_it_is_required() {
    let workspace = workspace();
    let install = common::workspace().join("tests/languages/install");
    fs::copy(install, workspace.path().join("tests/languages/install")).expect("a copy");
    let shell = workspace.path().join("tests/languages/shell");
    fs::remove_file(shell.join("requirements.txt")).expect("a removed file");
    edit(
        &workspace,
        "install: [pip install shell-generator==1.2.3]\n",
        "",
    );
    write(
        &shell,
        "needs.txt",
        "apt no-such-package no-such-program   # nothing has it\n",
    );
    assert_golden("languages-skipped", &workspace, &[]);
    for argument in ["--all", "shell"] {
        let output = languages(&workspace, &[argument]);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    }
    assert_input_error(
        &workspace,
        &["cobol"],
        "the language `cobol` doesn't exist; the languages are shell",
    );
}

#[test]
fn shows_a_failed_command_with_its_output() {
    let workspace = workspace();
    language(
        &workspace,
        LINES,
        "build: echo the compiler is unhappy; exit 3\n",
    );
    assert_golden("languages-failed", &workspace, &[]);
    language(&workspace, LINES, "");
    edit(&workspace, "sh \"$HERE/example.sh\"", "echo no offers");
    assert_error(&workspace, "shell: example failed: the actual output is");
}

#[test]
fn rejects_output_that_does_not_match_the_calls() {
    let workspace = workspace();
    language(&workspace, "not JSON\n", "");
    assert_error(
        &workspace,
        "run failed: line 1 of the output: expected ident",
    );
    let first = LINES.lines().next().unwrap_or_default();
    language(&workspace, first, "");
    assert_error(&workspace, "shell: list/contoso: nothing");
    language(&workspace, &format!("{LINES}{first}"), "");
    assert_error(
        &workspace,
        "line 5 of the output is a second line for the call failures/list-not-found",
    );
    let status = r#""decoded":{"status":"Running"},"read":["Running",[],true]"#;
    for incomplete in [
        "\"error\":null",
        r#""read":["Running",[],true]"#,
        r#""decoded":{"status":"Running"}"#,
        r#""decoded":{},"read":[],"exception":"No: it""#,
    ] {
        language(&workspace, &LINES.replace(status, incomplete), "");
        assert_error(
            &workspace,
            "line 3 of the output, for the call status/test-vm, must have `decoded` and `read`",
        );
    }

    // The driver makes each call twice, or never.
    let requests = "bash \"$HERE/../requests\"";
    language(&workspace, LINES, "");
    edit(
        &workspace,
        requests,
        &format!("tee calls | {requests}; {requests} <calls"),
    );
    assert_error(&workspace, "the driver sent 8 requests for 4 calls");
    language(&workspace, LINES, "");
    edit(&workspace, requests, "true");
    assert_error(
        &workspace,
        "the driver printed 4 responses, but sent only 0 requests",
    );
}

#[test]
fn distinguishes_null_another_type_and_another_kind_of_result() {
    let workspace = workspace();
    let status = r#""decoded":{"status":"Running"},"read":["Running",[],true]"#;
    for (from, to, expected) in [
        (
            r#"{"status":"Running"}"#,
            "null",
            "status/test-vm: decoded lost: ",
        ),
        (
            r#""Running",[]"#,
            "null,[]",
            "status/test-vm: read[0] lost: ",
        ),
        (
            "running\",null,null",
            "running\",false,null",
            "list/contoso: read[][2]",
        ),
        ("404", "502", "failures/list-not-found: error.status: "),
        (
            status,
            r#""error":{"status":502}"#,
            "status/test-vm: error 502: ",
        ),
        (
            status,
            r#""exception":"TypeError: no""#,
            "status/test-vm: exception TypeError: ",
        ),
    ] {
        language(&workspace, &LINES.replace(from, to), "");
        assert_error(&workspace, &format!("shell: {expected}"));
    }
}

#[test]
fn fails_when_the_negative_control_is_not_detected() {
    let workspace = workspace();
    let known = "known-differences: [{name: control, explanation: No., differences: [\"negative-control: undetected\"]}]\n";
    language(
        &workspace,
        &LINES.replace("failed", "running").replace("false", "true"),
        known,
    );
    assert_error(
        &workspace,
        "shell: negative-control: undetected: the driver must report",
    );
}

#[test]
fn ends_every_process_of_a_command() {
    let workspace = workspace();
    let pid = workspace.path().join("target/languages/shell/work/pid");
    let ended = || {
        let pid = fs::read_to_string(&pid).expect("the process was started");
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(5) {
            // A process that doesn't exist or is a zombie has ended.
            match fs::read_to_string(format!("/proc/{}/stat", pid.trim())) {
                Ok(stat) if !stat.contains(") Z") => std::thread::sleep(Duration::from_millis(10)),
                _ => return,
            }
        }
        panic!("the process {pid} is still running");
    };
    language(&workspace, LINES, "build: sleep 60 & echo $! >pid\n");
    assert_eq!(languages(&workspace, &["--write"]).status.code(), Some(0));
    ended();

    language(&workspace, LINES, "build: sleep 60 & echo $! >pid; wait\n");
    let output = languages(&workspace, &["--timeout", "2s"]);
    assert!(
        stdout(&output).contains("build failed: timed out after 2 s"),
        "{}",
        stdout(&output)
    );
    ended();
}

#[test]
fn ends_a_command_that_prints_too_much() {
    let workspace = workspace();
    language(&workspace, LINES, "build: yes\n");
    assert_error(&workspace, "build failed: printed more than 16 MiB");
}

#[test]
fn every_language_has_a_page_with_its_program_and_a_link() {
    let root = common::workspace();
    let read = |file: &str| {
        fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    };
    let readme = read("openapi/README.md");
    for entry in fs::read_dir(root.join("tests/languages")).expect("a folder") {
        let folder = entry.expect("an entry").path();
        let examples = fs::read_dir(&folder).into_iter().flatten();
        let example = examples
            .map(|entry| entry.expect("an entry").path())
            .find(|file| {
                file.file_stem()
                    .is_some_and(|stem| stem.eq_ignore_ascii_case("example"))
            });
        let (Some(example), Some(name)) = (example, folder.file_name()) else {
            continue;
        };
        let name = name.to_string_lossy();
        let page = read(&format!("openapi/languages/{name}.md"));
        let program = fs::read_to_string(example).expect("a program");
        assert!(
            page.contains(program.trim_end()),
            "{name}: `cargo xtask languages {name} --write` updates the page"
        );
        assert!(
            readme.contains(&format!("(languages/{name}.md)")),
            "openapi/README.md has no row for {name}"
        );
    }
}
