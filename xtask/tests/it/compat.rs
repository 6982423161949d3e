//! `compat`: one base contract and many small changes of it. A new case is a new file in `compat/cases/`, no code:
//!
//! * `NAME.patch.json`: a JSON merge patch (RFC 7396) that makes the contract of `compat/base.json`;
//! * `NAME.expected.txt`: the exit code and what `xtask compat` prints. `UPDATE_GOLDEN=1 cargo test -p xtask` writes it.
//!
//! The base is released as 0.1.0 in every case, and neither the version nor the changelog says anything new.

use crate::common;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::{stderr, stdout};
use serde_json::Value;

const MANIFEST: &str =
    "[workspace]\n\n[workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const CHANGELOG: &str =
    "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-01-01\n\n### Added\n\n- The first contract.\n";

/// A workspace with the base contract, released as 0.1.0.
fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    for folder in ["openapi", "xtask"] {
        fs::create_dir(root.path().join(folder)).expect("a folder");
    }
    write(root.path(), "Cargo.toml", MANIFEST);
    write(root.path(), "CHANGELOG.md", CHANGELOG);
    let base = fs::read_to_string(common::tests().join("compat/base.json")).expect("the base");
    write(root.path(), "base.json", &base);
    write(root.path(), CONTRACT, &base);
    root
}

const CONTRACT: &str = "openapi/cloud-partner-portal.yaml";

fn write(root: &Path, name: &str, text: &str) {
    fs::write(root.join(name), text).expect("a file");
}

fn patch(root: &Path, patch: &str) {
    let text = fs::read_to_string(root.join("base.json")).expect("the base");
    let mut contract: Value = serde_json::from_str(&text).expect("JSON");
    json_patch::merge(
        &mut contract,
        &serde_json::from_str(patch).expect("a JSON patch"),
    );
    let text = serde_json::to_string_pretty(&contract).expect("JSON");
    write(root, CONTRACT, &text);
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(common::tests().join("compat/cases")).expect("the cases");
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a case").path())
        .filter(|path| path.to_string_lossy().ends_with(".patch.json"))
        .collect();
    cases.sort();
    assert!(cases.len() > 25, "the cases aren't where they should be");
    cases
}

fn compat(root: &Path, more: &[&str]) -> Output {
    common::run_in_workspace(root, &[&["compat"], more].concat())
}

