//! `coverage` and `mutants`: on the small contract of the cases, where every figure can be counted by hand, and on the
//! workspace's own, where nothing may be missing.

use crate::common;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::{stderr, stdout};
use regex::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs a command on the small contract and whatever is in the folder.
fn small(folder: &TempDir, command: &[&str]) -> std::process::Output {
    let mut arguments = command.to_vec();
    arguments.extend(["--contract", "contract.yaml", "recordings"]);
    common::run(folder.path(), &arguments)
}

/// Adds a recording that differs from the base recording.
fn add(folder: &TempDir, name: &str, patch: &Value) {
    let base = fs::read_to_string(common::tests().join("cases/base/recording.json"))
        .expect("the base recording");
    let mut recording: Value = serde_json::from_str(&base).expect("JSON");
    json_patch::merge(&mut recording, patch);
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, recording.to_string()).expect("a recording");
}

fn body(json: &Value) -> Value {
    json!({ "response": { "body": { "json": json } } })
}

fn excuse(folder: &TempDir, claims: &[&str]) {
    let claims: Vec<String> = claims
        .iter()
        .map(|claim| format!("      - {claim:?}\n"))
        .collect();
    let text = format!(
        "excuses:\n  - reason: Nobody can.\n    since: \"2026-01-31\"\n    claims:\n{}",
        claims.concat()
    );
    fs::write(folder.path().join("excuses.yaml"), text).expect("the excuses");
}

fn parsed(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}

/// The values of a member of every element.
fn every<'r>(list: &'r Value, member: &str) -> BTreeSet<&'r str> {
    let list = list.as_array().expect("a list");
    list.iter().filter_map(|one| one[member].as_str()).collect()
}

