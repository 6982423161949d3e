//! `record`: what a server answers, and that nothing personal comes out.

use crate::common;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use crate::common::{stderr, stdout};
use crate::recorded::{
    command, golden, identifiers, live, no_planted, same_answer, scenarios, workspace, written,
};
use cloud_partner_recordings::library;
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::{Replay, Server};
use serde_json::{Value, json};

fn record(root: &Path, arguments: &[&str]) -> Output {
    let arguments = [&["record"], arguments].concat();
    let token = ("AZURE_TOKEN", "a-planted-token");
    command(root, &arguments)
        .env(token.0, token.1)
        .output()
        .expect("xtask starts")
}

#[test]
fn what_the_replay_server_serves_is_recorded_byte_for_byte() {
    let root = workspace();
    let recordings = library::recordings(&library::home().join("recordings"))
        .all()
        .expect("the recordings");
    let mut wanted: Vec<Recording> = recordings
        .iter()
        .map(|stored| stored.recording.clone())
        .collect();
    let mut rounds = 1;
    for scenario in scenarios() {
        rounds = rounds.max(scenario.answers.len());
        wanted.extend(scenario.answers.into_iter().map(Recording::from));
    }
    assert!(wanted.len() > 70, "{}", wanted.len());
    let mut offers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut stepping = BTreeSet::new();
    for recording in &wanted {
        let (publisher, offer) = identifiers(recording);
        offers.entry(publisher).or_default().extend(offer);
    }
    for scenario in scenarios() {
        stepping.insert(identifiers(&scenario.answers[0].recording).0);
    }

    let server = Replay::new(recordings, scenarios())
        .start()
        .expect("a server");
    let url = server.url();
    for (publisher, offers) in &offers {
        let mut arguments = vec!["--endpoint", &url, "--publisher", publisher];
        for offer in offers {
            arguments.extend(["--offer", offer]);
        }
        let rounds = if stepping.contains(publisher) {
            rounds
        } else {
            1
        };
        for _ in 0..rounds {
            // Each round is a run of its own, so what one writes is public to the next.
            let output = record(root.path(), &arguments);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}",
                common::transcript(&output)
            );
        }
    }
    let written = written(&live(root.path()));
    let missing: Vec<String> = wanted
        .iter()
        .filter(|recording| !written.values().any(|text| same_answer(recording, text)))
        .map(|recording| format!("{}: {}", recording.request, recording.description))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.method == "GET"),
        "only reads"
    );
}

/// Asks a server about a publisher.
fn ask(root: &Path, server: &Server, publisher: &str, more: &[&str]) -> Output {
    let url = server.url();
    let arguments = ["--endpoint", &url, "--publisher", publisher];
    record(root, &[&arguments, more].concat())
}

