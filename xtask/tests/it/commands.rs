//! The exit codes and error messages of all commands, and `generate`.

use crate::common;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::common::{stderr, stdout};

/// Creates a workspace with a spec, a recording and no generated file.
fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    for folder in [
        "openapi",
        "sdk/src",
        "tests/recordings",
        "tests/scenarios",
        "xtask/below",
    ] {
        fs::create_dir_all(root.path().join(folder)).expect("a folder");
    }
    let base = common::tests().join("cases/base");
    let own = common::workspace();
    fs::copy(
        own.join("openapi/cloud-partner-portal.yaml"),
        root.path().join("openapi/cloud-partner-portal.yaml"),
    )
    .expect("the spec");
    fs::copy(base.join("spec.yaml"), root.path().join("spec.yaml")).expect("the spec");
    fs::copy(
        base.join("recording.json"),
        root.path().join("tests/recordings/base.json"),
    )
    .expect("the recording");
    root
}

#[test]
fn help_names_every_command_and_exit_code() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    common::golden("help", &common::run(folder.path(), &["--help"]));
    for command in [
        "coverage",
        "demo",
        "generate",
        "languages",
        "lint",
        "serve",
        "validate",
    ] {
        let output = common::run(folder.path(), &[command, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(stdout(&output).contains("Usage: cargo xtask"), "{command}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for arguments in [
        &[][..],
        &["invalidate"],
        &["validate", "--form", "json"],
        &["validate", "--format", "xml"],
        &["coverage", "--format", "html"],
        &["languages", "--format", "html"],
        &["serve", "--port", "65536"],
        &["serve", "--delay", "soon"],
        &["generate", "--write"],
        &["generate", "now"],
        &["lint", "--spec"],
    ] {
        let output = common::run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).contains("--help"),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn an_unreadable_input_ends_with_3_and_names_the_place() {
    let root = workspace();
    let write =
        |name: &str, bytes: &[u8]| fs::write(root.path().join(name), bytes).expect("a file");
    write("not-yaml.yaml", b"openapi: 3.0.3\npaths: {\n  a: [\n");
    write("not-utf-8.yaml", b"openapi: \xff\n");
    write("two.yaml", b"openapi: 3.0.3\n---\nopenapi: 3.0.3\n");
    write("list.yaml", b"- openapi\n");
    write("old.yaml", b"swagger: \"2.0\"\npaths: {}\n");
    write("no-paths.yaml", b"openapi: 3.0.3\npaths: [1]\n");
    write(
        "no-template.yaml",
        b"openapi: 3.0.3\npaths:\n  /a/{b:\n    get: {}\n",
    );
    for spec in [
        "missing.yaml",
        ".",
        "not-yaml.yaml",
        "not-utf-8.yaml",
        "two.yaml",
        "list.yaml",
        "old.yaml",
        "no-paths.yaml",
        "no-template.yaml",
    ] {
        let output = common::run_in_workspace(root.path(), &["validate", "--spec", spec]);
        let name = if spec == "." {
            "folder"
        } else {
            spec.trim_end_matches(".yaml")
        };
        common::golden(&format!("spec-{name}"), &output);
        assert_eq!(output.status.code(), Some(3), "{spec}");
    }
    let output = common::run_in_workspace(root.path(), &["lint", "--spec", "not-yaml.yaml"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).starts_with("error: not-yaml.yaml:"),
        "{}",
        stderr(&output)
    );

    let output = common::run_in_workspace(
        root.path(),
        &["validate", "--spec", "spec.yaml", "nowhere", "nowhere.json"],
    );
    common::golden("recording-missing", &output);
}

#[test]
fn an_unwritable_output_ends_with_3() {
    let root = workspace();
    fs::remove_dir_all(root.path().join("tests")).expect("a folder");
    let output = common::run_in_workspace(root.path(), &["generate"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("tests/recording.schema.json: the file can't be written: "),
        "{}",
        stderr(&output)
    );

    if Path::new("/dev/full").exists() {
        let full = fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        let output = common::xtask(root.path(), &["validate", "--spec", "spec.yaml", "tests"])
            .stdout(full)
            .output()
            .expect("xtask starts");
        assert_eq!(output.status.code(), Some(3));
        assert!(
            stderr(&output).starts_with("error: the output can't be written: "),
            "{}",
            stderr(&output)
        );
    }
}

/// `| head -1` closes the pipe after the first line.
#[test]
fn a_closed_pipe_does_not_change_the_exit_code() {
    let mut child = common::xtask(&common::workspace(), &["coverage", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().expect("a pipe"))
        .read_line(&mut first)
        .expect("a line");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(first, "{\n");
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));

    // The exit code reports findings even if the pipe was closed before the first line.
    let root = workspace();
    let wrong = fs::read_to_string(root.path().join("tests/recordings/base.json"))
        .expect("the recording")
        .replace("\"a\"", "1");
    fs::write(root.path().join("tests/recordings/base.json"), wrong).expect("the recording");
    let mut child = common::xtask(root.path(), &["validate", "--spec", "spec.yaml", "tests"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn generate_writes_and_checks_from_any_folder() {
    let root = workspace();
    let run = |arguments: &[&str]| {
        common::xtask(&root.path().join("xtask/below"), arguments)
            .env("CARGO_MANIFEST_DIR", root.path().join("xtask"))
            .output()
            .expect("xtask starts")
    };
    let missing = run(&["generate", "--check"]);
    common::golden("generate-missing", &missing);
    assert!(!root.path().join("sdk/src/facade.rs").exists());
    common::golden("generate-written", &run(&["generate"]));
    common::golden("generate-unchanged", &run(&["generate"]));
    common::golden("generate-unchanged", &run(&["generate", "--check"]));

    let schema = root.path().join("tests/recording.schema.json");
    let written = fs::read_to_string(&schema).expect("the schema");
    let changed = written.replace("\"Recording\"", "\"Record\"");
    assert_ne!(written, changed);
    fs::write(&schema, changed).expect("the schema");
    common::golden("generate-schema", &run(&["generate", "--check"]));
    fs::write(&schema, written).expect("the schema");

    let spec = root.path().join("openapi/cloud-partner-portal.yaml");
    let text = fs::read_to_string(&spec).expect("the spec");
    let value = "        - neverPublished\n";
    assert_eq!(text.matches(value).count(), 1);
    fs::write(
        &spec,
        text.replace(value, "        - neverPublished\n        - postponed\n"),
    )
    .expect("the spec");
    let outdated = common::run_in_workspace(root.path(), &["generate", "--check"]);
    assert_eq!(outdated.status.code(), Some(4));
    let printed = stdout(&outdated);
    assert!(
        printed.contains("Outdated sdk/src/generated.rs\n"),
        "{printed}"
    );
    assert!(
        printed
            .contains("--- sdk/src/generated.rs (committed)\n+++ sdk/src/generated.rs (now)\n@@ "),
        "{printed}"
    );
    assert!(
        printed
            .lines()
            .any(|line| line.starts_with('+') && line.contains("Postponed")),
        "{printed}"
    );
    assert!(
        printed.ends_with("Help run `cargo xtask generate` to regenerate the files\n"),
        "{printed}"
    );
}

#[test]
fn the_committed_files_are_up_to_date() {
    let output = common::run(&common::workspace(), &["generate", "--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn generate_reports_the_problems_that_lint_reports() {
    let root = workspace();
    let spec = root.path().join("openapi/cloud-partner-portal.yaml");
    let text = fs::read_to_string(&spec).expect("the spec");
    let wrong = text.replacen("openapi: 3.0.3", "openapi: 3.1.0", 1);
    assert_ne!(wrong, text);
    fs::write(&spec, wrong).expect("the spec");
    let lint = common::run_in_workspace(root.path(), &["lint"]);
    common::golden("lint-text", &lint);
    let generate = common::run_in_workspace(root.path(), &["generate"]);
    assert_eq!(generate.status.code(), Some(1));
    assert_eq!(stdout(&generate), stdout(&lint));
    assert!(!root.path().join("sdk/src/generated.rs").exists());
}

/// Runs `generate` on a small spec, and returns its output and the generated facade.
fn generate(spec: &serde_json::Value) -> (std::process::Output, String) {
    let root = workspace();
    let path = root.path().join("openapi/cloud-partner-portal.yaml");
    fs::write(path, spec.to_string()).expect("the spec");
    let output = common::run_in_workspace(root.path(), &["generate"]);
    let facade = fs::read_to_string(root.path().join("sdk/src/facade.rs"));
    (output, facade.unwrap_or_default())
}

const ORDERS: &str = "/paths/~1shops~1{shop}~1orders/get";

#[test]
fn every_text_in_a_path_becomes_an_identifier() {
    let mut spec = crate::lint::spec();
    spec.pointer_mut(ORDERS).expect("the operation")["parameters"][0]["schema"] =
        serde_json::json!({"type": "string"});
    for spec in [crate::lint::spec(), spec] {
        let (output, facade) = generate(&spec);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        assert!(
            facade.contains("shop: impl ::std::convert::AsRef<str>")
                && facade.contains("let shop: crate::Identifier"),
            "{facade}"
        );
    }
}

#[test]
fn generate_names_the_operation_that_progenitor_rejects() {
    let mut spec = crate::lint::spec();
    let operation = spec.pointer_mut(ORDERS).expect("the operation");
    operation["requestBody"] = serde_json::json!({
        "content": {"application/xml": {"schema": {"description": "", "type": "string"}}}
    });
    let (output, facade) = generate(&spec);
    assert_eq!(output.status.code(), Some(3));
    let message = stderr(&output);
    assert!(
        message.contains("the operation `listOrders`") && message.contains("application/xml"),
        "{message}"
    );
    assert_eq!(facade, "");
}
