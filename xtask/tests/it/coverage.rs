//! Tests `coverage` with the small spec `cases/base/spec.yaml`, and with the committed spec.
//!
//! * A statement is one keyword at one place of the spec.
//! * A mutation is a change of the spec that makes a statement wrong.
//! * A counterexample is a recording that is invalid against the spec.
//! * A statement is covered if recordings or counterexamples detect all its mutations.
//! * A known gap is a statement that may stay uncovered.

use std::collections::BTreeMap;
use std::process::Output;

use crate::common::{self, add_recording, assert_exit_code, assert_stdout, stderr, stdout};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Returns a merge patch that changes the provenance and the response body of the base recording.
fn body(provenance: &str, body: &Value) -> Value {
    json!({ "provenance": { "kind": provenance }, "response": { "body": { "json": body } } })
}

/// Adds the base recording to `folder`, and runs `coverage` there. `known_gaps` is the text of the file of known gaps.
///
/// The tests write recordings only to `tests/scenarios`, where several recordings can have the same request.
fn coverage(folder: &TempDir, known_gaps: &str, more: &[&str]) -> Output {
    for name in ["tests/counterexamples", "tests/recordings"] {
        std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
    }
    add_recording(folder.path(), "tests/scenarios/all/base", &json!({}));
    common::write(folder.path(), "xtask/known-gaps.yaml", known_gaps);
    let arguments = [&["coverage", "--spec=spec.yaml"], more].concat();
    common::run_in_workspace(folder.path(), &arguments)
}

fn gaps(names: &[&str]) -> String {
    let gap = |name| {
        format!("  - name: {name}\n    reason: No recording is possible.\n    date: 2026-01-31\n")
    };
    let gaps: String = names.iter().map(gap).collect();
    format!("coverage:\n{gaps}")
}

/// Returns the state of each statement by name. Panics if the report contains a name twice.
fn states(output: &Output) -> BTreeMap<String, Value> {
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut states = BTreeMap::new();
    for statement in report["statements"].as_array().expect("the statements") {
        let name = statement["name"].as_str().expect("a name").to_owned();
        let duplicate = states.insert(name, statement["state"].clone());
        assert_eq!(duplicate, None, "{statement}");
    }
    states
}

#[test]
fn prints_the_uncovered_statements() {
    let folder = common::base();
    let order = json!([{ "id": "b", "state": "OPEN", "number": null, "lines": [{ "item": "x" }], "labels": { "a": "closed" } }]);
    for (name, patch) in [
        ("tests/scenarios/all/more", body("synthetic", &order)),
        (
            "tests/scenarios/all/observed",
            body("observed-shape", &json!([])),
        ),
        (
            "tests/scenarios/all/wrong",
            body("captured", &json!([{ "id": 7 }])),
        ),
        (
            "tests/counterexamples/no-id",
            body("synthetic", &json!([{}])),
        ),
        ("tests/counterexamples/valid", json!({})),
    ] {
        add_recording(folder.path(), name, &patch);
    }
    common::golden("coverage-text", &coverage(&folder, "coverage: []\n", &[]));
}

/// The cases are in `coverage/states.json`. A case has these properties:
///
/// * `spec`: the edits of the small spec.
/// * `recordings`, `counterexamples`: the files that the test adds. Each file is written as a pair: its provenance, and a JSON merge patch
///   of the base recording's response.
/// * `statement`, `state`: the name of a statement, and its expected state.
/// * `behaviour`: the message if the test fails.
#[test]
fn the_strongest_recording_decides_the_state_of_a_statement() {
    let cases = common::json("coverage/states.json");
    for case in cases.as_array().expect("the cases") {
        let folder = common::edited_base(&case["spec"]);
        for (place, path) in [
            ("recordings", "tests/scenarios/all"),
            ("counterexamples", "tests/counterexamples"),
        ] {
            let pairs = case[place].as_array().into_iter().flatten();
            for (index, pair) in pairs.enumerate() {
                let patch = json!({ "provenance": { "kind": pair[0] }, "response": pair[1] });
                add_recording(folder.path(), &format!("{path}/{index}"), &patch);
            }
        }
        let output = coverage(&folder, "coverage: []\n", &["--format", "json"]);
        let state = &states(&output)[case["statement"].as_str().expect("a name")];
        assert_eq!(*state, case["state"], "{}", case["behaviour"]);
    }
}

