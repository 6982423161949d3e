//! Tests `record --har`, which reads responses from a HAR file. A HAR file is a log of requests and responses. The tests use HAR files of a
//! browser and a proxy, a HAR file full of secrets, and incomplete HAR files.

use std::process::Output;

use serde_json::{Value, json};

use crate::common::{self, assert_exit_code, assert_stdout, golden};
use crate::record_support::{Workspace, request_and_response, sequences};

const URL: &str =
    "https://cloudpartner.azure.com/api/publishers/contoso/offers?api-version=2017-10-31";

impl Workspace {
    /// Imports a HAR file with this text.
    fn import_text(&self, har: &str, more: &[&str]) -> Output {
        common::write(self.root(), "test.har", har);
        self.record(&[&["--har", "test.har"], more].concat())
    }

    /// Imports a HAR file with these entries.
    fn import(&self, entries: &[Value], more: &[&str]) -> Output {
        let har = json!({ "log": { "entries": entries } });
        self.import_text(&har.to_string(), more)
    }
}

#[test]
fn writes_no_planted_secret_of_a_har_file() {
    let mut har = common::json("har/planted.har");
    let entries = har["log"]["entries"].as_array_mut().expect("a list");
    let copies = common::json("har/planted-entries.json");
    for edits in copies.as_array().expect("a list") {
        entries.push(common::edit(entries[0].clone(), edits));
    }
    let text = har.to_string();
    assert!(text.to_lowercase().matches("planted").count() > 700);
    let workspace = Workspace::new();
    // The exit code is 1, because two response bodies can't be decoded.
    workspace.golden("record-har-planted", &workspace.import_text(&text, &[]));
    assert_eq!(workspace.written().len(), 7);
}

/// Chromium and mitmproxy wrote the two files during requests to `cargo xtask serve`. From each file, `record` must write the recordings
/// whose responses `serve` returned.
#[test]
fn reads_the_har_files_of_a_browser_and_a_proxy() {
    let sequences = sequences();
    for (har, entries) in [("chromium.har", 3), ("mitmproxy.har", 4)] {
        let text = common::read(&common::tests().join("har").join(har));
        let workspace = Workspace::new();
        let output = workspace.import_text(&text, &[]);
        let read = format!("Read responses of 3 of {entries} entries");
        assert_stdout(0, &output, &read);
        let written = workspace.written_requests_and_responses();
        assert_eq!(written.len(), 3, "{har}");
        for path in ["/offers", "/offers/firewall/status"] {
            let path = format!("/api/publishers/contoso{path}");
            let mut served = sequences.iter().flatten();
            let served = served.find(|recording| recording.request.path == path);
            let served = request_and_response(served.expect("a recording"));
            assert!(written.contains(&served), "{har}: {path}");
        }
    }
}

/// Browsers and proxies often export no bodies, or truncate large bodies.
#[test]
fn rejects_a_response_with_an_incomplete_body() {
    let workspace = Workspace::new();
    let entry = |status: u16, content: Value| {
        json!({
            "request": { "method": "GET", "url": URL },
            "response": { "status": status, "content": content },
        })
    };
    let incomplete = [
        json!({ "size": 3352 }),
        json!({ "size": -1 }),
        json!({}),
        json!({ "size": 3352, "text": "[]" }),
        json!({ "size": 3352, "text": "W10=", "encoding": "base64" }),
        json!({ "size": 2, "text": "not base64", "encoding": "base64" }),
        json!({ "size": 2, "text": "[]", "encoding": "unknown" }),
        json!({ "size": 2, "text": 7 }),
    ];
    let incomplete = incomplete.map(|content| entry(200, content));
    golden("record-har-incomplete", &workspace.import(&incomplete, &[]));
    assert!(!workspace.live().exists());

    let complete = [
        // The size includes a byte order mark of three bytes, which the text doesn't contain.
        entry(200, json!({ "size": 5, "text": "[]" })),
        // The response has no body.
        entry(502, json!({ "size": 0 })),
    ];
    assert_exit_code(0, &workspace.import(&complete, &[]));
    assert_eq!(workspace.written().len(), 2);
}