/// A server with answers that could be somebody's.
fn somebody() -> Server {
    let recording = |path: &str, response: Value| -> Recording {
        serde_json::from_value(json!({
            "description": "Somebody's.",
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

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let root = workspace();
    let server = somebody();
    let more = ["--dry-run"];
    let output = ask(root.path(), &server, "plantedworks", &more);
    golden("record-dry-run", &output);
    no_planted("the output", &common::transcript(&output));
    assert!(!live(root.path()).exists());
}

#[test]
fn what_is_written_is_a_recording_that_a_second_run_leaves_alone() {
    let root = workspace();
    let server = somebody();
    let output = ask(root.path(), &server, "plantedworks", &[]);
    golden("record", &output);
    let folder = live(root.path());
    let first = written(&folder);
    assert_eq!(first.len(), 2);
    for (name, text) in &first {
        no_planted(name, text);
        assert!(text.contains("isn't the live service"), "{text}");
    }
    let valid = common::run_in_workspace(root.path(), &["validate", "tests/recordings/live"]);
    assert_eq!(valid.status.code(), Some(0), "{}", stdout(&valid));

    // What was written, served and recorded again, is the same to the byte, without its being known.
    let recordings = library::recordings(&folder).all().expect("recordings");
    let (publisher, _) = identifiers(&recordings[0].recording);
    let again = Replay::new(recordings, []).start().expect("a server");
    fs::remove_dir_all(root.path().join("tests/recordings")).expect("the recordings");
    fs::create_dir(root.path().join("tests/recordings")).expect("a folder");
    let output = ask(root.path(), &again, &publisher, &[]);
    assert!(
        stdout(&output).contains("Replaced nothing"),
        "{}",
        stdout(&output)
    );
    assert_eq!(written(&folder), first);

    // And then there is nothing to do.
    let output = ask(root.path(), &again, &publisher, &[]);
    golden("record-fresh", &output);
}

#[test]
fn a_value_stays_if_the_reader_says_so_and_no_other_file_is_replaced() {
    let root = workspace();
    let server = somebody();
    let folder = live(root.path());
    fs::create_dir_all(&folder).expect("a folder");
    let edited = folder.join("list-offers-contoso-1-200.json");
    let committed = library::home().join("recordings/list/empty.json");
    fs::copy(&committed, &edited).expect("a recording");
    let more = ["--keep", "newMember"];
    let output = ask(root.path(), &server, "plantedworks", &more);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    assert_eq!(
        fs::read_to_string(&edited).expect("a file"),
        fs::read_to_string(&committed).expect("a file")
    );
    let new = fs::read_to_string(folder.join("list-offers-contoso-1-200-2.json"));
    let new = new.expect("another name");
    assert!(new.contains("\"newMember\": \"Made-up text "), "{new}");
}

/// Whoever keeps a secret is refused, and the secret isn't shown.
#[test]
fn a_secret_that_is_left_is_not_written() {
    let root = workspace();
    let server = somebody();
    for keep in ["a-planted-token", "me@plantedworks.org"] {
        let more = ["--keep", keep];
        let output = ask(root.path(), &server, "plantedworks", &more);
        assert_eq!(output.status.code(), Some(1), "{keep}");
        no_planted("the output", &common::transcript(&output));
        for (name, text) in written(&live(root.path())) {
            no_planted(&name, &text);
        }
        let _ = fs::remove_dir_all(live(root.path()));
    }
    let more = ["--keep", "a-planted-token"];
    golden(
        "record-refused",
        &ask(root.path(), &server, "plantedworks", &more),
    );
}

#[test]
fn every_failure_says_what_to_do() {
    let root = workspace();
    let publisher = ["--publisher", "contoso"];
    let none = command(root.path(), &["record", "--publisher", "contoso"]).output();
    golden("record-no-token", &none.expect("xtask starts"));
    golden("record-no-publisher", &record(root.path(), &[]));

    for endpoint in [
        "http://cloudpartner.azure.com",
        "ftp://127.0.0.1",
        "https://user:planted@127.0.0.1",
        "https://127.0.0.1/?planted=1",
        "nonsense",
    ] {
        let output = record(
            root.path(),
            &[&publisher[..], &["--endpoint", endpoint]].concat(),
        );
        assert_eq!(output.status.code(), Some(2), "{endpoint}");
    }
    let output = record(
        root.path(),
        &["--endpoint", "http://example.com", "--publisher", "a"],
    );
    golden("record-in-the-clear", &output);
    for identifier in ["..", "a/b", "", "a b"] {
        let output = record(root.path(), &["--publisher", identifier]);
        assert_eq!(output.status.code(), Some(2), "{identifier}");
    }

    let missing = ["--token-file", "missing"];
    golden(
        "record-no-token-file",
        &record(root.path(), &[&publisher[..], &missing].concat()),
    );
    fs::write(root.path().join("token"), "two planted words").expect("a file");
    let output = record(
        root.path(),
        &[&publisher[..], &["--token-file", "token"]].concat(),
    );
    assert_eq!(output.status.code(), Some(3));
    no_planted("standard error", &stderr(&output));

    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let output = record(
        root.path(),
        &[&publisher[..], &["--endpoint", &url]].concat(),
    );
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    assert!(
        said.starts_with(&format!("error: {url} can't be asked: ")),
        "{said}"
    );
}

#[test]
fn the_token_of_a_file_is_sent_and_a_refused_one_is_noted() {
    let root = workspace();
    let server = somebody();
    let url = server.url();
    fs::write(root.path().join("token"), "a-planted-token\n").expect("a file");
    let arguments = [
        "--endpoint",
        &url,
        "--publisher",
        "plantedworks",
        "--token-file",
    ];
    let output = command(
        root.path(),
        &[&["record"], &arguments[..], &["token", "--dry-run"]].concat(),
    )
    .output()
    .expect("xtask starts");
    assert!(
        stdout(&output).contains("offers/{offerId}/status: status 200"),
        "{}",
        stdout(&output)
    );

    fs::write(root.path().join("token"), "another-token").expect("a file");
    let output = record(root.path(), &[&arguments[..], &["token"]].concat());
    golden("record-unauthorized", &output);
}

/// A redirect would take the token to another server.
#[test]
fn redirects_are_not_followed() {
    let root = workspace();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut request = [0; 2048];
        let read = stream.read(&mut request).expect("a request");
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{address}/planted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).expect("an answer");
        drop(stream);
        listener.set_nonblocking(true).expect("a listener");
        std::thread::sleep(std::time::Duration::from_millis(200));
        (read, listener.accept().is_ok())
    });
    let url = format!("http://{address}");
    let output = record(
        root.path(),
        &["--endpoint", &url, "--publisher", "contoso", "--dry-run"],
    );
    let (read, followed) = server.join().expect("the server");
    assert!(read > 0);
    assert!(!followed);
    assert!(
        stdout(&output).contains("status 302"),
        "{}",
        common::transcript(&output)
    );
    no_planted("the output", &common::transcript(&output));
}

/// Answers of which nothing is known get other values of the same forms: what agreed with the contract still does.
#[test]
fn what_is_replaced_keeps_its_form() {
    let root = workspace();
    let recordings = library::recordings(&library::home().join("recordings"))
        .all()
        .expect("the recordings");
    let server = Replay::new(recordings, scenarios())
        .start()
        .expect("a server");
    for folder in ["recordings", "scenarios"] {
        let folder = root.path().join("tests").join(folder);
        fs::remove_dir_all(&folder).expect("the recordings");
        fs::create_dir(&folder).expect("a folder");
    }
    let output = ask(root.path(), &server, "contoso", &[]);
    assert_eq!(output.status.code(), Some(0));
    let valid = common::run_in_workspace(root.path(), &["validate"]);
    assert_eq!(valid.status.code(), Some(0), "{}", stdout(&valid));

    let files = written(&live(root.path()));
    let (lists, reports): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|(name, _)| name.starts_with("list-offers-"));
    assert_eq!((lists.len(), reports.len()), (1, 8));
    for (name, text) in reports {
        let report: Recording = serde_json::from_str(&text).expect("a recording");
        let offer = identifiers(&report).1.expect("an offer");
        assert!(
            lists[0].1.contains(&format!("\"id\": \"{offer}\"")),
            "{name}"
        );
    }
}
