//! Tests `cargo xtask docs`, which writes the spec as an HTML page. In these tests, a shell script replaces OpenAPI Generator.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::common::{self, assert_exit_code, assert_stderr};

/// A shell script that copies its input into the page. The input is a copy of the spec, to which `docs` has added the names of recordings.
const GENERATOR: &str = "#!/bin/sh\nset -eu\n[ \"$1 $3\" = 'generate html2' ]\n{ echo '<head>'; cat \"$5\"; } >\"$7/index.html\"\n";

const PAGE: &str = "target/docs/cloud-partner-portal.html";

/// Creates a workspace with the committed spec and one recording.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    let recording = ":/tests/recordings/list/empty.json";
    common::check_out(root.path(), &[":/openapi", recording]);
    fs::create_dir(root.path().join("tests/scenarios")).expect("a folder");
    root
}

/// Writes a script to the path of OpenAPI Generator. Then runs `docs`, which writes [`PAGE`].
fn docs(root: &Path, generator: &str) -> Output {
    let program = ".tools/languages/openapi-generator/venv/bin/openapi-generator-cli";
    common::write(root, program, generator);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(root.join(program), executable).expect("permissions");
    common::run_in_workspace(root, &["docs"])
}

#[test]
fn writes_a_page_with_the_names_of_the_recordings() {
    let root = workspace();
    assert_exit_code(0, &docs(root.path(), GENERATOR));
    let page = common::read(&root.path().join(PAGE));
    for expected in [
        "<head>\n  <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'unsafe-inline'",
        "'InvalidAPIVersion'",
        "**Recordings**\\n\\n* 200: `list/empty`, ",
    ] {
        assert!(page.contains(expected), "expected {expected} in:\n{page}");
    }
}

#[test]
fn says_how_to_install_a_missing_generator() {
    let output = common::run_in_workspace(workspace().path(), &["docs"]);
    let advice = "`tests/languages/install-tools python` installs it";
    assert_stderr(3, &output, advice);
}

#[test]
fn a_failed_run_keeps_the_old_page() {
    let root = workspace();
    assert_exit_code(0, &docs(root.path(), GENERATOR));
    let page = common::read(&root.path().join(PAGE));
    for generator in ["#!/bin/sh\nexit 1\n", "#!/bin/sh\n# Writes no page.\n"] {
        assert_exit_code(3, &docs(root.path(), generator));
        assert_eq!(common::read(&root.path().join(PAGE)), page);
    }
}