#[test]
fn every_case_prints_what_is_committed() {
    let mut differences = Vec::new();
    for case in cases() {
        let root = workspace();
        patch(root.path(), &fs::read_to_string(&case).expect("the case"));
        let output = compat(root.path(), &["--base", "base.json"]);
        let name = case
            .to_string_lossy()
            .replace(".patch.json", ".expected.txt");
        if let Err(difference) = common::compare(Path::new(&name), &common::transcript(&output)) {
            differences.push(difference);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn json_says_the_same_in_a_stable_shape() {
    let root = workspace();
    let case = common::tests().join("compat/cases/property-renamed.patch.json");
    patch(root.path(), &fs::read_to_string(case).expect("the case"));
    let output = compat(root.path(), &["--base", "base.json", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(report["format"], 1);
    common::golden("compat-json", &output);
}

fn git(root: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args([
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@example.com",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .output()
        .expect("git starts");
    assert!(output.status.success(), "{}", stderr(&output));
}

fn commit(root: &Path) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "A commit"]);
}

/// A repository whose only tag is the release 0.1.0, and one more commit.
fn repository() -> tempfile::TempDir {
    let root = workspace();
    git(
        root.path(),
        &["init", "--quiet", "--initial-branch", "main"],
    );
    commit(root.path());
    git(root.path(), &["tag", "v0.1.0"]);
    write(root.path(), "more", "");
    commit(root.path());
    root
}

const BREAKING: &str = r#"{"components": {"schemas": {"Order": {"properties": {"note": null}}}}}"#;
const ADDED: &str = r#"{"components": {"schemas": {"State": {"x-extensible-enum": ["open", "paid", "sent", "returned"]}}}}"#;

/// What a release needs, and that it is enough.
#[test]
fn the_version_and_the_changelog_must_agree_with_the_changes() {
    let root = repository();
    let root = root.path();
    common::golden("compat-unchanged", &compat(root, &[]));

    patch(root, ADDED);
    common::golden("compat-added-untold", &compat(root, &[]));
    let told = CHANGELOG.replace(
        "## Unreleased\n",
        "## Unreleased\n\n### Added\n\n- The state `returned`.\n",
    );
    write(root, "CHANGELOG.md", &told);
    common::golden("compat-added-told", &compat(root, &[]));

    patch(root, BREAKING);
    common::golden("compat-breaking-too-small", &compat(root, &[]));
    write(root, "Cargo.toml", &MANIFEST.replace("0.1.0", "0.1.9"));
    assert_eq!(compat(root, &[]).status.code(), Some(1));
    write(root, "Cargo.toml", &MANIFEST.replace("0.1.0", "0.2.0"));
    common::golden("compat-breaking-raised", &compat(root, &[]));

    // The release that tells of it: its heading counts, though nothing is unreleased.
    let released = told.replace(
        "## Unreleased\n",
        "## Unreleased\n\n## [0.2.0] - 2026-02-02\n",
    );
    write(root, "CHANGELOG.md", &released);
    assert_eq!(compat(root, &[]).status.code(), Some(0));

    // Entries that the base has already tell of something else.
    let old = CHANGELOG.replace(
        "## Unreleased\n",
        "## Unreleased\n\n- The first contract.\n",
    );
    write(root, "CHANGELOG.md", &old);
    assert_eq!(compat(root, &[]).status.code(), Some(1));
}

#[test]
fn from_1_0_0_on_what_breaks_needs_a_major_version() {
    let root = workspace();
    let root = root.path();
    let manifest = |version: &str| write(root, "Cargo.toml", &MANIFEST.replace("0.1.0", version));
    let changelog = CHANGELOG.replace("## 0.1.0", "- Something.\n\n## 1.4.0");
    write(root, "CHANGELOG.md", &changelog);
    patch(root, BREAKING);
    for (version, code) in [
        ("1.4.0", 1),
        ("1.5.0", 1),
        ("2.0.0-alpha.1", 1),
        ("2.0.0", 0),
        ("2.1.0", 0),
    ] {
        manifest(version);
        let output = compat(root, &["--base", "base.json"]);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{version}: {}",
            stdout(&output)
        );
    }
}

/// Without a tag, the commit before; what was never released may break.
#[test]
fn an_unreleased_base_may_be_broken() {
    let root = workspace();
    let root = root.path();
    let unreleased = "# Changelog\n\n## Unreleased\n\n- The first contract.\n";
    write(root, "CHANGELOG.md", unreleased);
    git(root, &["init", "--quiet"]);
    commit(root);
    patch(root, BREAKING);
    write(root, "CHANGELOG.md", &format!("{unreleased}- No notes.\n"));
    commit(root);
    common::golden("compat-unreleased", &compat(root, &[]));
    // The last commit is the contract itself.
    let output = compat(root, &["--base", "HEAD"]);
    assert!(
        stdout(&output).contains("Success 0 changes"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn every_failure_says_what_to_do() {
    let root = repository();
    let root = root.path();
    for (name, base) in [
        ("revision", "nowhere"),
        ("option", "--output=planted"),
        ("tree", "HEAD~9"),
    ] {
        let output = compat(root, &[&format!("--base={base}")]);
        common::golden(&format!("compat-no-{name}"), &output);
        assert!(!root.join("planted").exists());
    }
    write(root, "other.json", "{\"openapi\": \"3.0.3\", \"paths\": 7}");
    common::golden(
        "compat-no-contract",
        &compat(root, &["--base", "other.json"]),
    );
    write(root, "broken.json", "[");
    assert_eq!(
        compat(root, &["--base", "broken.json"]).status.code(),
        Some(3)
    );
    write(root, "Cargo.toml", "[package]\n");
    common::golden("compat-no-version", &compat(root, &[]));
    fs::remove_file(root.join("CHANGELOG.md")).expect("a file");
    write(root, "Cargo.toml", MANIFEST);
    common::golden("compat-no-changelog", &compat(root, &[]));
    assert_eq!(compat(root, &["--format", "xml"]).status.code(), Some(2));
}

/// A base that the generator of today refuses doesn't keep the rest from being compared.
#[test]
fn a_base_that_cannot_be_generated_is_compared_all_the_same() {
    let root = workspace();
    let base = fs::read_to_string(root.path().join("base.json")).expect("the base");
    let undescribed = base.replace("\"description\": \"An order.\",", "");
    assert_ne!(undescribed, base);
    write(root.path(), "base.json", &undescribed);
    common::golden(
        "compat-base-refused",
        &compat(root.path(), &["--base", "base.json"]),
    );
}

/// The workspace's own contract, with itself: nothing, and everything in it can be compared.
#[test]
fn the_committed_contract_can_be_compared() {
    let own = common::workspace().join(CONTRACT);
    let own = own.to_str().expect("a path");
    let output = common::run(
        &common::workspace(),
        &["compat", "--base", own, "--format", "json"],
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["changes"], Value::Array(Vec::new()));
    assert_eq!(report["rust"]["lost"], Value::Array(Vec::new()));
    assert_eq!(output.status.code(), Some(0));
}
