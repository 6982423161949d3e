//! The exit codes and error messages of all commands, and `generate`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{self, stderr, stdout};

const SPEC: &str = "openapi/cloud-partner-portal.yaml";

/// Creates a workspace with the committed spec, the base spec, the base recording and no generated file.
fn workspace() -> TempDir {
    let root = common::base();
    for folder in ["sdk/src", "tests/scenarios", "xtask/below"] {
        fs::create_dir_all(root.path().join(folder)).expect("a folder");
    }
    let spec = fs::read(common::workspace().join(SPEC)).expect("the spec");
    common::write(root.path(), SPEC, spec);
    common::add_recording(root.path(), "tests/recordings/base", &json!({}));
    root
}

/// Replaces a text that occurs once in the committed spec.
fn edit_spec(root: &TempDir, old: &str, new: &str) {
    let text = fs::read_to_string(root.path().join(SPEC)).expect("the spec");
    assert_eq!(text.matches(old).count(), 1, "{old}");
    common::write(root.path(), SPEC, text.replace(old, new));
}

fn run(root: &TempDir, arguments: &[&str]) -> Output {
    common::run_in_workspace(root.path(), arguments)
}

#[test]
fn help_names_every_command_and_exit_code() {
    let folder = common::tests();
    common::golden("help", &common::run(&folder, &["--help"]));
    let commands = "compat coverage demo docs generate languages lint record serve validate";
    for command in commands.split(' ') {
        let output = common::run(&folder, &[command, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(stdout(&output).contains("Usage: cargo xtask"), "{command}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        "",
        "invalidate",
        "validate --form json",
        "validate --format xml",
        "coverage --format html",
        "languages --format html",
        "serve --port 65536",
        "serve --delay soon",
        "generate --write",
        "generate now",
        "lint --spec",
    ] {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let output = common::run(&common::tests(), &arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(message.contains("--help"), "{arguments:?}: {message}");
    }
}

#[test]
fn an_unreadable_input_ends_with_3_and_names_the_place() {
    let root = workspace();
    let mut printed = Vec::new();
    for (name, bytes) in [
        ("missing.yaml", None),
        (".", None),
        (
            "not-yaml.yaml",
            Some(&b"openapi: 3.0.3\npaths: {\n  a: [\n"[..]),
        ),
        ("not-utf-8.yaml", Some(b"openapi: \xff\n")),
        ("two.yaml", Some(b"openapi: 3.0.3\n---\nopenapi: 3.0.3\n")),
        ("list.yaml", Some(b"- openapi\n")),
        ("old.yaml", Some(b"swagger: \"2.0\"\npaths: {}\n")),
        ("no-paths.yaml", Some(b"openapi: 3.0.3\npaths: [1]\n")),
        (
            "no-template.yaml",
            Some(b"openapi: 3.0.3\npaths:\n  /a/{b:\n    get: {}\n"),
        ),
    ] {
        if let Some(bytes) = bytes {
            common::write(root.path(), name, bytes);
        }
        let output = run(&root, &["validate", "--spec", name]);
        printed.push(format!("{name}: {}", common::transcript(&output)));
    }
    common::golden_text("spec-unreadable", &printed.concat());
    let output = run(&root, &["lint", "--spec", "not-yaml.yaml"]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(3));
    assert!(message.starts_with("error: not-yaml.yaml:"), "{message}");

    fs::create_dir(root.path().join("empty")).expect("a folder");
    let output = run(&root, &["validate", "--spec=spec.yaml", "empty"]);
    assert_eq!(output.status.code(), Some(3));
    let arguments = [
        "validate",
        "--spec=spec.yaml",
        "empty",
        "nowhere",
        "nowhere.json",
        "recordings",
    ];
    common::golden("recording-missing", &run(&root, &arguments));
}

#[test]
fn unusable_recordings_of_the_workspace_end_with_3() {
    let root = workspace();
    common::add_recording(root.path(), "tests/recordings/copy", &json!({}));
    fs::create_dir(root.path().join("tests/scenarios/empty")).expect("a folder");
    let status = json!({ "response": { "status": 199 } });
    common::add_recording(root.path(), "tests/scenarios/status/1", &status);
    let output = run(&root, &["validate", "--spec=spec.yaml"]);
    common::golden("recordings-unusable", &output);

    fs::remove_file(root.path().join("tests/recordings/copy.json")).expect("a recording");
    let output = run(&root, &["serve", "--list"]);
    let message = stderr(&output);
    let expected = "error: tests/scenarios/empty: the scenario contains no recordings";
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn an_unwritable_output_ends_with_3() {
    let root = workspace();
    fs::remove_dir_all(root.path().join("tests")).expect("a folder");
    common::write(root.path(), "tests", "a file instead of the folder");
    let output = run(&root, &["generate"]);
    let message = stderr(&output);
    let expected = "tests/recording.schema.json: the file can't be written: ";
    assert_eq!(output.status.code(), Some(3));
    assert!(message.contains(expected), "{message}");

    if Path::new("/dev/full").exists() {
        let full = fs::File::options().write(true).open("/dev/full");
        let arguments = ["validate", "--spec", "spec.yaml", "recordings"];
        let output = common::xtask(root.path(), &arguments)
            .stdout(full.expect("/dev/full"))
            .output()
            .expect("xtask starts");
        let message = stderr(&output);
        let expected = "error: the output can't be written: ";
        assert_eq!(output.status.code(), Some(3));
        assert!(message.starts_with(expected), "{message}");
    }
}

/// The test closes the pipe before or after the first line, as `| head -0` and `| head -1` do. The exit code still reports findings.
#[test]
fn a_closed_pipe_does_not_change_the_exit_code() {
    let folder = common::base();
    // This output is larger than the buffer of a pipe, so the program still writes when the pipe is closed.
    let arguments = [
        "coverage",
        "--spec=spec.yaml",
        "--format=json",
        "recordings",
    ];
    for lines in [0, 1] {
        let mut child = common::xtask(folder.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("xtask starts");
        let pipe = BufReader::with_capacity(16, child.stdout.take().expect("a pipe"));
        for line in pipe.lines().take(lines) {
            assert_eq!(line.expect("a line"), "{");
        }
        let output = child.wait_with_output().expect("xtask ends");
        assert_eq!(stderr(&output), "");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn generate_writes_and_checks_from_any_folder() {
    let root = workspace();
    let run_below = |arguments: &[&str]| {
        common::xtask(&root.path().join("xtask/below"), arguments)
            .env("CARGO_MANIFEST_DIR", root.path().join("xtask"))
            .output()
            .expect("xtask starts")
    };
    let missing = run_below(&["generate", "--check"]);
    common::golden("generate-missing", &missing);
    assert!(!root.path().join("sdk/src/facade.rs").exists());
    common::golden("generate-written", &run_below(&["generate"]));
    common::golden("generate-unchanged", &run_below(&["generate"]));
    common::golden("generate-unchanged", &run_below(&["generate", "--check"]));

    let schema = root.path().join("tests/recording.schema.json");
    let written = fs::read_to_string(&schema).expect("the schema");
    let changed = written.replace("\"Recording\"", "\"Record\"");
    assert_ne!(written, changed);
    fs::write(&schema, changed).expect("the schema");
    common::golden("generate-schema", &run_below(&["generate", "--check"]));
    fs::write(&schema, written).expect("the schema");

    let value = "        - neverPublished\n";
    edit_spec(&root, value, &format!("{value}        - postponed\n"));
    let outdated = run(&root, &["generate", "--check"]);
    assert_eq!(outdated.status.code(), Some(4));
    let printed = stdout(&outdated);
    for expected in [
        "Outdated sdk/src/generated.rs\n",
        "--- sdk/src/generated.rs (committed)\n+++ sdk/src/generated.rs (now)\n@@ ",
    ] {
        assert!(printed.contains(expected), "{printed}");
    }
    let mut lines = printed.lines();
    assert!(
        lines.any(|line| line.starts_with('+') && line.contains("Postponed")),
        "{printed}"
    );
    let help = "Help run `cargo xtask generate` to regenerate the files\n";
    assert!(printed.ends_with(help), "{printed}");
}

#[test]
fn the_committed_files_are_up_to_date() {
    let output = common::run(&common::workspace(), &["generate", "--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn generate_reports_the_problems_that_lint_reports() {
    let root = workspace();
    let title = "          title: ErrorDetail\n";
    let closed = format!("{title}          additionalProperties: false\n");
    edit_spec(&root, title, &closed);
    let lint = run(&root, &["lint"]);
    let problem = "Error closed-object: openapi/cloud-partner-portal.yaml:";
    assert_eq!(lint.status.code(), Some(1));
    assert!(stdout(&lint).contains(problem), "{}", stdout(&lint));
    let generate = run(&root, &["generate"]);
    assert_eq!(generate.status.code(), Some(1));
    assert_eq!(stdout(&generate), stdout(&lint));
    assert!(!root.path().join("sdk/src/generated.rs").exists());
}

/// Runs `generate` on the small spec of the lint tests with a JSON merge patch of the operation `listOrders`. Returns the output and
/// the generated facade.
fn generate(patch: &Value) -> (Output, String) {
    let mut spec = crate::lint::spec();
    let operation = spec.pointer_mut("/paths/~1shops~1{shop}~1orders/get");
    json_patch::merge(operation.expect("the operation"), patch);
    let root = workspace();
    common::write(root.path(), SPEC, spec.to_string());
    let output = run(&root, &["generate"]);
    let facade = fs::read_to_string(root.path().join("sdk/src/facade.rs"));
    (output, facade.unwrap_or_default())
}

#[test]
fn every_path_parameter_of_type_string_becomes_an_identifier() {
    let parameter = |name, place| json!({ "name": name, "in": place, "required": true, "schema": { "type": "string" } });
    let plain =
        json!({ "parameters": [parameter("shop", "path"), parameter("api-version", "query")] });
    for patch in [json!({}), plain] {
        let (output, facade) = generate(&patch);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        for expected in [
            "shop: impl ::std::convert::AsRef<str>",
            "let shop: crate::Identifier",
        ] {
            assert!(facade.contains(expected), "{facade}");
        }
    }
}

#[test]
fn generate_names_the_operation_that_progenitor_rejects() {
    let schema = json!({ "description": "", "type": "string" });
    let body = json!({ "requestBody": { "content": { "application/xml": { "schema": schema } } } });
    let (output, facade) = generate(&body);
    assert_eq!(output.status.code(), Some(3));
    let message = stderr(&output);
    for expected in ["the operation `listOrders`", "application/xml"] {
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(facade, "");
}
