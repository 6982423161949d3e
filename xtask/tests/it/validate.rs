//! Tests `validate` with a small spec, `cases/base/spec.yaml`, and a small recording, `cases/base/recording.json`. The folder `cases/` has
//! two files for each case. `cases/NAME.expected.txt` contains the expected exit code and output. `cases/NAME.json` has two optional
//! properties:
//!
//! * `spec`: the edits of the small spec. Each edit is a text that occurs once, and its replacement.
//! * `recordings`: the recordings by path. An object is a JSON merge patch (RFC 7396) of the small recording. A string is the content of
//!   the file. Without this property, the only recording is the small recording.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{self, add_recording};

fn validate(folder: &Path, more: &[&str]) -> std::process::Output {
    let arguments = ["validate", "--spec=spec.yaml", "recordings"];
    common::run(folder, &[&arguments[..], more].concat())
}

fn run_case(case: &str) -> String {
    let case = common::json(case);
    let folder = common::edited_base(&case["spec"]);
    if let Some(recordings) = case["recordings"].as_object() {
        fs::remove_file(folder.path().join("recordings/base.json")).expect("the recording");
        for (name, recording) in recordings {
            add_recording(folder.path(), &format!("recordings/{name}"), recording);
        }
    }
    common::transcript(&validate(folder.path(), &["--notes"]))
}

/// Every secret in the cases contains the text `planted`. The test searches the output for this text.
#[test]
fn prints_the_expected_findings_of_each_case_without_secrets() {
    let mut differences = Vec::new();
    let mut printed = String::new();
    for file in fs::read_dir(common::tests().join("cases")).expect("the cases") {
        let file = file.expect("a file").file_name();
        let Some(name) = file.to_str().and_then(|name| name.strip_suffix(".json")) else {
            continue;
        };
        let actual = run_case(&format!("cases/{name}.json"));
        let expected = common::tests().join(format!("cases/{name}.expected.txt"));
        differences.extend(common::compare(&expected, &actual).err());
        printed += &actual;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(!printed.to_lowercase().contains("planted"), "{printed}");
    let codes = common::read(&common::tests().join("../src/validate/finding_kinds.rs"));
    let codes = codes.lines().filter_map(|line| line.split_once(" = \""));
    let codes: Vec<&str> = codes
        .filter_map(|(_, code)| code.split('"').next())
        .collect();
    assert!(codes.len() > 15, "{codes:?}");
    for code in codes {
        let finding = format!(" {code}: ");
        assert!(printed.contains(&finding), "no case has the code {code}");
    }
}

#[test]
fn prints_every_error_but_only_counts_the_notes() {
    let folder = common::base();
    let orders = json!([{ "id": "a", "new": 1, "newer": 2 }, { "new": 1 }]);
    let patch = json!({ "response": { "body": { "json": orders } } });
    add_recording(folder.path(), "recordings/notes", &patch);
    common::golden("validate-notes", &validate(folder.path(), &[]));
}

#[test]
fn prints_the_findings_as_json() {
    let folder = common::base();
    let patch = json!({ "response": { "body": { "json": [{ "id": 7 }] } } });
    add_recording(folder.path(), "recordings/broken", &patch);
    let cut_off = "{\n  \"description\": 1".into();
    add_recording(folder.path(), "recordings/cut-off", &cut_off);
    let not_utf_8 = b"{ \"description\": \"\xff\" }";
    common::write(folder.path(), "recordings/not-utf-8.json", not_utf_8);
    let output = validate(folder.path(), &["--format=json"]);
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON and nothing else");
    common::golden("validate-json", &output);
}

#[test]
fn the_committed_recordings_are_valid_against_the_spec() {
    let below = common::workspace().join("xtask/src");
    let output = common::run(&below, &["validate", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["errors"], 0, "{report}");
    assert!(report["recordings"].as_u64() > Some(40), "{report}");
    assert!(report["examples"].as_u64() > Some(40), "{report}");
}

#[test]
fn a_thousand_recordings_take_less_than_a_second_of_cpu() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tests = common::workspace().join("tests");
    let stored = ["recordings", "scenarios"].map(|name| tests.join(name));
    let stored = stored.iter().flat_map(|folder| {
        let loaded = cloud_partner_recordings::load::every_recording(folder);
        loaded.all().expect("valid recordings")
    });
    let files: Vec<PathBuf> = stored.map(|one| one.file).collect();
    for (index, file) in files.iter().cycle().take(1000).enumerate() {
        fs::copy(file, folder.path().join(format!("{index}.json"))).expect("a recording");
    }
    // Other processes can slow a run down, so the test uses the fastest of three runs.
    let minimum = (0..3)
        .map(|_| cpu_seconds(folder.path()))
        .fold(9.0, f64::min);
    assert!(minimum < 1.0, "{minimum} s");
}

/// Returns the CPU time of `validate` for a folder, in seconds.
fn cpu_seconds(folder: &Path) -> f64 {
    let validate = r#"TIMEFORMAT="%U %S"; time "$0" validate --format json ."#;
    let output = Command::new("bash")
        .args(["-c", validate, env!("CARGO_BIN_EXE_xtask")])
        .current_dir(folder)
        .output()
        .expect("bash starts");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["recordings"], 1000);
    let times = common::stderr(&output);
    let times = times.split_whitespace().map(str::parse::<f64>);
    times.sum::<Result<f64, _>>().expect("two numbers")
}
