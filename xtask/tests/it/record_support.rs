//! Provides a workspace for the tests of `record`, and servers whose responses contain personal data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cloud_partner_recordings::load;
use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::synthetic::recording;
use serde_json::{Value, json};

use crate::common;

/// Each personal value in the responses contains one of these texts, in any letter case.
const PLANTED: &[&str] = &["planted", "deadbeef", "4915123456789", "10.9.8.7", "49.15"];

const TOKEN: &str = "a-planted-token";

/// A git repository with the spec and the committed recordings. The folder `tests/recordings/live` contains only the recordings that
/// `record` has written in the test.
pub struct Workspace(tempfile::TempDir);

impl Workspace {
    pub fn new() -> Self {
        let workspace = Self(tempfile::tempdir().expect("a temporary folder"));
        let files = [":/openapi", ":/tests/recordings", ":/tests/scenarios"];
        common::check_out(workspace.root(), &files);
        fs::create_dir(workspace.root().join("xtask")).expect("a folder");
        let earlier = workspace.root().join("tests/recordings/earlier");
        let _ = fs::rename(workspace.live(), earlier);
        common::commit(workspace.root());
        workspace
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Returns the folder to which `record` writes recordings.
    pub fn live(&self) -> PathBuf {
        self.root().join("tests/recordings/live")
    }

    /// Returns a command that runs `record`. The user's own token is removed from its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = common::xtask_in_workspace(self.root(), &["record"]);
        command
            .args(arguments)
            .env_remove("AZURE_TOKEN")
            .env("NO_PROXY", "127.0.0.1");
        command
    }

    /// Runs a command. Asserts that neither its output nor a written recording contains a planted value.
    pub fn run(&self, command: &mut Command) -> Output {
        let output = command.output().expect("xtask starts");
        let mut texts = self.written();
        texts.insert("the output".to_owned(), common::transcript(&output));
        for (name, text) in texts {
            let lower_case = format!("{name} {text}").to_lowercase();
            for planted in PLANTED {
                assert!(
                    !lower_case.contains(planted),
                    "{planted} is in {name}: {text}"
                );
            }
        }
        output
    }

    pub fn record(&self, arguments: &[&str]) -> Output {
        self.run(self.command(arguments).env("AZURE_TOKEN", TOKEN))
    }

    pub fn record_from(&self, url: &str, publisher: &str, more: &[&str]) -> Output {
        let arguments = ["--endpoint", url, "--publisher", publisher];
        self.record(&[&arguments, more].concat())
    }

    /// Returns the text of each written recording by file name.
    pub fn written(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.live()).into_iter().flatten();
        let files = entries.map(|entry| {
            let entry = entry.expect("an entry");
            let text = common::read(&entry.path());
            (entry.file_name().into_string().expect("a name"), text)
        });
        files.collect()
    }

    /// Asserts that the output and the written recordings equal `golden/<name>.txt`.
    pub fn golden(&self, name: &str, output: &Output) {
        let written = self.written().into_iter();
        let written = written.map(|(name, text)| format!("{name}:\n{text}"));
        let text = common::transcript(output) + &written.collect::<String>();
        common::golden_text(name, &text);
    }

    pub fn assert_valid(&self) {
        let arguments = ["validate", "tests/recordings/live"];
        let output = common::run_in_workspace(self.root(), &arguments);
        common::assert_exit_code(0, &output);
    }

    /// Returns the request and the response of each written recording as text.
    pub fn written_requests_and_responses(&self) -> BTreeSet<String> {
        let written = self.written().into_values().map(|text| {
            let recording: Recording = serde_json::from_str(&text).expect("a recording");
            assert_eq!(recording.to_text(), text);
            request_and_response(&recording)
        });
        written.collect()
    }

    /// Runs `record` with a server that returns `report` as the status of an offer. Returns the written recordings of the status.
    pub fn record_report(&self, report: &Value) -> BTreeMap<String, String> {
        let server = serve(&[
            ("contoso/offers", &json!([])),
            ("contoso/offers/vm/status", report),
        ]);
        let more = ["--offer", "vm", "--keep", "vm"];
        common::assert_exit_code(0, &self.record_from(&server.url(), "contoso", &more));
        let mut written = self.written();
        written.retain(|name, _| name.starts_with("get-offer-status"));
        written
    }
}

pub fn request_and_response(recording: &Recording) -> String {
    serde_json::to_string_pretty(&(&recording.request, &recording.response)).expect("JSON")
}

/// Returns the committed recordings. Each element contains one recording, or all recordings of one scenario.
pub fn sequences() -> Vec<Vec<Recording>> {
    let (recordings, scenarios) = load::all(load::root()).expect("valid recordings");
    let recordings = recordings.into_iter().map(|recording| vec![recording]);
    recordings
        .chain(scenarios.into_iter().map(|scenario| scenario.recordings))
        .collect()
}

pub fn serve_committed() -> Server {
    let (recordings, scenarios) = load::all(load::root()).expect("valid recordings");
    Replay::new(recordings, scenarios)
        .start()
        .expect("a server")
}

/// Starts a server that returns the body for each path in `bodies`. The paths are relative to `/api/publishers/`. The headers of every
/// response contain personal data.
pub fn serve(bodies: &[(&str, &Value)]) -> Server {
    let recordings = bodies.iter().map(|(path, body)| {
        let body = Body::Json(Value::clone(body));
        let mut recording = recording(format!("/api/publishers/{path}"), Some(body));
        let headers = [
            (
                "x-ms-correlation-request-id",
                "deadbeef-0000-4111-8222-333333333333",
            ),
            ("x-ms-planted", "planted"),
            ("location", "https://planted.example.net"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        recording.response.headers.extend(headers);
        recording
    });
    Replay::new(recordings, [])
        .token(TOKEN)
        .start()
        .expect("a server")
}

/// Starts a server whose responses contain personal data of the publisher `plantedworks`.
pub fn serve_personal_data() -> Server {
    let list = json!([{
        "id": "planted-vm",
        "publisherId": "plantedworks",
        "offerTypeId": "microsoft-azure-corevm",
        "status": "postponed",
        "version": 491_512_345_678_i64,
        "definition": { "displayText": "The planted machine" },
        "changedTime": "2026-11-20T17:35:09.323",
        "newMember": TOKEN,
    }]);
    let status = json!({
        "status": "running",
        "messages": [{ "messageHtml": "Hello planted", "level": "information", "timestamp": "2026-11-20T17:35:09.323" }],
        "notificationEmails": "me@plantedworks.org",
    });
    serve(&[
        ("plantedworks/offers", &list),
        ("plantedworks/offers/planted-vm/status", &status),
    ])
}
