//! Tests the exit codes and error messages of all commands, and the command `generate`. Also tests that every command in the documents
//! exists.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{
    self, assert_contains, assert_exit_code, assert_stderr, assert_stdout, stdout,
};

const SPEC: &str = "openapi/cloud-partner-portal.yaml";

/// Creates a workspace without generated files. It contains two specs, the committed spec and `spec.yaml` from `cases/base`, and the
/// recording from `cases/base`.
fn workspace() -> TempDir {
    let root = common::base();
    for folder in ["sdk/src", "tests/scenarios", "xtask/below"] {
        fs::create_dir_all(root.path().join(folder)).expect("a folder");
    }
    let spec = common::read(&common::workspace().join(SPEC));
    common::write(root.path(), SPEC, spec);
    common::add_recording(root.path(), "tests/recordings/base", &json!({}));
    root
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
        assert_stdout(0, &output, &format!("Usage: cargo xtask {command}"));
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [
        "",
        "invalidate",
        "validate --form json",
        "validate --format xml",
        "coverage --format html",
        "languages --format html",
        "serve --port 65536",
        "generate --write",
        "generate now",
        "lint --spec",
    ] {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        assert_stderr(2, &common::run(&common::tests(), &arguments), "--help");
    }
}

#[test]
fn an_unreadable_input_exits_with_3() {
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
        printed.push((name, output));
    }
    common::golden_all("spec-unreadable", &printed);
    let output = run(&root, &["lint", "--spec", "not-yaml.yaml"]);
    assert_stderr(3, &output, "error: not-yaml.yaml:");

    fs::create_dir(root.path().join("empty")).expect("a folder");
    let validate = ["validate", "--spec=spec.yaml", "empty"];
    assert_exit_code(3, &run(&root, &validate));
    let more = ["nowhere", "nowhere.json", "recordings"];
    let output = run(&root, &[&validate[..], &more].concat());
    common::golden("recording-missing", &output);
}

#[test]
fn unusable_recordings_exit_with_3() {
    let root = workspace();
    common::add_recording(root.path(), "tests/recordings/copy", &json!({}));
    fs::create_dir(root.path().join("tests/scenarios/empty")).expect("a folder");
    let status = json!({ "response": { "status": 199 } });
    common::add_recording(root.path(), "tests/scenarios/status/1", &status);
    let output = run(&root, &["validate", "--spec=spec.yaml"]);
    common::golden("recordings-unusable", &output);
    // `validate` reports a duplicate request even if it validates only one of the two files.
    let assert_duplicate = |path, file, other| {
        let output = run(&root, &["validate", "--spec=spec.yaml", path]);
        let expected =
            format!("tests/recordings/{file}\n             has the same request as {other}");
        assert_stdout(3, &output, &expected);
    };
    assert_duplicate("tests/recordings/base.json", "base.json", "copy.json");
    assert_duplicate("tests/recordings/copy.json", "copy.json", "base.json");
    assert_duplicate("./tests/recordings", "copy.json", "base.json");

    // `xtask serve` reads only `.json` files of a folder, so `copy.txt` isn't a duplicate.
    let copy = root.path().join("tests/recordings/copy.json");
    fs::rename(&copy, copy.with_extension("txt")).expect("a recording");
    for path in ["tests/recordings/base.json", "tests/recordings/copy.txt"] {
        let output = run(&root, &["validate", "--spec=spec.yaml", path]);
        assert_stdout(0, &output, "validated 1 recording and");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("base.json", &copy).expect("a link");
        assert_duplicate("tests/recordings/copy.json", "copy.json", "base.json");
        fs::remove_file(copy).expect("the link");
    }

    let expected = "error: tests/scenarios/empty: the scenario contains no recordings";
    assert_stderr(3, &run(&root, &["serve", "--list"]), expected);
}

#[test]
fn an_unwritable_output_exits_with_3() {
    let root = workspace();
    fs::remove_dir_all(root.path().join("tests")).expect("a folder");
    common::write(root.path(), "tests", "a file instead of the folder");
    let expected = "tests/recording.schema.json: the file can't be written: ";
    assert_stderr(3, &run(&root, &["generate"]), expected);

    if Path::new("/dev/full").exists() {
        let full = fs::File::options().write(true).open("/dev/full");
        let arguments = ["validate", "--spec", "spec.yaml", "recordings"];
        let output = common::xtask(root.path(), &arguments)
            .stdout(full.expect("/dev/full"))
            .output();
        let expected = "error: the output can't be written: ";
        assert_stderr(3, &output.expect("xtask starts"), expected);
    }
}

