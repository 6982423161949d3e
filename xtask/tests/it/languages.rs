//! Tests `cargo xtask languages`, which compares the results of generated clients with the recordings. The small workspace of these
//! tests has only one language, a shell script. `.ci/run` tests the real languages.
//!
//! Each language has a program, the driver. The driver makes a call for each recording, and prints the results. One of the calls, the
//! negative control, has a wrong expected result. The comparison must report a difference for this call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use crate::common::{self, assert_exit_code, assert_stderr, golden, transcript};

/// The file with the driver's output.
const DRIVER: &str = "lines.jsonl";
/// The file that describes the language.
const YAML: &str = "language.yaml";

/// A replacement in a file of the language: the file, the old text and the new text.
type Edit<'e> = (&'e str, &'e str, &'e str);

/// Makes the driver round a large integer, so that the result differs from the recording.
const ROUNDED: Edit = (DRIVER, "1252868275", "1252868300");
/// Adds the difference of [`ROUNDED`] to the known differences of the language.
const KNOWN: Edit = (
    YAML,
    "notes: []",
    "known-differences:\n  - name: big-integers\n    explanation: Large integers are rounded.\n    \
     differences: [\"list/contoso: decoded[].version\", \"list/contoso: read[][2]\"]",
);

/// A copy of the workspace in `xtask/tests/languages`, with the committed spec. The driver prints the file `lines.jsonl`.
struct Workspace(TempDir);

impl Workspace {
    fn new(edits: &[Edit]) -> Self {
        let workspace = Self(tempfile::tempdir().expect("a temporary folder"));
        let copied = Command::new("cp")
            .arg("-R")
            .arg(common::tests().join("languages/."))
            .arg(workspace.path(""))
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        common::check_out(workspace.0.path(), &[":/openapi/cloud-partner-portal.yaml"]);
        fs::create_dir(workspace.path("tests/scenarios")).expect("an empty folder");
        for (file, from, to) in edits {
            let file = format!("tests/languages/shell/{file}");
            let text = common::read(&workspace.path(&file));
            assert!(text.contains(from), "expected {from} in:\n{text}");
            workspace.write(&file, &text.replace(from, to));
        }
        workspace
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        common::write(self.0.path(), file, text);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let arguments = [&["languages"], arguments].concat();
        common::run_in_workspace(self.0.path(), &arguments)
    }

    fn assert_run(&self, arguments: &[&str], code: i32, expected: &str) {
        let output = self.run(arguments);
        assert_exit_code(code, &output);
        let text = transcript(&output);
        assert!(text.contains(expected), "expected {expected} in:\n{text}");
    }
}

#[test]
fn writes_the_page_of_a_language_without_differences() {
    // Null, empty and unknown properties are no differences. Only the first line of an error's message is compared.
    let workspace = Workspace::new(&[
        (
            DRIVER,
            r#"{"status":"Running"}"#,
            r#"{"steps":null,"brandNew":[1],"messages":[],"notificationEmails":"","status":"Running"}"#,
        ),
        (
            DRIVER,
            "was not found.",
            "was not found.\\n   at the client",
        ),
        (YAML, "notes: []", "notes: [It is a shell.]"),
    ]);
    golden("languages-same", &workspace.run(&["--write"]));
    let page = workspace.path("openapi/languages/shell.md");
    let text = common::read(&page);
    common::golden_text("languages-page", &text);
    assert_exit_code(0, &workspace.run(&[]));

    fs::write(page, text.replace("a shell.", "a bash.")).expect("a file");
    golden("languages-outdated", &workspace.run(&["shell"]));
}

#[test]
fn prints_differences_and_failed_commands() {
    let exception = (
        DRIVER,
        r#""error":{"status":404,"code":"Http404Exception","message":"The publisher was not found."}"#,
        r#""exception":"SyntaxError: no""#,
    );
    let unhappy = "echo the compiler is unhappy; exit 3";
    let run = |edits: &[Edit], arguments: &[&str]| Workspace::new(edits).run(arguments);
    let new = ("new differences", run(&[ROUNDED, exception], &[]));
    let known = ("known differences", run(&[ROUNDED, KNOWN], &["--write"]));
    let failed = ("failed command", run(&[(YAML, "\"true\"", unhappy)], &[]));
    common::golden_all("languages-different", &[new, known, failed]);
}

#[test]
fn rejects_an_invalid_language() {
    let package = "the package `shell-generator==1.2.4` isn't pinned";
    for (edit, expected) in [
        (
            ("Large integers are rounded.", "\"\""),
            "has no explanation",
        ),
        ((" name:", " nam:"), "unknown field `nam`"),
        (("1.2.3]", "1.2.4]"), package),
    ] {
        Workspace::new(&[KNOWN, (YAML, edit.0, edit.1)]).assert_run(&[], 3, expected);
    }
}

#[test]
fn skips_a_language_without_its_tools_unless_it_is_required() {
    let workspace =
        Workspace::new(&[(YAML, "install: [pip install shell-generator==1.2.3]\n", "")]);
    let install = common::workspace().join("tests/languages/install-tools");
    fs::copy(install, workspace.path("tests/languages/install-tools")).expect("a copy");
    let shell = workspace.path("tests/languages/shell");
    fs::remove_file(shell.join("requirements.txt")).expect("a removed file");
    let needs = "apt no-such-package no-such-program   # no machine has it\n";
    workspace.write("tests/languages/shell/needs.txt", needs);
    golden("languages-skipped", &workspace.run(&[]));
    for argument in ["--all", "shell"] {
        workspace.assert_run(&[argument], 1, "Error skipped");
    }
    let unknown = "the language `cobol` doesn't exist; the languages are shell";
    workspace.assert_run(&["cobol"], 3, unknown);
}

