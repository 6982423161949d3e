//! `cargo xtask languages` in a small workspace whose only language is a shell script. `.ci/run` tests the real languages.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
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

const YAML: &str = r#"title: Shell (by hand)
generator: Shell Generator
install: [pip install shell-generator==1.2.3]
generate: grep -q '^openapi' "$SPEC" && mkdir "$CLIENT"
build: "true"
run: bash "$HERE/requests"; cat "$HERE/lines.jsonl"
example:
  file: example.sh
  run: sh "$HERE/example.sh"
notes: []
"#;

/// The recordings: the file, the path below `publishers`, the status code and the body.
const RECORDINGS: [(&str, &str, u16, &str); 3] = [
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
];

/// A replacement in a file of the language: the file, the old text and the new text.
type Edit<'e> = (&'e str, &'e str, &'e str);

const ROUNDED: Edit = ("lines.jsonl", "1252868275", "1252868300");
const KNOWN: Edit = (
    "language.yaml",
    "notes: []",
    "known-differences:\n  - name: big-integers\n    explanation: Large integers are rounded.\n    \
     differences: [\"list/contoso: decoded[].version\", \"list/contoso: read[][2]\"]",
);

/// A workspace with the real spec, three recordings, and the language `shell`, whose driver prints [`LINES`].
struct Workspace(TempDir);

impl Workspace {
    fn new(edits: &[Edit]) -> Self {
        let workspace = Self(tempfile::tempdir().expect("a temporary folder"));
        for (file, path, status, body) in RECORDINGS {
            let text = format!(
                r#"{{"description": "A recording.", "provenance": {{"kind": "synthetic", "source": "The test."}},
                "request": {{"method": "GET", "path": "/api/publishers/{path}", "query": {{"api-version": "2017-10-31"}}}},
                "response": {{"status": {status}, "headers": {{"content-type": "application/json"}}, "body": {{"json": {body}}}}}}}"#
            );
            workspace.write(&format!("tests/recordings/{file}.json"), &text);
        }
        let spec = "openapi/cloud-partner-portal.yaml";
        let text = fs::read_to_string(common::workspace().join(spec)).expect("the spec");
        workspace.write(spec, &text);
        fs::create_dir(workspace.path("tests/scenarios")).expect("an empty folder");
        // A script that reports no missing tool.
        let install = "tests/languages/install";
        workspace.write(install, "#!/bin/sh\n");
        fs::set_permissions(workspace.path(install), fs::Permissions::from_mode(0o755))
            .expect("permissions");
        for (file, text) in [
            ("requests", REQUESTS),
            ("lines.jsonl", LINES),
            ("language.yaml", YAML),
            ("requirements.txt", "# A tool.\nshell-generator==1.2.3\n"),
            (
                "example.sh",
                "echo 'linux-vm: '\necho 'test-vm: running'\necho Running\n",
            ),
        ] {
            workspace.write(&format!("tests/languages/shell/{file}"), text);
        }
        edits.iter().for_each(|edit| workspace.edit(edit));
        workspace
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.path(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }

    fn edit(&self, (file, from, to): &Edit) {
        let file = format!("tests/languages/shell/{file}");
        let text = fs::read_to_string(self.path(&file)).expect("text");
        assert!(text.contains(from), "expected {from} in:\n{text}");
        self.write(&file, &text.replace(from, to));
    }

    fn run(&self, arguments: &[&str]) -> Output {
        common::run_in_workspace(self.0.path(), &[&["languages"], arguments].concat())
    }

    /// Asserts that the output of a run equals a golden file. Lines about progress are left out, because they contain durations.
    fn assert_golden(&self, name: &str, arguments: &[&str]) {
        let mut output = self.run(arguments);
        let text = stderr(&output);
        let lines = text.split_inclusive('\n');
        let lines = lines.filter(|line| !line.contains(" Ran ") && !line.contains(" Failed "));
        output.stderr = lines.collect::<String>().into();
        golden(name, &output);
    }

    /// Asserts the exit code of a run, and a part of its output.
    fn assert_run(&self, arguments: &[&str], code: i32, expected: &str) {
        let output = self.run(arguments);
        let text = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{expected}:\n{text}");
        assert!(text.contains(expected), "expected {expected} in:\n{text}");
    }
}

