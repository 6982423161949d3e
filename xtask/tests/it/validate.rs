//! `validate` with one small case per kind of finding. A new case is a new folder in `cases/`, without code:
//!
//! * `spec.edits.json` is optional and changes the base spec. It has pairs of a text that occurs once in the spec, and its
//!   replacement;
//! * each `*.patch.json` is a JSON merge patch (RFC 7396) that changes the base recording into a recording of the case;
//! * each other file is a complete recording;
//! * `expected.txt` has the exit code and the output of `xtask validate`. `SNAPSHOTS=overwrite cargo test -p xtask` writes it.
//!
//! A case without a recording gets the base recording.

use crate::common;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

#[test]
fn prints_the_committed_findings_for_each_case() {
    let mut differences = Vec::new();
    for case in cases() {
        let actual = run_case(&case);
        if let Err(difference) = common::compare(&case.join("expected.txt"), &actual) {
            differences.push(difference);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Without a case, a code could be unused.
#[test]
fn every_code_has_a_case() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = common::run(folder.path(), &["validate", "--codes"]);
    let table = String::from_utf8(table.stdout).expect("text");
    let codes: BTreeSet<&str> = table
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(' ').next().unwrap_or_default())
        .collect();
    assert!(codes.len() > 20, "{table}");
    let expected: String = cases()
        .iter()
        .map(|case| fs::read_to_string(case.join("expected.txt")).unwrap_or_default())
        .collect();
    for code in codes {
        assert!(
            expected.contains(&format!(" {code} ")),
            "no case has the code {code}"
        );
    }
}

/// Every secret in the cases contains the word `planted`.
#[test]
fn no_secret_is_printed() {
    for case in cases() {
        let printed = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        assert!(
            !printed.to_lowercase().contains("planted"),
            "{}: {printed}",
            case.display()
        );
    }
}

#[test]
fn prints_the_table_of_codes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    common::golden(
        "validate-codes",
        &common::run(folder.path(), &["validate", "--codes"]),
    );
}

#[test]
fn prints_the_findings_as_json() {
    let folder = common::base();
    let broken = fs::read_to_string(folder.path().join("recordings/base.json"))
        .expect("the base recording")
        .replace("\"a\"", "7");
    fs::write(folder.path().join("recordings/broken.json"), broken).expect("a recording");
    fs::write(
        folder.path().join("recordings/cut-off.json"),
        "{\n  \"description\": 1",
    )
    .expect("a file");
    let output = common::run(
        folder.path(),
        &[
            "validate",
            "--format",
            "json",
            "--spec",
            "spec.yaml",
            "recordings",
        ],
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(report["format"], 2);
    assert_eq!(report["errors"], 2);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(2));
    assert!(report["cpuMilliseconds"].is_u64(), "{report}");
    common::golden("validate-json", &output);
}

/// Validates the recordings of the workspace, with the spec of the workspace.
#[test]
fn the_committed_recordings_are_valid_against_the_spec() {
    let below = common::workspace().join("xtask/src");
    let output = common::run(&below, &["validate", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let errors: Vec<&Value> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["level"] == "error")
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(report["recordings"].as_u64() > Some(40), "{report}");
    assert!(report["examples"].as_u64() > Some(40), "{report}");
}

#[test]
fn a_thousand_recordings_take_less_than_a_second_of_cpu() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tests = common::workspace().join("tests");
    let mut files = Vec::new();
    json_files(&tests.join("recordings"), &mut files);
    json_files(&tests.join("scenarios"), &mut files);
    for (index, file) in files.iter().cycle().take(1000).enumerate() {
        fs::copy(file, folder.path().join(format!("{index}.json"))).expect("a recording");
    }
    // The minimum of three runs counts, because other processes on the machine slow a run down.
    let least = (0..3)
        .map(|_| {
            let output = common::run(folder.path(), &["validate", "--format", "json", "."]);
            let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(report["recordings"], 1000);
            report["cpuMilliseconds"].as_u64().expect("a figure")
        })
        .min();
    assert!(least < Some(1000), "{least:?} ms");
}

fn cases() -> Vec<std::path::PathBuf> {
    let folders = fs::read_dir(common::tests().join("cases")).expect("the cases");
    let mut cases: Vec<_> = folders
        .map(|entry| entry.expect("a case").path())
        .filter(|path| path.is_dir() && !path.ends_with("base"))
        .collect();
    cases.sort();
    assert!(cases.len() > 20, "the cases aren't where they should be");
    cases
}

fn run_case(case: &Path) -> String {
    let folder = common::base();
    let recordings = folder.path().join("recordings");
    let base = fs::read_to_string(recordings.join("base.json")).expect("the base recording");
    let base: Value = serde_json::from_str(&base).expect("the base recording is JSON");
    let mut own = false;
    for entry in fs::read_dir(case).expect("the case") {
        let path = entry.expect("a file").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name == "expected.txt" {
            continue;
        }
        let bytes = fs::read(&path).expect("the case's file");
        let parsed = || {
            serde_json::from_slice::<Value>(&bytes)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        if name == "spec.edits.json" {
            edit(&folder.path().join("spec.yaml"), &parsed());
        } else if let Some(name) = name.strip_suffix(".patch.json") {
            let mut recording = base.clone();
            json_patch::merge(&mut recording, &parsed());
            let text = serde_json::to_string_pretty(&recording).expect("JSON");
            fs::write(recordings.join(format!("{name}.json")), text).expect("a recording");
            own = true;
        } else {
            fs::write(recordings.join(name), bytes).expect("a recording");
            own = true;
        }
    }
    if own {
        fs::remove_file(recordings.join("base.json")).expect("the base recording");
    }
    let output = common::run(
        folder.path(),
        &["validate", "--spec", "spec.yaml", "recordings"],
    );
    common::transcript(&output)
}

fn edit(spec: &Path, edits: &Value) {
    let mut text = fs::read_to_string(spec).expect("the base spec");
    for edit in edits.as_array().expect("a list of pairs") {
        let (Some(old), Some(new)) = (edit[0].as_str(), edit[1].as_str()) else {
            panic!("not a pair of texts: {edit}");
        };
        assert_eq!(
            text.matches(old).count(),
            1,
            "`{old}` must occur once in the base spec"
        );
        text = text.replace(old, new);
    }
    fs::write(spec, text).expect("the spec");
}

fn json_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("the recordings") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            json_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
}
