//! `coverage` with the small spec of the cases, whose statements can be counted by hand, and with the workspace's spec, whose
//! statements must all be covered.

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;

use crate::common::{self, stderr, stdout};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Writes a recording that is the base recording with a merge patch.
fn add(folder: &TempDir, name: &str, patch: &Value) {
    let base = fs::read_to_string(common::tests().join("cases/base/recording.json"))
        .expect("the base recording");
    let mut recording: Value = serde_json::from_str(&base).expect("JSON");
    json_patch::merge(&mut recording, patch);
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, recording.to_string()).expect("a recording");
}

/// Returns a merge patch of the base recording with another provenance and response body.
fn body(provenance: &str, body: &Value) -> Value {
    json!({ "provenance": { "kind": provenance }, "response": { "body": { "json": body } } })
}

/// Runs the command with the small spec, and with the recordings, counterexamples and known gaps in the folder.
fn coverage(folder: &TempDir, more: &[&str]) -> Output {
    for name in ["counterexamples", "recordings"] {
        fs::create_dir_all(folder.path().join(name)).expect("a folder");
    }
    let gaps = folder.path().join("gaps.yaml");
    if !gaps.exists() {
        fs::write(gaps, "coverage: []\n").expect("the known gaps");
    }
    let arguments = [
        "coverage",
        "--spec",
        "spec.yaml",
        "--known-gaps",
        "gaps.yaml",
        "--counterexamples",
        "counterexamples",
    ];
    common::run(
        folder.path(),
        &[&arguments[..], more, &["recordings"]].concat(),
    )
}

fn parsed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}

/// Returns the state of each statement by name.
fn states(report: &Value) -> BTreeMap<String, String> {
    let statements = report["statements"].as_array().expect("the statements");
    let text = |value: &'_ Value| value.as_str().map(ToOwned::to_owned);
    let states = statements
        .iter()
        .map(|one| Some((text(&one["name"])?, text(&one["state"])?)));
    states.collect::<Option<_>>().expect("names and states")
}

#[test]
fn prints_the_number_of_statements_by_provenance() {
    let folder = common::base();
    let order = json!([{ "id": "b", "state": "OPEN", "number": null, "lines": [{ "item": "x" }], "labels": { "a": "closed" } }]);
    add(&folder, "recordings/more.json", &body("synthetic", &order));
    add(
        &folder,
        "recordings/observed.json",
        &body("observed-shape", &json!([])),
    );
    add(
        &folder,
        "recordings/wrong.json",
        &body("captured", &json!([{ "id": 7 }])),
    );
    add(
        &folder,
        "counterexamples/no-id.json",
        &body("synthetic", &json!([{}])),
    );
    add(&folder, "counterexamples/valid.json", &json!({}));
    common::golden("coverage-text", &coverage(&folder, &[]));
}

/// Each case of `coverage/states.json` adds recordings and counterexamples to the base case. Each of them has a provenance and a
/// merge patch of its response.
#[test]
fn the_strongest_recording_decides_the_state_of_a_statement() {
    let cases =
        fs::read_to_string(common::tests().join("coverage/states.json")).expect("the cases");
    let cases: Vec<Value> = serde_json::from_str(&cases).expect("JSON");
    for case in cases {
        let folder = common::base();
        for place in ["recordings", "counterexamples"] {
            let examples = case[place].as_array().into_iter().flatten();
            for (index, example) in examples.enumerate() {
                let patch = json!({ "provenance": { "kind": example[0] }, "response": example[1] });
                add(&folder, &format!("{place}/{index}.json"), &patch);
            }
        }
        let report = parsed(&coverage(&folder, &["--format", "json"]));
        let name = case["statement"].as_str().expect("a name");
        let state = states(&report).remove(name);
        assert_eq!(
            state.as_deref(),
            case["state"].as_str(),
            "{}: {name}",
            case["behaviour"]
        );
    }
}

