//! Tests `compat`, which compares the spec with an earlier version, the *base*. The *verdict* of `compat` is the kind of release that the
//! changes need: major, minor or patch. Each case in `compat/cases.json` changes the base `compat/base.json`:
//!
//! * `edit`: the new values by JSON pointer. The value `null` removes a property.
//! * `changes`: the changes that `compat` reports, each with its place in the spec.
//!
//! In each case, the base was released as 0.1.0, and the version and the changelog are unchanged since then.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::common::{self, assert_exit_code, assert_stderr, assert_stdout, commit, git, write};

const MANIFEST: &str =
    "[workspace]\n\n[workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const CHANGELOG: &str =
    "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-01-01\n\n### Added\n\n- The first spec.\n";

fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    write(root.path(), "Cargo.toml", MANIFEST);
    write(root.path(), "CHANGELOG.md", CHANGELOG);
    let base = common::read(&common::tests().join("compat/base.json"));
    write(root.path(), SPEC, &base);
    root
}

const SPEC: &str = "openapi/cloud-partner-portal.yaml";

/// Applies the edits to the base, and writes the result as the new spec.
fn edit(root: &Path, edits: &Value) {
    let spec = common::edited("compat/base.json", edits);
    write(root, SPEC, format!("{spec:#}"));
}

fn compat(root: &Path, more: &[&str]) -> Output {
    common::run_in_workspace(root, &[&["compat"], more].concat())
}

/// Returns the output and the JSON report.
fn compat_json(root: &Path) -> (Output, Value) {
    let output = compat(root, &["--format", "json"]);
    let report = serde_json::from_slice(&output.stdout).expect("JSON");
    (output, report)
}