/// The test copies the names from the report into the YAML file of known gaps. A name needs no quotes, even if it contains the braces of a
/// path.
#[test]
fn an_uncovered_statement_is_an_error_unless_it_is_a_known_gap() {
    let folder = common::base();
    let output = coverage(&folder, "coverage: []\n", &[]);
    assert_exit_code(1, &output);
    let printed = stdout(&output);
    let findings = printed
        .lines()
        .filter_map(|line| line.split_once("Error uncovered: ")?.1.split_once(' '));
    let names: Vec<&str> = findings.map(|(_, name)| name).collect();
    let has_braces = names.iter().any(|name| name.contains("{shopId}"));
    assert!(has_braces, "{printed}");
    let output = coverage(&folder, &gaps(&names), &[]);
    let count = format!("{} known-gap: 0 errors", names.len());
    assert_stdout(0, &output, &count);

    // The first statement is covered, the second doesn't exist, and the third is already a known gap.
    for unneeded in ["/info/version", "/components/schemas/Order", names[0]] {
        let all = [&names[..], &[unneeded]].concat();
        let output = coverage(&folder, &gaps(&all), &[]);
        let (index, line) = (names.len(), 2 + 3 * names.len());
        let finding = format!(
            "Error unneeded-gap: xtask/known-gaps.yaml:{line}:5 /coverage/{index}\n             the known gap `{unneeded}` isn't needed: its statement is covered, doesn't exist, or has an earlier entry\n"
        );
        assert_stdout(1, &output, &finding);
    }
}

#[test]
fn an_error_in_the_file_of_known_gaps_is_printed_with_its_place() {
    let folder = common::base();
    let number = "1:1: coverage: invalid type: integer `7`, expected a sequence";
    let incomplete = "2:5: the known gap needs a `reason`, and a `date` like 2026-01-31";
    let unknown = "1:1: mutants: unknown field `mutants`, expected `coverage`";
    for (text, message) in [
        ("coverage: 7\n", number),
        (
            "coverage:\n  - { name: a, reason: '', date: 2026-01-31 }\n",
            incomplete,
        ),
        (
            "coverage:\n  - { name: a, reason: b, date: soon }\n",
            incomplete,
        ),
        ("mutants: []\n", unknown),
    ] {
        let output = coverage(&folder, text, &[]);
        assert_exit_code(3, &output);
        assert_eq!(
            stderr(&output),
            format!("error: xtask/known-gaps.yaml:{message}\n")
        );
    }
}

/// The name of the property is a secret, and the parser's message quotes this name. Therefore, `coverage` must not print the message.
#[test]
fn the_error_of_an_unreadable_recording_doesnt_quote_a_secret() {
    for file in [
        "tests/counterexamples/planted.json",
        "tests/recordings/planted.json",
    ] {
        let folder = common::base();
        let text = r#"{ "Bearer eyJhbGciOiJIUzI1NiJ9.eyJhbGciOiJIUzI1NiJ9": 1 }"#;
        common::write(folder.path(), file, text);
        let output = coverage(&folder, "coverage: []\n", &[]);
        assert_exit_code(3, &output);
        let expected = format!(
            "error: {file}:1:52: the recording can't be read; the reason isn't shown, because the reason contains a secret\n"
        );
        assert_eq!(stderr(&output), expected);
    }
}

/// Several responses of the spec have the schema `ErrorResponse`. The report must contain each statement of this schema only once.
#[test]
fn every_statement_of_the_committed_spec_is_covered_or_a_known_gap() {
    let below = common::workspace().join("xtask/src");
    let output = common::run(&below, &["coverage", "--format", "json"]);
    assert_exit_code(0, &output);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["findings"], json!([]));
    let mut codes = states(&output).into_keys().collect::<Vec<_>>();
    codes.retain(|name| name.ends_with("/error/properties/code"));
    let code = "/components/schemas/ErrorResponse/properties/error/properties/code";
    assert_eq!(codes, [code]);
}
