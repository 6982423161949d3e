//! Common functions of the tests of `record`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::store::{self, Scenario};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::common;
pub use crate::common::golden;

/// Parts of the values that represent personal data, in lower case: `planted`, and values that can't contain a word.
const PLANTED: &[&str] = &["planted", "deadbeef", "4915123456789", "10.9.8.7", "49.15"];

/// Makes a git repository with the spec and the committed recordings.
pub fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    let own = common::workspace();
    for folder in ["openapi", "tests/recordings", "tests/scenarios"] {
        copy(&own.join(folder), &root.path().join(folder));
    }
    fs::create_dir(root.path().join("xtask")).expect("a folder");
    // The tests write to the folder of the live recordings.
    let _ = fs::rename(
        live(root.path()),
        root.path().join("tests/recordings/earlier"),
    );
    commit(root.path());
    root
}

/// Commits every file of a workspace.
pub fn commit(root: &Path) {
    let name = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &[
            "-c",
            "commit.gpgsign=false",
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            "A commit",
        ],
    ] {
        let git = Command::new("git")
            .current_dir(root)
            .args(name)
            .args(arguments)
            .status();
        assert!(git.expect("git starts").success());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a copy");
        }
    }
}

/// Makes a command without the credential of the user who runs the tests.
pub fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = common::xtask(root, arguments);
    command
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .env_remove("AZURE_TOKEN")
        .env_remove("CLOUD_PARTNER_PUBLISHER")
        .env("NO_PROXY", "127.0.0.1");
    command
}

/// Returns the files of a folder by name.
pub fn written(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("a recording");
            (name.into_owned(), text)
        })
        .collect()
}

/// Returns the default folder of new recordings.
pub fn live(root: &Path) -> PathBuf {
    root.join("tests/recordings/live")
}

/// Asserts that a text contains no planted value.
pub fn assert_no_planted_value(what: &str, text: &str) {
    let text = text.to_lowercase();
    for planted in PLANTED {
        assert!(!text.contains(planted), "{planted} is in {what}: {text}");
    }
}

/// Returns the request and the response of a recording as text.
pub fn response_text(recording: &Recording) -> String {
    let Recording {
        request, response, ..
    } = recording;
    serde_json::to_string_pretty(&(request, response)).expect("JSON")
}

/// Returns the request and the response of each written recording as text.
pub fn response_texts(written: &BTreeMap<String, String>) -> BTreeSet<String> {
    let recordings = written.values().map(|text| {
        let recording: Recording = serde_json::from_str(text).expect("a recording");
        assert_eq!(recording.to_text(), *text);
        response_text(&recording)
    });
    recordings.collect()
}

/// Returns the publisher and the offer in the path of a recording.
pub fn identifiers(recording: &Recording) -> (String, Option<String>) {
    let segments: Vec<String> = recording
        .request
        .path
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    (segments[3].clone(), segments.get(5).cloned())
}

/// Returns the committed scenarios.
pub fn scenarios() -> Vec<Scenario> {
    store::scenarios(&store::root().join("scenarios"))
        .all()
        .expect("the scenarios")
}

pub fn record(root: &Path, arguments: &[&str]) -> Output {
    let arguments = [&["record"], arguments].concat();
    let token = ("AZURE_TOKEN", "a-planted-token");
    command(root, &arguments)
        .env(token.0, token.1)
        .output()
        .expect("xtask starts")
}

/// Runs `record` with a server and a publisher.
pub fn record_from(root: &Path, server: &Server, publisher: &str, more: &[&str]) -> Output {
    let url = server.url();
    let arguments = ["--endpoint", &url, "--publisher", publisher];
    record(root, &[&arguments, more].concat())
}

/// Starts a server whose responses contain personal data.
pub fn personal() -> Server {
    let recording = |path: &str, response: Value| -> Recording {
        serde_json::from_value(json!({
            "description": "Personal.",
            "provenance": { "kind": "synthetic", "source": "This test." },
            "request": { "method": "GET", "path": path, "query": { "api-version": "2017-10-31" } },
            "response": response,
        }))
        .expect("a recording")
    };
    let headers = json!({
        "content-type": "application/json; charset=utf-8",
        "x-ms-correlation-request-id": "deadbeef-0000-4111-8222-333333333333",
        "x-ms-planted": "planted",
        "location": "https://planted.example.net",
    });
    let list = json!([{
        "id": "planted-vm",
        "publisherId": "plantedworks",
        "offerTypeId": "microsoft-azure-corevm",
        "status": "postponed",
        "version": 491_512_345_678_i64,
        "definition": { "displayText": "The planted machine" },
        "changedTime": "2026-11-20T17:35:09.323",
        "newMember": "a-planted-token",
    }]);
    let status = json!({
        "status": "running",
        "messages": [{ "messageHtml": "Hello planted", "level": "information", "timestamp": "2026-11-20T17:35:09.323" }],
        "notificationEmails": "me@plantedworks.org",
    });
    Replay::new(
        [
            recording(
                "/api/publishers/plantedworks/offers",
                json!({ "status": 200, "headers": headers, "body": { "json": list } }),
            ),
            recording(
                "/api/publishers/plantedworks/offers/planted-vm/status",
                json!({ "status": 200, "headers": headers, "body": { "json": status } }),
            ),
        ],
        [],
    )
    .token("a-planted-token")
    .start()
    .expect("a server")
}

/// Starts a server that responds with an offer's status, and records the response.
pub fn record_report(root: &Path, report: &Value) -> Output {
    let recording = json!({
        "description": "A report.",
        "provenance": { "kind": "synthetic", "source": "This test." },
        "request": { "method": "GET", "path": "/api/publishers/contoso/offers/vm/status", "query": { "api-version": "2017-10-31" } },
        "response": { "status": 200, "headers": { "content-type": "application/json" }, "body": { "json": report } },
    });
    let recording: Recording = serde_json::from_value(recording).expect("a recording");
    let server = Replay::new([recording], []).start().expect("a server");
    record_from(root, &server, "contoso", &["--offer", "vm", "--keep", "vm"])
}
