//! `record --har` with the HAR files of a browser and a proxy, a HAR file with a secret in every place, and invalid HAR files.

use crate::common;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::common::stdout;
use crate::record_support::{
    assert_no_planted_value, command, golden, live, response_text, response_texts, scenarios,
    workspace, written,
};
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::store;
use serde_json::{Value, json};

/// Imports a committed HAR file.
fn committed(root: &Path, har: &str, more: &[&str]) -> Output {
    let har = common::tests().join("har").join(har);
    record(root, har.to_str().expect("a path"), more)
}

fn record(root: &Path, har: &str, more: &[&str]) -> Output {
    let arguments = [&["record", "--har", har], more].concat();
    command(root, &arguments).output().expect("xtask starts")
}

/// Writes a HAR file with these entries.
fn write(root: &Path, name: &str, entries: &Value) {
    let har = json!({ "log": { "entries": entries } });
    fs::write(root.join(name), har.to_string()).expect("a file");
}

const URL: &str =
    "https://cloudpartner.azure.com/api/publishers/contoso/offers?api-version=2017-10-31";

#[test]
fn writes_no_planted_secret_of_a_har_file() {
    let root = workspace();
    let text = fs::read_to_string(common::tests().join("har/planted.har")).expect("a file");
    assert!(text.to_lowercase().matches("planted").count() > 700);
    let dry = committed(root.path(), "planted.har", &["--dry-run"]);
    golden("record-har-planted", &dry);
    assert_no_planted_value("the dry run", &common::transcript(&dry));
    let output = committed(root.path(), "planted.har", &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_no_planted_value("the output", &common::transcript(&output));
    let files = written(&live(root.path()));
    assert_eq!(files.len(), 7);
    for (name, text) in files {
        assert_no_planted_value(&name, &name);
        assert_no_planted_value(&name, &text);
    }
}

/// Chromium and mitmproxy wrote these files during requests to `cargo xtask serve`.
#[test]
fn writes_the_served_recordings_from_the_har_files_of_a_browser_and_a_proxy() {
    for (har, others) in [("chromium.har", 0), ("mitmproxy.har", 1)] {
        let root = workspace();
        let output = committed(root.path(), har, &[]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            common::transcript(&output)
        );
        let printed = stdout(&output);
        let read = format!("Read 3 responses of the spec's operations, {others} other ");
        assert!(printed.contains(&read), "{printed}");
        assert_no_planted_value(har, &printed);
        let files = written(&live(root.path()));
        assert_eq!(files.len(), 3, "{har}");
        for text in files.values() {
            assert_no_planted_value(har, text);
        }
        let home = store::root().join("recordings/list/contoso.json");
        let list = store::recording(&home).expect("the list").recording;
        let status = scenarios_and_recordings("/api/publishers/contoso/offers/firewall/status");
        let texts = response_texts(&files);
        assert!(texts.contains(&response_text(&list)), "{har}");
        assert!(texts.contains(&response_text(&status)), "{har}");
    }
}

fn scenarios_and_recordings(path: &str) -> Recording {
    let recordings = store::recordings(&store::root().join("recordings"))
        .all()
        .expect("the recordings");
    recordings
        .into_iter()
        .map(Recording::from)
        .chain(
            scenarios()
                .into_iter()
                .flat_map(|scenario| scenario.recordings)
                .map(Recording::from),
        )
        .find(|recording| recording.request.path == path)
        .expect("a recording")
}

#[test]
fn names_the_problem_of_a_broken_har_file_without_quoting_it() {
    let root = workspace();
    for (name, text) in [
        ("broken", "{\n  \"log\": \"planted"),
        ("other", "{ \"planted\": [] }"),
        ("list", "{ \"log\": { \"entries\": \"planted\" } }"),
    ] {
        let file = root.path().join(format!("{name}.har"));
        fs::write(&file, text).expect("a file");
        let output = record(root.path(), file.to_str().expect("a path"), &[]);
        golden(&format!("record-har-{name}"), &output);
        assert_no_planted_value(name, &common::transcript(&output));
    }
    golden(
        "record-har-missing",
        &record(root.path(), "missing.har", &[]),
    );
    let both = record(root.path(), "missing.har", &["--publisher", "contoso"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn skips_an_entry_without_a_request_or_response() {
    let root = workspace();
    let entries = json!([{}, { "request": 7 }, { "request": { "method": "GET", "url": "no url" } }, null, "planted"]);
    write(root.path(), "thin.har", &entries);
    let output = record(root.path(), "thin.har", &[]);
    golden("record-har-thin", &output);
    assert_no_planted_value("the output", &common::transcript(&output));
}

/// Browsers and proxies often export no bodies, or truncate large ones.
#[test]
fn rejects_a_response_whose_body_is_not_in_the_file() {
    let root = workspace();
    let entry = |status: u16, content: Value| json!({ "request": { "method": "GET", "url": URL }, "response": { "status": status, "content": content } });
    let incomplete = json!([
        entry(200, json!({ "size": 3352 })),
        entry(200, json!({ "size": -1 })),
        entry(200, json!({})),
        entry(200, json!({ "size": 3352, "text": "[]" })),
        entry(
            200,
            json!({ "size": 3352, "text": "W10=", "encoding": "base64" })
        ),
    ]);
    write(root.path(), "incomplete.har", &incomplete);
    golden(
        "record-har-incomplete",
        &record(root.path(), "incomplete.har", &[]),
    );
    assert!(!live(root.path()).exists());

    // Without the byte order mark, the body is three bytes shorter. A response may really have no body.
    let complete = json!([
        entry(200, json!({ "size": 5, "text": "[]" })),
        entry(502, json!({ "size": 0 }))
    ]);
    write(root.path(), "complete.har", &complete);
    let output = record(root.path(), "complete.har", &[]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    assert_eq!(written(&live(root.path())).len(), 2);
}

/// Returns an entry with a header in the request and the response, and a body that repeats a text.
fn echo(header: &str, value: &str, text: &str) -> Value {
    let headers = json!([{ "name": header, "value": value }]);
    let content = json!({ "size": 1, "text": json!({ "Message": text }).to_string() });
    json!({
        "request": { "method": "GET", "url": URL, "headers": headers },
        "response": { "status": 401, "headers": headers, "content": content },
    })
}

/// `--keep` doesn't keep credentials.
#[test]
fn writes_no_credential_of_the_file() {
    let root = workspace();
    let secret = "a-planted-credential";
    for (header, value) in [
        ("Authorization", format!("Bearer {secret}")),
        ("cookie", format!("session={secret}; theme=dark")),
        ("Set-Cookie", format!("session={secret}; Path=/")),
        ("Ocp-Apim-Subscription-Key", secret.to_owned()),
        ("X-Functions-Key", secret.to_owned()),
        (
            "x-ms-authorization-auxiliary",
            format!("Bearer other, Bearer {secret}"),
        ),
    ] {
        write(
            root.path(),
            "echo.har",
            &json!([echo(header, &value, secret)]),
        );
        let output = record(root.path(), "echo.har", &["--keep", secret]);
        assert_eq!(output.status.code(), Some(1), "{header}");
        assert_no_planted_value(header, &common::transcript(&output));
        assert!(!live(root.path()).exists());
    }
}

#[test]
fn the_attributes_of_a_cookie_are_no_secrets() {
    let root = workspace();
    let cookie =
        "session=a-planted-credential; Domain=partner.microsoft.com; Path=/api/publishers/contoso";
    let text = "Go to partner.microsoft.com";
    write(
        root.path(),
        "cookie.har",
        &json!([echo("Set-Cookie", cookie, text)]),
    );
    let output = record(root.path(), "cookie.har", &["--keep", text]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    let files = written(&live(root.path()));
    assert!(files.values().any(|file| file.contains(text)), "{files:?}");
}