#[test]
fn ignores_null_empty_and_unnamed_properties_and_writes_the_page() {
    let workspace = Workspace::new(&[
        (
            "lines.jsonl",
            r#"{"status":"Running"}"#,
            r#"{"steps":null,"brandNew":[1],"messages":[],"notificationEmails":"","status":"Running"}"#,
        ),
        (
            "lines.jsonl",
            "was not found.",
            "was not found.\\n   at the client",
        ),
        ("language.yaml", "notes: []", "notes: [It is a shell.]"),
    ]);
    workspace.assert_golden("languages-same", &["--write"]);
    let page = workspace.path("openapi/languages/shell.md");
    let text = fs::read_to_string(&page).expect("a page");
    let file = common::tests().join("golden/languages-page.txt");
    common::compare(&file, &text).unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(workspace.run(&[]).status.code(), Some(0));

    fs::write(page, text.replace("a shell.", "a bash.")).expect("a file");
    workspace.assert_golden("languages-outdated", &["shell"]);
}

#[test]
fn prints_new_and_known_differences_and_failed_commands() {
    let exception = (
        "lines.jsonl",
        r#""error":{"status":404,"code":"Http404Exception","message":"The publisher was not found."}"#,
        r#""exception":"SyntaxError: no""#,
    );
    let unhappy = "echo the compiler is unhappy; exit 3";
    Workspace::new(&[ROUNDED, exception]).assert_golden("languages-differ", &[]);
    Workspace::new(&[ROUNDED, KNOWN]).assert_golden("languages-known", &["--write"]);
    Workspace::new(&[("language.yaml", "\"true\"", unhappy)])
        .assert_golden("languages-failed", &[]);
}

#[test]
fn rejects_an_invalid_language() {
    for (edits, expected) in [
        (
            [
                KNOWN,
                ("language.yaml", "Large integers are rounded.", "\"\""),
            ],
            "has no explanation",
        ),
        (
            [KNOWN, ("language.yaml", " name:", " nam:")],
            "unknown field `nam`",
        ),
        (
            [KNOWN, ("language.yaml", "1.2.3]", "1.2.4]")],
            "the package `shell-generator==1.2.4` isn't pinned",
        ),
    ] {
        Workspace::new(&edits).assert_run(&[], 3, expected);
    }
}

#[test]
fn skips_a_language_without_its_tools_unless_it_is_required() {
    let workspace = Workspace::new(&[(
        "language.yaml",
        "install: [pip install shell-generator==1.2.3]\n",
        "",
    )]);
    let install = common::workspace().join("tests/languages/install");
    fs::copy(install, workspace.path("tests/languages/install")).expect("a copy");
    let shell = workspace.path("tests/languages/shell");
    fs::remove_file(shell.join("requirements.txt")).expect("a removed file");
    let needs = "apt no-such-package no-such-program   # nothing has it\n";
    workspace.write("tests/languages/shell/needs.txt", needs);
    workspace.assert_golden("languages-skipped", &[]);
    for argument in ["--all", "shell"] {
        workspace.assert_run(&[argument], 1, "Error skipped");
    }
    let unknown = "the language `cobol` doesn't exist; the languages are shell";
    workspace.assert_run(&["cobol"], 3, unknown);
}