/// Equal GUIDs get equal pseudonyms. A media type loses only its parameters.
#[test]
fn the_pseudonym_of_a_guid_or_an_http_date_has_the_same_form() {
    let workspace = Workspace::new();
    let guid = "deadbeef-0000-4111-8222-333333333333";
    let headers = json!([
        { "name": "Content-Type", "value": "application/problem+json; charset=utf-8; v=planted" },
        { "name": "Retry-After", "value": "Fri, 20 Nov 2026 17:35:09 GMT" },
        { "name": "X-Ms-Correlation-Request-Id", "value": guid.to_uppercase() },
    ]);
    let text = json!({ "Message": guid }).to_string();
    let entry = json!({
        "request": { "method": "GET", "url": URL },
        "response": { "status": 503, "headers": headers, "content": { "size": 1, "text": text } },
    });
    assert_exit_code(0, &workspace.import(std::slice::from_ref(&entry), &[]));
    let written = workspace.written();
    let recording: Value =
        serde_json::from_str(&written["list-offers-contoso-503.json"]).expect("a recording");
    let response = &recording["response"];
    let headers = json!({
        "content-type": "application/problem+json",
        "retry-after": "Mon, 01 Jan 2001 00:00:01 GMT",
        "x-ms-correlation-request-id": "00000000-0000-4000-A000-000000000001",
    });
    assert_eq!(response["headers"], headers);
    let message = &response["body"]["json"]["Message"];
    assert_eq!(message, "00000000-0000-4000-a000-000000000001");

    common::commit(workspace.root());
    assert_exit_code(0, &workspace.import(&[entry], &[]));
    assert_eq!(workspace.written(), written);
}

/// Returns an entry of a HAR file. Its request and its response have the same header or the same cookie: `list` is `headers` or `cookies`.
/// The response body contains `text`.
fn echo(list: &str, name: &str, value: &str, text: &str) -> Value {
    let pairs = json!([{ "name": name, "value": value }]);
    let content = json!({ "size": 1, "text": json!({ "Message": text }).to_string() });
    json!({
        "request": { "method": "GET", "url": URL, list: pairs },
        "response": { "status": 401, list: pairs, "content": content },
    })
}

/// The option `--keep` names a text that `record` must not replace. If this text contains a credential, `record` doesn't write the recording.
/// The attributes of a cookie, such as its path, aren't credentials.
#[test]
fn writes_no_credential_of_the_file() {
    let workspace = Workspace::new();
    let text = "The login is a-planted-credential, a:planted:credential or a=planted=credential";
    for (list, name, value) in [
        ("headers", "Authorization", "Bearer a-planted-credential"),
        ("headers", "Authorization", "Bearer\ta-planted-credential"),
        (
            "headers",
            "cookie",
            "session=a-planted-credential; theme=dark",
        ),
        ("headers", "cookie", "session=\"a-planted-credential\""),
        ("headers", "cookie", "session='a-planted-credential'"),
        ("headers", "cookie", "session=<a-planted-credential>"),
        ("headers", "cookie", "session=a%2Dplanted%2Dcredential"),
        ("headers", "cookie", "session=a:planted:credential"),
        ("headers", "cookie", "session='a:planted:credential'"),
        ("headers", "cookie", "session=a=planted=credential"),
        ("headers", "Authorization", "Bearer a=planted=credential"),
        (
            "headers",
            "Set-Cookie",
            "session=a-planted-credential; Path=/",
        ),
        (
            "headers",
            "Ocp-Apim-Subscription-Key",
            "a-planted-credential",
        ),
        ("headers", "X-Functions-Key", "a-planted-credential"),
        (
            "headers",
            "x-ms-authorization-auxiliary",
            "Bearer other, Bearer a-planted-credential",
        ),
        ("cookies", "session", "a-planted-credential"),
        ("cookies", "session", "\"a-planted-credential\""),
        ("cookies", "session", "%22a-planted-credential%22"),
        ("cookies", "session", "\"a:planted:credential\""),
        ("cookies", "session", "a=planted=credential"),
    ] {
        let output = workspace.import(&[echo(list, name, value, text)], &["--keep", text]);
        assert_exit_code(1, &output);
        assert!(!workspace.live().exists(), "{list} {name}: {value}");
    }
    let cookie =
        "session=a-planted-credential; Domain=partner.microsoft.com; Path=/api/publishers/contoso";
    let text = "Go to partner.microsoft.com";
    let output = workspace.import(
        &[echo("headers", "Set-Cookie", cookie, text)],
        &["--keep", text],
    );
    assert_exit_code(0, &output);
    let written = workspace.written();
    assert!(
        written.values().any(|file| file.contains(text)),
        "{written:?}"
    );
}