/// The names in the report can be copied into the file of known gaps without changes, even with the braces of a path.
#[test]
fn uncovered_statements_are_errors_until_their_printed_names_are_known_gaps() {
    let folder = common::base();
    let output = coverage(&folder, &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stdout(&output);
    let names: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.split_once("Error uncovered: ")?.1.split_once(' '))
        .map(|(_, name)| name)
        .collect();
    assert!(
        names.iter().any(|name| name.contains("{shopId}")),
        "{printed}"
    );
    let gap = |name: &&str| {
        format!("  - name: {name}\n    reason: No recording is possible.\n    date: 2026-01-31\n")
    };
    let gaps: String = names.iter().map(gap).collect();
    fs::write(
        folder.path().join("gaps.yaml"),
        format!("coverage:\n{gaps}"),
    )
    .expect("the known gaps");
    let output = coverage(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let count = format!("{} known gaps, 0 uncovered", names.len());
    assert!(stdout(&output).contains(&count), "{}", stdout(&output));
}

#[test]
fn a_known_gap_that_accepts_nothing_is_an_error() {
    let folder = common::base();
    let gap = |name: &str| {
        format!("  - name: {name}\n    reason: No recording is possible.\n    date: 2026-01-31\n")
    };
    // The first statement is covered, the second doesn't exist.
    let gaps = [
        "/components/schemas/Order/properties/id/type",
        "/components/schemas/Order",
    ]
    .map(gap)
    .concat();
    fs::write(
        folder.path().join("gaps.yaml"),
        format!("coverage:\n{gaps}"),
    )
    .expect("the known gaps");
    add(
        &folder,
        "counterexamples/null.json",
        &body("synthetic", &json!([{ "id": null }])),
    );
    let output = coverage(&folder, &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stdout(&output);
    for (line, name) in [
        (2, "/components/schemas/Order/properties/id/type"),
        (5, "/components/schemas/Order"),
    ] {
        assert!(
            printed.contains(&format!("Error unneeded-gap: gaps.yaml:{line}:5 ")),
            "{printed}"
        );
        assert!(
            printed.contains(&format!("the known gap `{name}` accepts nothing\n")),
            "{printed}"
        );
    }
}

#[test]
fn an_invalid_file_of_known_gaps_is_an_error_with_its_place() {
    let folder = common::base();
    for (text, message) in [
        (
            "coverage: 7\n",
            "gaps.yaml:1:1: coverage: invalid type: integer `7`, expected a sequence",
        ),
        (
            "coverage:\n  - name: ''\n    reason: b\n    date: 2026-01-31\n",
            "gaps.yaml:2:5: the known gap has no name: add the name that the command prints",
        ),
        (
            "coverage:\n  - name: a\n    reason: ''\n    date: 2026-01-31\n",
            "gaps.yaml:2:5: the known gap has no reason: add a `reason`",
        ),
        (
            "coverage:\n  - name: a\n    reason: b\n    date: soon\n",
            "gaps.yaml:2:5: the date of the known gap is invalid: write it like 2026-01-31",
        ),
        (
            "mutants: []\n",
            "gaps.yaml:1:1: mutants: unknown field `mutants`, expected `coverage`",
        ),
    ] {
        fs::write(folder.path().join("gaps.yaml"), text).expect("the known gaps");
        let output = coverage(&folder, &[]);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert_eq!(stderr(&output), format!("error: {message}\n"));
    }
}

/// A statement to which several operations and status codes refer is counted once.
#[test]
fn every_statement_of_the_committed_spec_is_covered_and_counted_once() {
    let output = common::run(
        &common::workspace().join("xtask/src"),
        &["coverage", "--format", "json"],
    );
    let report = parsed(&output);
    assert_eq!(report["findings"], json!([]));
    assert_eq!(output.status.code(), Some(0));
    let statements = report["statements"].as_array().expect("the statements");
    let numbers = report["summary"].as_object().expect("the numbers by state");
    let sum: u64 = numbers.values().filter_map(Value::as_u64).sum();
    assert_eq!(
        sum,
        2 * u64::try_from(statements.len()).expect("a number"),
        "{numbers:?}"
    );
    assert_eq!(states(&report).len(), statements.len(), "names are unique");
    let pointers: BTreeMap<_, _> = statements
        .iter()
        .map(|one| (one["pointer"].as_str(), one))
        .collect();
    assert_eq!(
        pointers.len(),
        statements.len(),
        "no keyword makes two statements"
    );
    let code = "/components/schemas/ErrorResponse/properties/error/properties/code";
    let status = |one: &String| one.ends_with("/error/properties/code");
    assert_eq!(
        states(&report)
            .into_keys()
            .filter(status)
            .collect::<Vec<_>>(),
        [code]
    );
}