#[test]
fn fails_for_each_wrong_result() {
    const FIRST: &str = "{\"case\":\"failures/list-not-found\",\"error\":{\"status\":404}}\n";
    const STATUS: &str = r#""decoded":{"status":"Running"},"read":["Running",[],true]"#;
    const INCOMPLETE: &str =
        "line 3 of the output, for the call status/test-vm, must have `decoded` and `read`";
    let twice = format!("{LINES}{FIRST}");
    let requests = "bash \"$HERE/requests\"";
    for (edits, expected) in [
        // Known differences.
        (
            &[KNOWN][..],
            "shell: the known difference `list/contoso: read[][2]` no longer occurs",
        ),
        (
            &[
                ROUNDED,
                KNOWN,
                ("lines.jsonl", "\"Running\"", "\"running\""),
            ],
            "shell: status/test-vm: decoded.status: ",
        ),
        // Output that doesn't match the calls.
        (
            &[("lines.jsonl", LINES, "not JSON\n")],
            "run failed: line 1 of the output: expected ident",
        ),
        (
            &[("lines.jsonl", LINES, FIRST)],
            "shell: list/contoso: nothing",
        ),
        (
            &[("lines.jsonl", LINES, &twice)],
            "line 5 of the output is a second line for the call failures/list-not-found",
        ),
        (
            &[("lines.jsonl", "\"status/test-vm\"", "\"status/other\"")],
            "line 3 of the output: the call `status/other` doesn't exist",
        ),
        (&[("lines.jsonl", STATUS, "\"error\":null")], INCOMPLETE),
        (
            &[("lines.jsonl", r#""decoded":{"status":"Running"},"#, "")],
            INCOMPLETE,
        ),
        (
            &[("lines.jsonl", r#","read":["Running",[],true]"#, "")],
            INCOMPLETE,
        ),
        (
            &[("lines.jsonl", "true]}", "true],\"exception\":\"No: it\"}")],
            INCOMPLETE,
        ),
        // A driver that makes each call twice, or never.
        (
            &[(
                "language.yaml",
                requests,
                &format!("tee calls | {requests}; {requests} <calls"),
            )],
            "the driver sent 8 requests for 4 calls",
        ),
        (
            &[("language.yaml", requests, "true")],
            "the driver printed 4 responses, but sent only 0 requests",
        ),
        // Null, another type, and another kind of result.
        (
            &[("lines.jsonl", r#"{"status":"Running"}"#, "null")],
            "shell: status/test-vm: decoded lost: ",
        ),
        (
            &[("lines.jsonl", r#""Running",[]"#, "null,[]")],
            "shell: status/test-vm: read[0] lost: ",
        ),
        (
            &[("lines.jsonl", "running\",null,null", "running\",false,null")],
            "shell: list/contoso: read[][2]",
        ),
        (
            &[("lines.jsonl", "404", "502")],
            "shell: failures/list-not-found: error.status: ",
        ),
        (
            &[("lines.jsonl", STATUS, r#""error":{"status":502}"#)],
            "shell: status/test-vm: error 502: ",
        ),
        (
            &[("lines.jsonl", STATUS, r#""exception":"TypeError: no""#)],
            "shell: status/test-vm: exception TypeError: ",
        ),
        // The negative control, which no known difference can hide.
        (
            &[
                ("lines.jsonl", "failed", "running"),
                ("lines.jsonl", "false", "true"),
                (
                    "language.yaml",
                    "notes: []",
                    "known-differences: [{name: control, explanation: No., differences: [\"negative-control: undetected\"]}]",
                ),
            ],
            "shell: run failed: the negative control isn't detected",
        ),
        // The example, and a command that prints too much.
        (
            &[("language.yaml", "sh \"$HERE/example.sh\"", "echo no offers")],
            "shell: example failed: the actual output is",
        ),
        (
            &[("language.yaml", "\"true\"", "\"yes\"")],
            "build failed: printed more than 16 MiB",
        ),
    ] {
        Workspace::new(edits).assert_run(&[], 1, expected);
    }
}

#[test]
fn ends_every_process_of_a_command() {
    for (script, code, expected) in [
        ("sleep 60 & echo $! >pid", 0, "Success"),
        (
            "sleep 60 & echo $! >pid; wait",
            1,
            "build failed: timed out after 2 s",
        ),
    ] {
        let workspace = Workspace::new(&[("language.yaml", "\"true\"", script)]);
        workspace.assert_run(&["--write", "--timeout", "2s"], code, expected);
        let pid = workspace.path("target/languages/shell/work/pid");
        let pid = fs::read_to_string(pid).expect("the process was started");
        let stat = Path::new("/proc").join(pid.trim()).join("stat");
        let started = Instant::now();
        // A process that doesn't exist or is a zombie has ended.
        while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z")) {
            let waited = started.elapsed();
            assert!(waited < Duration::from_secs(5), "{pid} is still running");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn every_language_has_a_page_with_its_program_and_a_link() {
    let root = common::workspace();
    let read = |file: PathBuf| {
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    let readme = read(root.join("openapi/README.md"));
    let files = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("an entry").path())
    };
    for folder in files(&root.join("tests/languages")) {
        let is_example = |file: &PathBuf| {
            let stem = file.file_stem().unwrap_or_default();
            stem.eq_ignore_ascii_case("example")
        };
        let (Some(example), Some(name)) = (files(&folder).find(is_example), folder.file_name())
        else {
            continue;
        };
        let name = name.to_string_lossy();
        let page = read(root.join(format!("openapi/languages/{name}.md")));
        assert!(
            page.contains(read(example).trim_end()),
            "{name}: `cargo xtask languages {name} --write` updates the page"
        );
        assert!(
            readme.contains(&format!("(languages/{name}.md)")),
            "openapi/README.md has no row for {name}"
        );
    }
}
