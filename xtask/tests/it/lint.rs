//! `lint` with one spec without problems, `lint/base.json`, and many small changes of it. `lint/cases.json` has the cases:
//!
//! * `edit`: the changes of the spec, by JSON pointer; `null` removes a property;
//! * `problems`: the code and place of each problem that `lint` reports.

use std::fs;

use serde_json::{Value, json};

use crate::common::{self, stdout};

/// Returns the spec without problems.
pub fn spec() -> Value {
    let text = fs::read(common::tests().join("lint/base.json")).expect("the base");
    serde_json::from_slice(&text).expect("JSON")
}

/// Runs `lint` on a spec and returns its exit code and output.
fn lint(spec: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("spec.yaml"), spec).expect("the spec");
    let output = common::run(folder.path(), &["lint", "--spec", "spec.yaml"]);
    (output.status.code(), stdout(&output))
}

#[test]
fn counts_the_statements_of_a_spec_without_problems_by_the_kind_of_their_sources() {
    let expected = "    Evidence 28 statements by the kind of their sources: 16 documentation, 5 observation, 3 client, 4 interpretation\n     \
                    Success checked the spec: 0 errors\n";
    assert_eq!(lint(&spec().to_string()), (Some(0), expected.to_owned()));
}

#[test]
fn each_change_breaks_the_expected_rules() {
    let cases = fs::read(common::tests().join("lint/cases.json")).expect("the cases");
    let cases: Vec<Value> = serde_json::from_slice(&cases).expect("a list");
    let mut differences = Vec::new();
    for case in cases {
        let mut changed = spec();
        for (pointer, value) in case["edit"].as_object().expect("pointers with values") {
            common::edit(&mut changed, pointer, value.clone());
        }
        let (code, text) = lint(&changed.to_string());
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
    let text = fs::read_to_string(common::tests().join("lint/base.json")).expect("the base");
    let (from, to) = ("\"format\": \"int64\"", "\"format\": \"int32\"");
    assert_eq!(text.matches(from).count(), 1);
    let line = text
        .lines()
        .position(|line| line.contains(from))
        .expect("a line")
        + 1;
    let (_, report) = lint(&text.replace(from, to));
    let place = format!(
        "Error integer-size: spec.yaml:{line}:11 /components/schemas/Order/properties/id\n"
    );
    assert!(report.contains(&place), "{report}");
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
    let mut spec = spec();
    remove_evidence(&mut spec);
    let expected = "     Success checked the spec: 0 errors\n";
    assert_eq!(lint(&spec.to_string()), (Some(0), expected.to_owned()));
}

#[test]
fn the_committed_spec_has_evidence_for_every_statement() {
    let output = common::run(&common::workspace(), &["lint"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.trim_start().starts_with("Evidence "), "{text}");
}
