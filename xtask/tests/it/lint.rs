//! Tests `lint` with `lint/base.json`, a spec without problems, and with small changes of this spec. Each case in `lint/cases.json` is one
//! change:
//!
//! * `edit`: the new values by JSON pointer. The value `null` removes a property.
//! * `problems`: the code and the JSON pointer of each problem that `lint` reports.

use std::process::Output;

use serde_json::{Value, json};

use crate::common::{self, assert_stderr, assert_stdout, edited, stdout, transcript};

/// The path of the spec without problems.
pub const BASE: &str = "lint/base.json";

fn lint(spec: &str) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    common::write(folder.path(), "spec.yaml", spec);
    common::run(folder.path(), &["lint", "--spec", "spec.yaml"])
}

/// Applies the edits to `lint/base.json`, and runs `lint` with the result.
fn lint_edited(edits: &Value) -> Output {
    lint(&edited(BASE, edits).to_string())
}

#[test]
fn counts_the_statements_by_the_kind_of_their_sources() {
    let expected = "exit code 0\n    Evidence 28 statements: documentation 16, observation 5, client 3, interpretation 4\n     \
                    Success checked the spec: 0 errors\n";
    assert_eq!(transcript(&lint_edited(&json!({}))), expected);
}

#[test]
fn each_change_breaks_the_expected_rules() {
    let mut differences = Vec::new();
    for case in common::json("lint/cases.json").as_array().expect("cases") {
        let output = lint_edited(&case["edit"]);
        let (code, text) = (output.status.code(), stdout(&output));
        let errors = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("Error "));
        let problems: Vec<String> = errors
            .map(|line| {
                let (code, place) = line.split_once(": ").expect("a place");
                let pointer = place.split_once(' ').map(|(_, pointer)| pointer);
                format!("{code} {}", pointer.unwrap_or_default())
                    .trim_end()
                    .to_owned()
            })
            .collect();
        if json!(problems) != case["problems"] || code != Some(1) {
            differences.push(json!([case["edit"], code, problems]));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn a_problem_has_its_line_and_column_in_the_file() {
    let text = common::read(&common::tests().join(BASE));
    let (from, to) = ("\"format\": \"int64\"", "\"format\": \"int32\"");
    assert_eq!(text.matches(from).count(), 1);
    let mut lines = text.lines().enumerate();
    let (index, line) = lines.find(|(_, line)| line.contains(from)).expect("a line");
    let column = line.find("\"type\"").expect("the keyword") + 1;
    let output = lint(&text.replace(from, to));
    let place = format!(
        "Error integer-size: spec.yaml:{}:{column} /components/schemas/Order/properties/id/type\n",
        index + 1
    );
    assert_stdout(1, &output, &place);
}

#[test]
fn a_construct_that_the_generator_rejects_is_an_error() {
    let with_cookie = json!({
        "get": {
            "operationId": "listBills",
            "parameters": [
                {"name": "api-version", "in": "query", "required": true, "schema": {"type": "string"}},
                {"name": "session", "in": "cookie", "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": ""}},
            "x-evidence": {"/": ["page"], "api-version": ["page"], "session": ["page"], "200": ["page"]}
        }
    });
    for (pointer, value, expected) in [
        ("/openapi", json!("3.1.0"), "`openapi` must be 3.0.x"),
        ("/paths", json!([]), "`paths` must be a mapping"),
        ("/info/version", json!(1), "not an OpenAPI 3.0 document"),
        ("/paths/~1bills", with_cookie, "the operation `listBills`"),
        (
            "/components/schemas/Note",
            json!({"description": "", "not": {"description": "", "type": "object"}, "x-evidence": {"/not": ["page"]}}),
            "progenitor can't generate the components",
        ),
    ] {
        assert_stderr(3, &lint_edited(&json!({ pointer: value })), expected);
    }
}

#[test]
fn an_operation_cant_have_the_name_of_a_hand_written_method_of_the_client() {
    let mut names = Vec::new();
    for file in [
        "client/mod.rs",
        "watch/offer_watch.rs",
        "watch/publisher_watch.rs",
    ] {
        let file = common::workspace().join("sdk/src").join(file);
        let text = std::fs::read_to_string(file).expect("a file");
        for item in syn::parse_file(&text).expect("Rust code").items {
            if let syn::Item::Impl(block) = item
                && block.trait_.is_none()
                && block.self_ty == syn::parse_quote!(Client)
            {
                names.extend(block.items.into_iter().filter_map(|item| match item {
                    syn::ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                    _ => None,
                }));
            }
        }
    }
    assert!(names.contains(&"watch_publisher".to_owned()), "{names:?}");
    for name in names {
        let id = json!({"/paths/~1shops~1{shop}~1orders/get/operationId": name});
        assert_stdout(1, &lint_edited(&id), "rust-name");
    }
}

#[test]
fn a_chain_of_more_than_16_references_is_an_error() {
    for (length, code) in [(16, 0), (17, 1)] {
        let target = json!({"description": "", "x-evidence": {"/": ["page"]}});
        let mut responses = json!({"R0": target, "NotFound": target});
        for number in 1..=length {
            let target = format!("#/components/responses/R{}", number - 1);
            responses[format!("R{number}")] = json!({"$ref": target});
        }
        let output = lint_edited(&json!({"/components/responses": responses}));
        let first = "/components/responses/R17/$ref";
        assert_eq!(output.status.code(), Some(code), "{}", transcript(&output));
        assert_eq!(stdout(&output).contains(first), code == 1);
    }
}

#[test]
fn a_spec_without_sources_needs_no_evidence() {
    fn remove_evidence(value: &mut Value) {
        match value {
            Value::Object(properties) => {
                properties.retain(|name, _| !["x-evidence", "x-sources"].contains(&name.as_str()));
                properties.values_mut().for_each(remove_evidence);
            }
            Value::Array(elements) => elements.iter_mut().for_each(remove_evidence),
            _ => {}
        }
    }
    let mut spec = common::json(BASE);
    remove_evidence(&mut spec);
    let expected = "exit code 0\n     Success checked the spec: 0 errors\n";
    assert_eq!(transcript(&lint(&spec.to_string())), expected);
}

#[test]
fn the_committed_spec_has_evidence_for_every_statement() {
    let output = common::run(&common::workspace(), &["lint"]);
    assert_stdout(0, &output, "    Evidence ");
}