#[test]
fn coverage_says_what_is_shown_by_which_recording() {
    let folder = common::base();
    let more = json!([{ "id": "b", "state": "OPEN", "number": null, "lines": [{ "item": "x" }], "labels": { "a": "closed" } }]);
    add(&folder, "recordings/more.json", &body(&more));
    add(
        &folder,
        "recordings/wrong.json",
        &body(&json!([{ "id": 7, "customer": {} }])),
    );
    let shape = json!({ "provenance": { "kind": "observed-shape" }, "response": { "body": { "json": [] } } });
    add(&folder, "recordings/observed.json", &shape);
    excuse(
        &folder,
        &[
            "listOrders {204,5XX}*",
            "* body[].payment present",
            "* body[].payment.*",
        ],
    );
    let excused = ["coverage", "--excuses", "excuses.yaml"];
    common::golden("coverage-text", &small(&folder, &excused));
    common::golden(
        "coverage-all",
        &small(&folder, &[&excused[..], &["--all"]].concat()),
    );
    common::golden(
        "coverage-json",
        &small(&folder, &[&excused[..], &["--format", "json"]].concat()),
    );

    let output = small(&folder, &[&excused[..], &["--min", "100"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let output = small(&folder, &[&excused[..], &["--min", "40"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

/// An excuse covers exactly what is missing, or it is an error.
#[test]
fn excuses_that_are_not_needed_are_errors() {
    let folder = common::base();
    excuse(
        &folder,
        &[
            "listOrders 200 header X-{Count,Request-Id}",
            "listOrders 404",
            "listOrders 204",
            "* 204",
        ],
    );
    let output = small(&folder, &["coverage", "--excuses", "excuses.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    let errors: Vec<&str> = said
        .lines()
        .filter(|line| line.contains(" Error "))
        .collect();
    let expected = [
        "       Error excuses.yaml:5:9: `listOrders 200 header X-{Count,Request-Id}` also covers what is proven: `listOrders 200 header X-Request-Id`",
        "       Error excuses.yaml:6:9: `listOrders 404` excuses nothing that isn't excused already",
        "       Error excuses.yaml:8:9: `* 204` excuses nothing that isn't excused already",
    ];
    assert_eq!(errors, expected, "{said}");

    excuse(
        &folder,
        &["property-dropped /components/schemas/Order/properties/id"],
    );
    let output = small(&folder, &["mutants", "--excuses", "excuses.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains(" also covers what is proven: "),
        "{}",
        stdout(&output)
    );
}

#[test]
fn excuses_that_cannot_be_read_say_where() {
    let folder = common::base();
    for (text, message) in [
        (
            "excuses: 7\n",
            "excuses.yaml:1:1: excuses: invalid type: integer `7`, expected a sequence",
        ),
        (
            "excuses:\n  - claims: [a]\n    reason: ''\n    since: \"2026-01-31\"\n",
            "excuses.yaml:2:5: an excuse needs a reason",
        ),
        (
            "excuses:\n  - claims: [a]\n    reason: b\n    since: soon\n",
            "excuses.yaml:2:5: `since` must be a date such as 2026-01-31",
        ),
        (
            "excuses:\n  - claims: []\n    reason: b\n    since: \"2026-01-31\"\n",
            "excuses.yaml:2:5: an excuse must say what it excuses",
        ),
        (
            "excuses:\n  - claims: ['{a']\n    reason: b\n    since: \"2026-01-31\"\n",
            "excuses.yaml:2:14: a `{` without its `}`",
        ),
    ] {
        fs::write(folder.path().join("excuses.yaml"), text).expect("the excuses");
        let output = small(&folder, &["coverage", "--excuses", "excuses.yaml"]);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(
            stderr(&output).starts_with(&format!("error: {message}")),
            "{}",
            stderr(&output)
        );
    }
    let output = small(&folder, &["mutants", "--excuses", "nowhere.yaml"]);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn mutants_say_what_nobody_would_notice() {
    let folder = common::base();
    add(&folder, "counterexamples/no-id.json", &body(&json!([{}])));
    add(&folder, "counterexamples/fine.json", &json!({}));
    excuse(
        &folder,
        &["status-removed */{204,400,5XX}", "object-closed *"],
    );
    let arguments = [
        "mutants",
        "--counterexamples",
        "counterexamples",
        "--excuses",
        "excuses.yaml",
    ];
    common::golden("mutants-text", &small(&folder, &arguments));
    let output = small(&folder, &[&arguments[..], &["--format", "json"]].concat());
    common::golden("mutants-json", &output);
    let report = parsed(&output);
    assert_eq!(report["accepted"], json!(["counterexamples/fine.json"]));
}

/// Everything that the contract claims is shown or excused, and every kind of claim is made.
#[test]
fn the_committed_contract_is_covered() {
    let below = common::workspace().join("xtask/src");
    let output = common::run(&below, &["coverage", "--min", "100"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let report = parsed(&common::run(&below, &["coverage", "--format", "json"]));
    assert_eq!(report["summary"]["unseen"], 0);
    assert!(
        report["summary"]["claims"].as_u64() > Some(900),
        "{}",
        report["summary"]
    );
    let kinds = [
        "status",
        "header",
        "content-type",
        "present",
        "absent",
        "null",
        "emptiness",
        "known-value",
    ];
    assert_eq!(every(&report["claims"], "kind"), BTreeSet::from(kinds));
    let states = ["excused", "seen"];
    assert_eq!(every(&report["claims"], "state"), BTreeSet::from(states));
}

/// Whatever the contract claims, somebody notices if it is wrong; and every kind of change is made somewhere.
#[test]
fn no_mutant_of_the_committed_contract_survives() {
    let output = common::run(&common::workspace(), &["mutants", "--format", "json"]);
    let report = parsed(&output);
    let survivors: Vec<&Value> = report["mutants"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|mutant| mutant["state"] == "survived")
        .collect();
    assert!(survivors.is_empty(), "{survivors:#?}");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{} {}",
        report["unneeded"],
        report["accepted"]
    );
    let mutants = report["mutants"].as_array().map_or(0, Vec::len);
    assert!(mutants > 300, "{mutants}");
    let names = every(&report["mutants"], "mutant");
    assert_eq!(names.len(), mutants, "no two have the same name");
    // Other processes on the machine cost time, but not this one's.
    assert!(
        report["cpuMilliseconds"].as_u64() < Some(10_000),
        "{report}"
    );

    let folder = common::base();
    let small = parsed(&small(&folder, &["mutants", "--format", "json"]));
    let mut made = every(&report["mutants"], "kind");
    made.extend(every(&small["mutants"], "kind"));
    let mut kinds = BTreeSet::new();
    for entry in fs::read_dir(common::tests().join("../src/mutants/kinds")).expect("the kinds") {
        let path = entry.expect("a file").path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .replace('_', "-");
        if name != "mod" {
            kinds.insert(name);
        }
    }
    assert_eq!(
        made.into_iter()
            .map(ToOwned::to_owned)
            .collect::<BTreeSet<_>>(),
        kinds
    );
}
