//! `import`: HAR files as browsers and proxies write them, one with a secret in every place, and what is none.

use crate::common;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::common::stdout;
use crate::recorded::{
    command, golden, live, no_planted, same_answer, scenarios, workspace, written,
};
use cloud_partner_recordings::library;
use cloud_partner_recordings::recording::Recording;
use serde_json::json;

fn import(root: &Path, har: &str, more: &[&str]) -> Output {
    let har = common::tests().join("har").join(har);
    let har = har.to_str().expect("a path");
    let arguments = [&["import", har], more].concat();
    command(root, &arguments).output().expect("xtask starts")
}

#[test]
fn no_planted_secret_of_a_har_file_comes_out() {
    let root = workspace();
    let text = fs::read_to_string(common::tests().join("har/planted.har")).expect("a file");
    assert!(text.to_lowercase().matches("planted").count() > 700);
    let dry = import(root.path(), "planted.har", &["--dry-run"]);
    golden("import-planted", &dry);
    no_planted("the dry run", &common::transcript(&dry));
    let output = import(root.path(), "planted.har", &[]);
    assert_eq!(output.status.code(), Some(0));
    no_planted("the output", &common::transcript(&output));
    let files = written(&live(root.path()));
    assert_eq!(files.len(), 7);
    for (name, text) in files {
        no_planted(&name, &name);
        no_planted(&name, &text);
    }
}

/// What Chromium and mitmproxy wrote while they talked to `cargo xtask serve`: the recordings that it served.
#[test]
fn har_files_of_a_browser_and_of_a_proxy_become_the_recordings_that_were_served() {
    for (har, passed_over) in [("chromium.har", 0), ("mitmproxy.har", 1)] {
        let root = workspace();
        let output = import(root.path(), har, &[]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            common::transcript(&output)
        );
        let said = stdout(&output);
        let read = format!("Read 3 answers of the contract's operations, {passed_over} other ");
        assert!(said.contains(&read), "{said}");
        no_planted(har, &said);
        let files = written(&live(root.path()));
        assert_eq!(files.len(), 3, "{har}");
        for text in files.values() {
            no_planted(har, text);
        }
        let home = library::home().join("recordings/list/contoso.json");
        let list = library::recording(&home).expect("the list").recording;
        assert!(files.values().any(|text| same_answer(&list, text)), "{har}");
        let status = scenarios_and_recordings("/api/publishers/contoso/offers/firewall/status");
        assert!(
            files.values().any(|text| same_answer(&status, text)),
            "{har}"
        );
    }
}

fn scenarios_and_recordings(path: &str) -> Recording {
    let recordings = library::recordings(&library::home().join("recordings"))
        .all()
        .expect("the recordings");
    recordings
        .into_iter()
        .map(Recording::from)
        .chain(
            scenarios()
                .into_iter()
                .flat_map(|scenario| scenario.answers)
                .map(Recording::from),
        )
        .find(|recording| recording.request.path == path)
        .expect("a recording")
}

/// What is wrong with a HAR file is said without quoting it.
#[test]
fn a_har_file_that_is_none_is_said_to_be_none() {
    let root = workspace();
    for (name, text) in [
        ("broken", "{\n  \"log\": \"planted"),
        ("other", "{ \"planted\": [] }"),
        ("list", "{ \"log\": { \"entries\": \"planted\" } }"),
    ] {
        let file = root.path().join(format!("{name}.har"));
        fs::write(&file, text).expect("a file");
        let arguments = ["import", file.to_str().expect("a path")];
        let output = command(root.path(), &arguments)
            .output()
            .expect("xtask starts");
        golden(&format!("import-{name}"), &output);
        no_planted(name, &common::transcript(&output));
    }
    let output = command(root.path(), &["import", "missing.har"]).output();
    golden("import-missing", &output.expect("xtask starts"));
}

#[test]
fn an_entry_without_anything_in_it_is_passed_over() {
    let root = workspace();
    let file = root.path().join("thin.har");
    let entries = json!([{}, { "request": 7 }, { "request": { "method": "GET", "url": "no url" } }, null, "planted"]);
    fs::write(&file, json!({ "log": { "entries": entries } }).to_string()).expect("a file");
    let output = command(root.path(), &["import", "thin.har"])
        .output()
        .expect("xtask starts");
    golden("import-thin", &output);
    no_planted("the output", &common::transcript(&output));
}

/// Whatever was a credential in the file is refused in a recording, even if the reader wants to keep it.
#[test]
fn a_credential_of_the_file_is_never_written() {
    let root = workspace();
    for header in ["Authorization", "cookie", "Set-Cookie"] {
        let file = root.path().join("echo.har");
        let headers = json!([{ "name": header, "value": "Bearer a-planted-credential" }]);
        let content = json!({ "text": "{\"Message\": \"a-planted-credential\"}" });
        let url =
            "https://cloudpartner.azure.com/api/publishers/contoso/offers?api-version=2017-10-31";
        let entry = json!({
            "request": { "method": "GET", "url": url, "headers": headers },
            "response": { "status": 401, "headers": headers, "content": content },
        });
        fs::write(&file, json!({ "log": { "entries": [entry] } }).to_string()).expect("a file");
        let arguments = ["import", "echo.har", "--keep", "a-planted-credential"];
        let output = command(root.path(), &arguments)
            .output()
            .expect("xtask starts");
        assert_eq!(output.status.code(), Some(1), "{header}");
        no_planted(header, &common::transcript(&output));
        assert!(!live(root.path()).exists());
    }
}
