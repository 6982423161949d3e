//! `cargo xtask docs` with a fake OpenAPI Generator that copies the annotated spec into its page.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{self, stderr, stdout};

const GENERATOR: &str = "#!/bin/sh\nset -eu\n[ \"$1 $3\" = 'generate html2' ]\n{ echo '<head>'; cat \"$5\"; } >\"$7/index.html\"\n";

#[test]
fn writes_a_page_that_names_the_recordings_and_loads_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (root, real) = (folder.path(), common::workspace());
    let programs = root.join(".tools/languages/openapi-generator/venv/bin");
    for folder in ["openapi", "tests/recordings/list", "tests/scenarios"] {
        fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    for file in [
        "openapi/cloud-partner-portal.yaml",
        "tests/recordings/list/empty.json",
    ] {
        fs::copy(real.join(file), root.join(file)).expect("a copy");
    }
    let output = common::run_in_workspace(root, &["docs"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    let advice = "`tests/languages/install-tools python` installs it";
    assert!(stderr(&output).contains(advice), "{}", stderr(&output));

    fs::create_dir_all(&programs).expect("a folder");
    let program = programs.join("openapi-generator-cli");
    fs::write(&program, GENERATOR).expect("a script");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("permissions");
    let output = common::run_in_workspace(root, &["docs", "--output", "page.html"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = fs::read_to_string(root.join("page.html")).expect("a page");
    for expected in [
        "<head>\n  <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'unsafe-inline'",
        "An unknown 'api-version'",
        "**Recordings**\\n\\n* 200: `list/empty`, ",
    ] {
        assert!(page.contains(expected), "expected {expected} in:\n{page}");
    }

    // The generator fails to write a page, and reports success.
    fs::write(&program, "#!/bin/sh\n").expect("a script");
    let output = common::run_in_workspace(root, &["docs", "--output", "page.html"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(!root.join("page.html").exists(), "the old page is left");
}