/// Rows with three columns: a text of the driver's output, its replacement, and a part of the expected error.
const WRONG_RESULTS: &str = r#"
{"case":"failures | not JSON {"case":"failures | run failed: the line for the call failures/list-not-found isn't JSON: expected ident
"case":"status/test-vm" | "case":"x" | the line for the call status/test-vm must have the call's name in `case`, but is: {"case":"x"
"case":"status/test-vm" | "case":"list/contoso" | the line for the call status/test-vm must have the call's name in `case`, but is: {"case":"list/contoso"
"decoded":{"status":"Running"},"read":["Running",[],true] | "error":null | must have `decoded` and `read`
"decoded":{"status":"Running"},"read":["Running",[],true] | "read":["Running",[],true] | must have `decoded` and `read`
"decoded":{"status":"Running"},"read":["Running",[],true] | "decoded":{"status":"Running"} | must have `decoded` and `read`
"decoded":{"status":"Running"},"read":["Running",[],true] | "decoded":{},"read":[],"exception":"No: it" | must have `decoded` and `read`
"decoded":{"status":"Running"},"read":["Running",[],true] | "error":{"status":502} | shell: status/test-vm: error 502: {
"decoded":{"status":"Running"},"read":["Running",[],true] | "exception":"No: it" | shell: status/test-vm: exception No: "
{"status":"Running"} | null | shell: status/test-vm: decoded (lost): expected {
"Running",[] | null,[] | shell: status/test-vm: read[0] (lost): expected "Running"
"running",null,null | "running",false,null | shell: list/contoso: read[][2]: false, expected null
404 | 502 | shell: failures/list-not-found: error.status: 502, expected 404
"#;

/// Rows with three columns: a text of `language.yaml`, its replacement, and a part of the expected error.
const WRONG_COMMANDS: &str = r#"
cat "$HERE/lines.jsonl" | head -n 2 "$HERE/lines.jsonl" | the output has no line for the call status/test-vm
bash "$HERE/requests" | cat >calls; bash "$HERE/requests" <calls; bash "$HERE/requests" <calls | the driver sent 8 requests for 4 calls
bash "$HERE/requests" | true | the driver printed 4 responses, but sent only 0 requests
cat "$HERE/lines.jsonl" | cat "$HERE/lines.jsonl"; echo "{}" | the output has a line after the last call: {}
sh "$HERE/example.sh" | echo no offers | shell: example failed: the actual output is
build: "true" | build: "yes" | build failed: printed more than 16 MiB
build: "true" | build: head -c 17000000 /dev/zero | build failed: printed more than 16 MiB
"#;

#[test]
fn fails_for_each_wrong_result_or_command() {
    for (file, rows) in [(DRIVER, WRONG_RESULTS), (YAML, WRONG_COMMANDS)] {
        for row in rows.lines().skip(1) {
            let columns: Vec<&str> = row.split(" | ").collect();
            let [from, to, expected] = columns[..] else {
                panic!("three columns in {row}")
            };
            Workspace::new(&[(file, from, to)]).assert_run(&[], 1, expected);
        }
    }
}

#[test]
fn a_known_difference_hides_only_itself() {
    let listed = "\"negative-control: decoded.status\", \"list/contoso: read[][2]\"";
    let detects_nothing = [
        (DRIVER, "failed", "running"),
        (DRIVER, "false", "true"),
        KNOWN,
        (YAML, "\"list/contoso: read[][2]\"", listed),
    ];
    for (edits, expected) in [
        (
            &[KNOWN][..],
            "the known difference `list/contoso: read[][2]` no longer occurs",
        ),
        (
            &[ROUNDED, KNOWN, (DRIVER, "\"Running\"", "\"running\"")],
            "status/test-vm: decoded.status: ",
        ),
        (
            &detects_nothing,
            "run failed: the call negative-control has a wrong expected value on purpose",
        ),
    ] {
        Workspace::new(edits).assert_run(&[], 1, &format!("shell: {expected}"));
    }
}

#[test]
fn a_concurrent_run_in_the_same_folder_is_an_error() {
    let workspace = Workspace::new(&[]);
    workspace.write("target/languages/lock", "");
    let lock = fs::File::open(workspace.path("target/languages/lock")).expect("the lock");
    flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("no other run");
    let expected = "target/languages: another run uses this folder";
    workspace.assert_run(&["--write"], 3, expected);
    drop(lock);
    workspace.assert_run(&["--write"], 0, "Success");
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
        let workspace = Workspace::new(&[(YAML, "\"true\"", script)]);
        workspace.assert_run(&["--write", "--timeout", "2s"], code, expected);
        let pid = workspace.path("target/languages/shell/pid");
        let pid = common::read(&pid);
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
fn every_example_program_is_on_the_page_of_its_language() {
    let root = common::workspace();
    let files = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("an entry").path())
    };
    let readme = common::read(&root.join("openapi/README.md"));
    for folder in files(&root.join("tests/languages")) {
        let stem = |file: &PathBuf| file.file_stem().unwrap_or_default().to_ascii_lowercase();
        let Some(example) = files(&folder).find(|file| stem(file) == "example") else {
            continue;
        };
        let name = folder.file_name().expect("a name").to_string_lossy();
        let page = common::read(&root.join(format!("openapi/languages/{name}.md")));
        let program = common::read(&example);
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

#[test]
fn every_language_of_the_workspace_has_a_valid_language_yaml() {
    // The command reads every `language.yaml` before it reports the unknown language.
    let output = common::run(&common::workspace(), &["languages", "cobol"]);
    let expected = "the language `cobol` doesn't exist; the languages are cpp, csharp, go,";
    assert_stderr(3, &output, expected);
}