#[test]
fn reports_the_expected_changes_for_each_case() {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let root = repository();
    let mut differences = Vec::new();
    for case in common::json("compat/cases.json").as_array().expect("cases") {
        edit(root.path(), &case["edit"]);
        let (output, report) = compat_json(root.path());
        let findings = report["findings"].as_array().expect("a list").iter();
        let notes = findings.filter(|finding| finding["level"] == "note");
        let changes: Vec<String> = notes
            .map(|note| {
                let [code, message] = ["code", "message"].map(|key| text(&note[key]));
                format!("{code} {}: {message}", text(&note["spec"]["pointer"]))
            })
            .collect();
        let verdict = match changes.iter().any(|change| change.starts_with("breaking")) {
            true => "major",
            false if changes.is_empty() => "patch",
            false => "minor",
        };
        let code = i32::from(!changes.is_empty());
        if json!(changes) != case["changes"]
            || report["verdict"] != verdict
            || output.status.code() != Some(code)
        {
            differences.push(json!([case["name"], changes, report["verdict"]]));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn prints_the_changes_as_json() {
    let root = repository();
    let remark = json!({"type": "string"});
    let edits = json!({
        "/components/schemas/Order/properties/note": null,
        "/components/schemas/Order/properties/remark": remark,
    });
    edit(root.path(), &edits);
    common::golden("compat-json", &compat_json(root.path()).0);
}

/// Makes a git repository with the tag v0.1.0, and with one commit after the tag.
fn repository() -> tempfile::TempDir {
    let root = workspace();
    git(root.path(), &["init", "--quiet"]);
    commit(root.path());
    git(root.path(), &["tag", "v0.1.0"]);
    write(root.path(), "more", "");
    commit(root.path());
    root
}

fn break_clients(root: &Path) {
    let property = "/components/schemas/Order/properties/note";
    edit(root, &json!({ property: null }));
}

fn add_a_known_value(root: &Path) {
    let value = "/components/schemas/State/x-extensible-enum/3";
    edit(root, &json!({ value: "returned" }));
}

#[test]
fn compares_the_version_and_the_changelog_with_the_verdict() {
    let root = repository();
    let root = root.path();
    let mut printed = vec![("unchanged", compat(root, &[]))];

    add_a_known_value(root);
    printed.push(("addition without an entry", compat(root, &[])));
    let unreleased = |text: &str| CHANGELOG.replace("## Unreleased\n", text);
    let entry = "\n### Added\n\n- The state `returned`.\n";
    let with_entry = unreleased(&format!("## Unreleased\n{entry}"));
    write(root, "CHANGELOG.md", &with_entry);
    printed.push(("addition with an entry", compat(root, &[])));

    break_clients(root);
    printed.push(("breaking change with the old version", compat(root, &[])));
    write(root, "Cargo.toml", MANIFEST.replace("0.1.0", "0.1.9"));
    assert_exit_code(1, &compat(root, &[]));
    write(root, "Cargo.toml", MANIFEST.replace("0.1.0", "0.2.0"));
    printed.push(("breaking change with a new version", compat(root, &[])));
    common::golden_all("compat", &printed);

    let heading = "## Unreleased\n\n## [0.2.0] - 2026-02-02\n";
    for (changelog, code) in [
        // The entry can be under the heading of the new version instead of `Unreleased`.
        (unreleased(&format!("{heading}{entry}")), 0),
        // The entry under `Unreleased` isn't new, because the changelog of the base has it under 0.1.0.
        (unreleased("## Unreleased\n\n- The first spec.\n"), 1),
        // An edited entry under 0.1.0 doesn't count, because 0.1.0 was released before the change.
        (CHANGELOG.replace("The first", "The very first"), 1),
    ] {
        write(root, "CHANGELOG.md", &changelog);
        assert_exit_code(code, &compat(root, &[]));
    }
}

/// From 1.0.0 on, a breaking change needs a new major version, and an addition needs a new minor version.
#[test]
fn from_1_0_0_on_a_breaking_change_or_an_addition_needs_a_new_version() {
    let root = workspace();
    let root = root.path();
    let changelog = CHANGELOG.replace("## 0.1.0", "## 1.4.0");
    write(root, "CHANGELOG.md", &changelog);
    git(root, &["init", "--quiet"]);
    commit(root);
    let with_entry = changelog.replace("## 1.4.0", "- Something.\n\n## 1.4.0");
    write(root, "CHANGELOG.md", with_entry);
    for (change, version, code) in [
        (break_clients as fn(&Path), "1.4.0", 1),
        (break_clients, "1.5.0", 1),
        (break_clients, "2.0.0-alpha.1", 1),
        (break_clients, "2.0.0", 0),
        (break_clients, "2.1.0", 0),
        (add_a_known_value, "1.4.0", 1),
        (add_a_known_value, "1.4.1", 1),
        (add_a_known_value, "1.5.0", 0),
    ] {
        change(root);
        write(root, "Cargo.toml", MANIFEST.replace("0.1.0", version));
        assert_exit_code(code, &compat(root, &["--base", "HEAD"]));
    }
}

/// In a repository without tags, the base is `HEAD~1`.
#[test]
fn before_the_first_release_a_breaking_change_needs_no_new_version() {
    let root = workspace();
    let root = root.path();
    let unreleased = "# Changelog\n\n## Unreleased\n\n- The first spec.\n";
    write(root, "CHANGELOG.md", unreleased);
    git(root, &["init", "--quiet"]);
    commit(root);
    break_clients(root);
    write(root, "CHANGELOG.md", format!("{unreleased}- No notes.\n"));
    commit(root);
    common::golden("compat-unreleased", &compat(root, &[]));
    let output = compat(root, &["--base", "HEAD"]);
    assert_stdout(0, &output, "0 changes since HEAD, 0 of them breaking");
}

#[test]
fn an_error_message_names_the_invalid_input() {
    let root = repository();
    let root = root.path();
    let assert_error = |base: &str, expected: &str| {
        assert_stderr(3, &compat(root, &[&format!("--base={base}")]), expected);
    };
    for base in ["nowhere", "--output=planted", "HEAD~9", ""] {
        let expected = format!(
            "error: the base `{base}` isn't a git revision with {SPEC}: give another base with --base\n"
        );
        assert_error(base, &expected);
    }
    assert!(!root.join("planted").exists());
    for (text, error) in [
        (
            "{\"openapi\": \"3.0.3\", \"paths\": 7}",
            "1:22: `paths` must be a mapping of paths to operations\n",
        ),
        ("[", ""),
    ] {
        let spec = common::read(&root.join(SPEC));
        write(root, SPEC, text);
        commit(root);
        write(root, SPEC, spec);
        assert_error("HEAD", &format!("error: HEAD:{SPEC}:{error}"));
    }
    commit(root);
    write(root, "Cargo.toml", "[package]\n");
    let expected = "error: Cargo.toml: `version` is missing under [workspace.package]: add it\n";
    assert_error("HEAD", expected);
    write(root, "Cargo.toml", MANIFEST);
    fs::remove_file(root.join("CHANGELOG.md")).expect("a file");
    assert_error("HEAD", "error: CHANGELOG.md: the file can't be read: ");
}

#[test]
fn finds_no_change_between_the_committed_spec_and_itself() {
    let root = workspace();
    let spec = common::read(&common::workspace().join(SPEC));
    write(root.path(), SPEC, spec);
    git(root.path(), &["init", "--quiet"]);
    commit(root.path());
    commit(root.path());
    let (output, report) = compat_json(root.path());
    assert_exit_code(0, &output);
    assert_eq!(report["findings"], json!([]));
}