/// The test closes the pipe once before the first line and once after the first line, as `| head -0` and `| head -1` do.
#[test]
fn a_closed_pipe_does_not_change_the_exit_code() {
    let root = workspace();
    // The output is larger than the buffer of a pipe, so `xtask` is still writing when the test closes the pipe.
    let arguments = ["coverage", "--spec=spec.yaml", "--format=json"];
    for lines in [0, 1] {
        let mut child = common::xtask_in_workspace(root.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("xtask starts");
        let pipe = BufReader::with_capacity(16, child.stdout.take().expect("a pipe"));
        for line in pipe.lines().take(lines) {
            assert_eq!(line.expect("a line"), "{");
        }
        let output = child.wait_with_output().expect("xtask ends");
        assert_exit_code(1, &output);
        assert_eq!(output.stderr, b"");
    }
}

#[test]
fn generate_check_finds_outdated_files_even_in_a_subfolder() {
    let root = workspace();
    let run_below = |arguments: &[&str]| {
        common::xtask_in_workspace(root.path(), arguments)
            .current_dir(root.path().join("xtask/below"))
            .output()
            .expect("xtask starts")
    };
    let generate = || ("generate", run_below(&["generate"]));
    let check = || ("generate --check", run_below(&["generate", "--check"]));
    let mut printed = vec![check()];
    assert!(!root.path().join("sdk/src/facade.rs").exists());
    printed.extend([generate(), generate(), check()]);

    let schema = root.path().join("tests/recording.schema.json");
    let changed = common::read(&schema).replace("\"Recording\"", "\"Record\"");
    fs::write(&schema, changed).expect("the schema");
    printed.push(check());
    common::golden_all("generate", &printed);
}

#[test]
fn the_committed_files_are_up_to_date() {
    let output = common::run(&common::workspace(), &["generate", "--check"]);
    assert_exit_code(0, &output);
}

#[test]
fn generate_reports_the_problems_that_lint_reports() {
    let root = workspace();
    let title = "          title: ErrorDetail\n";
    let closed_object = format!("{title}          additionalProperties: false\n");
    let spec = common::read(&root.path().join(SPEC));
    common::write(root.path(), SPEC, spec.replace(title, &closed_object));
    let lint = run(&root, &["lint"]);
    let problem = "Error closed-object: openapi/cloud-partner-portal.yaml:";
    assert_stdout(1, &lint, problem);
    let generate = run(&root, &["generate"]);
    assert_exit_code(1, &generate);
    assert_eq!(stdout(&generate), stdout(&lint));
    assert!(!root.path().join("sdk/src/generated.rs").exists());
}

/// Applies a JSON merge patch to `lint/base.json`, and runs `generate`. Returns the output, and the text of `file` in `sdk/src`. The text is
/// empty if `generate` doesn't write the file.
fn generate(patch: &Value, file: &str) -> (Output, String) {
    let mut spec = common::json(crate::lint::BASE);
    json_patch::merge(&mut spec, patch);
    let root = workspace();
    common::write(root.path(), SPEC, spec.to_string());
    let output = run(&root, &["generate"]);
    let text = fs::read_to_string(root.path().join("sdk/src").join(file));
    (output, text.unwrap_or_default())
}

/// Returns a JSON merge patch that replaces the parameters of the operation `listOrders`.
fn with_parameters(parameters: &[Value]) -> Value {
    json!({ "paths": { "/shops/{shop}/orders": { "get": { "parameters": parameters } } } })
}

fn parameter(name: &str, place: &str) -> Value {
    json!({ "name": name, "in": place, "required": true, "schema": { "type": "string" } })
}

#[test]
fn every_path_parameter_of_type_string_becomes_an_identifier() {
    let (shop, version) = (parameter("shop", "path"), parameter("api-version", "query"));
    let plain = with_parameters(&[shop.clone(), version.clone()]);
    let version_first = with_parameters(&[version, shop]);
    for patch in [json!({}), plain, version_first] {
        let (output, facade) = generate(&patch, "facade.rs");
        assert_exit_code(0, &output);
        for expected in [
            "shop: impl ::std::convert::AsRef<str>",
            "let shop: crate::Identifier",
        ] {
            assert_contains(&facade, expected);
        }
    }
}

/// The code generator progenitor turns the component name `closing_time` into the type name `ClosingTime`.
#[test]
fn a_component_in_snake_case_becomes_a_type_of_the_sdk() {
    let schemas = json!({
        "closing_time": { "description": "A time.", "type": "string", "nullable": true, "x-timestamp": "utc" },
        "order_kind": { "description": "A kind.", "type": "string", "nullable": true, "x-extensible-enum": ["gift"] },
        "Order": { "properties": {
            "closed": { "$ref": "#/components/schemas/closing_time" },
            "kind": { "$ref": "#/components/schemas/order_kind" },
        } },
    });
    let patch = json!({ "components": { "schemas": schemas } });
    let (output, generated) = generate(&patch, "generated.rs");
    assert_exit_code(0, &output);
    for expected in [
        "pub closed: ::std::option::Option<crate::Timestamp>",
        "pub kind: ::std::option::Option<crate::Extensible<crate::types::OrderKind>>",
        "pub type ClosingTime = crate::Timestamp;",
        "pub enum OrderKind {",
    ] {
        assert_contains(&generated, expected);
    }
}

#[test]
fn a_required_property_that_can_be_null_is_an_option_without_a_default() {
    let order = json!({
        "required": ["id", "reason"],
        "properties": { "reason": { "description": "A reason.", "type": "string", "nullable": true } },
    });
    let patch = json!({ "components": { "schemas": { "Order": order } } });
    let (output, generated) = generate(&patch, "generated.rs");
    assert_exit_code(0, &output);
    let expected = "        ///A reason.
        #[serde(deserialize_with = \"crate::decode::required\")]
        pub reason: ::std::option::Option<::std::string::String>,
";
    assert_contains(&generated, expected);
}

#[test]
fn a_reference_to_an_object_that_can_be_null_is_an_option() {
    let gift = json!({ "$ref": "#/components/schemas/Gift" });
    let schemas = json!({
        "Gift": { "description": "A gift.", "type": "object", "nullable": true },
        "Order": { "required": ["id", "gift", "gifts"], "properties": {
            "gift": gift, "gifts": { "description": "Gifts.", "type": "array", "items": gift },
        } },
    });
    let patch = json!({ "components": { "schemas": schemas } });
    let (output, generated) = generate(&patch, "generated.rs");
    assert_exit_code(0, &output);
    assert_contains(&generated, "pub gift: ::std::option::Option<Gift>,");
    assert_contains(
        &generated,
        "pub gifts: ::std::vec::Vec<::std::option::Option<Gift>>,",
    );
}

#[test]
fn a_type_that_contains_an_identifier_has_no_default() {
    let shop = json!([{ "$ref": "#/components/schemas/ShopId" }]);
    let schemas = json!({
        "Seller": { "description": "A seller.", "allOf": shop },
        "Sale": { "description": "A sale.", "type": "object", "required": ["seller"], "properties": {
            "seller": { "$ref": "#/components/schemas/Seller" },
        } },
    });
    let patch = json!({ "components": { "schemas": schemas } });
    let (output, generated) = generate(&patch, "generated.rs");
    assert_exit_code(0, &output);
    let attribute = "#[cfg_attr(feature = \"schemars\", derive(::schemars::JsonSchema))]\n    ";
    for expected in [
        "pub struct Seller(pub crate::Identifier);",
        "#[non_exhaustive]\n    pub struct Sale {",
    ] {
        assert_contains(&generated, &format!("{attribute}{expected}"));
    }
}

#[test]
fn generate_names_the_operation_that_progenitor_rejects() {
    let patch = with_parameters(&[
        parameter("shop", "path"),
        parameter("api-version", "query"),
        parameter("session", "cookie"),
    ]);
    let (output, facade) = generate(&patch, "facade.rs");
    for expected in ["the operation `listOrders`", "cookie parameters"] {
        assert_stderr(3, &output, expected);
    }
    assert_eq!(facade, "");
}

/// The test adds `--help` to each command. With `--help`, a command checks its options and prints its help, but does nothing else.
#[test]
fn every_xtask_command_in_the_documents_exists_with_its_options() {
    for document in [
        "README.md",
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
        "openapi/README.md",
        "tests/languages/README.md",
    ] {
        let text = common::read(&common::workspace().join(document));
        for command in text.split("cargo xtask ").skip(1) {
            let end = command.find(['`', '#', '|', '>', '\n']);
            let mut arguments: Vec<_> = command[..end.unwrap_or(command.len())]
                .split_whitespace()
                .map(|word| word.trim_matches(['[', ']', '…']))
                .filter(|word| !["", "--", "--help"].contains(word))
                .collect();
            arguments.push("--help");
            assert_exit_code(0, &common::run(&common::workspace(), &arguments));
        }
    }
}
