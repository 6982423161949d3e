//! `record`: recordings of a server's responses, without anything personal in them.

use crate::common;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use crate::common::{stderr, stdout};
use crate::record_support::{
    command, commit, golden, identifiers, live, no_planted, response_text, response_texts,
    scenarios, workspace, written,
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
fn records_what_the_replay_server_serves_byte_for_byte() {
    let root = workspace();
    let recordings = library::recordings(&library::home().join("recordings"))
        .all()
        .expect("the recordings");
    let mut wanted: Vec<Recording> = recordings
        .iter()
        .map(|stored| stored.recording.clone())
        // `record` sends the service's version only.
        .filter(|recording| recording.request.query["api-version"] == "2017-10-31")
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
            let output = record(root.path(), &arguments);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}",
                common::transcript(&output)
            );
        }
    }
    let written = response_texts(&written(&live(root.path())));
    let missing: Vec<String> = wanted
        .iter()
        .filter(|recording| !written.contains(&response_text(recording)))
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

/// Records the responses of a server for a publisher.
fn ask(root: &Path, server: &Server, publisher: &str, more: &[&str]) -> Output {
    let url = server.url();
    let arguments = ["--endpoint", &url, "--publisher", publisher];
    record(root, &[&arguments, more].concat())
}

/// Starts a server whose responses hold personal data.
fn personal() -> Server {
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

#[test]
fn a_dry_run_shows_every_recording_and_writes_none() {
    let root = workspace();
    let server = personal();
    let more = ["--dry-run"];
    let output = ask(root.path(), &server, "plantedworks", &more);
    golden("record-dry-run", &output);
    no_planted("the output", &common::transcript(&output));
    assert!(!live(root.path()).exists());
}

#[test]
fn writes_valid_recordings_and_nothing_when_the_responses_are_the_same_again() {
    let root = workspace();
    let server = personal();
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

    golden(
        "record-unchanged",
        &ask(root.path(), &server, "plantedworks", &[]),
    );
    assert_eq!(written(&folder), first);

    // The pseudonyms are public after the commit, so the next run counts other ones.
    commit(root.path());
    golden(
        "record-unchanged",
        &ask(root.path(), &server, "plantedworks", &[]),
    );
    assert_eq!(written(&folder), first);
}

/// Starts a server with one report, and records it.
fn record_report(root: &Path, report: &Value) -> Output {
    let recording = json!({
        "description": "A report.",
        "provenance": { "kind": "synthetic", "source": "This test." },
        "request": { "method": "GET", "path": "/api/publishers/contoso/offers/vm/status", "query": { "api-version": "2017-10-31" } },
        "response": { "status": 200, "headers": { "content-type": "application/json" }, "body": { "json": report } },
    });
    let recording: Recording = serde_json::from_value(recording).expect("a recording");
    let server = Replay::new([recording], []).start().expect("a server");
    ask(root, &server, "contoso", &["--offer", "vm", "--keep", "vm"])
}

#[test]
fn writes_a_recording_when_a_word_of_the_service_changed() {
    let root = workspace();
    let report = |status: &str| {
        // Enough unknown properties that their order depends on the pseudonyms.
        let unknown: BTreeMap<String, bool> = (0..12)
            .map(|n| (format!("planted{n}"), n % 2 == 0))
            .collect();
        json!({ "status": status, "notificationEmails": "me@plantedworks.org", "extra": unknown })
    };
    for (status, files) in [
        ("running", 1),
        ("running", 1),
        ("succeeded", 2),
        ("running", 2),
    ] {
        let output = record_report(root.path(), &report(status));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            common::transcript(&output)
        );
        let statuses = written(&live(root.path()));
        let reports = statuses
            .keys()
            .filter(|name| name.starts_with("get-offer-status"));
        assert_eq!(reports.count(), files, "{status}");
        commit(root.path());
    }
}

/// Values in the form of a pseudonym, and the smallest number of 64 bits.
#[test]
fn replaces_values_that_look_like_pseudonyms() {
    let root = workspace();
    let real = json!({
        "status": "running",
        "extra": [1234, 10_042, 100_000_777, "1234", "10042", "offer-4711", "contoso-4712", "id-4713", i64::MIN, u64::MAX],
        "mail": "person-4714@contoso.com",
        "url": "https://host-4715.example.com/id-4716",
        "time": "2001-01-17T09:08:07Z",
        "guid": "00000000-0000-4000-a000-00000000abcd",
        "text": "Sanitised text 4717.",
    });
    let output = record_report(root.path(), &real);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    let files = written(&live(root.path()));
    let text = files
        .iter()
        .find(|(name, _)| name.starts_with("get-offer-status"));
    let (_, text) = text.expect("a recording of the report");
    for real in [
        "1234",
        "10042",
        "100000777",
        "4711",
        "4712",
        "4713",
        "4714",
        "4715",
        "4716",
        "4717",
        "09:08:07",
        "abcd",
        "9223372036854775808",
        "18446744073709551615",
    ] {
        assert!(!text.contains(real), "{real} is in {text}");
    }
}

/// A raw response in the folder of the recordings must not make its values public.
#[test]
fn only_the_committed_content_of_recordings_is_public() {
    let root = workspace();
    let server = personal();
    let list = root.path().join("tests/recordings/list/contoso.json");
    let changed = fs::read_to_string(&list)
        .expect("a recording")
        .replace("contoso", "plantedworks");
    fs::write(&list, &changed).expect("a recording");
    fs::write(root.path().join("tests/recordings/list/raw.json"), changed).expect("a file");
    let output = ask(root.path(), &server, "plantedworks", &[]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    let files = written(&live(root.path()));
    assert_eq!(files.len(), 2);
    for (name, text) in files {
        no_planted(&name, &text);
    }
}

/// A proxy could read a token that is sent over plain http.
#[test]
fn uses_no_proxy_for_plain_http() {
    let root = workspace();
    let server = personal();
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", proxy.local_addr().expect("an address"));
    let arguments = [
        "record",
        "--endpoint",
        &server.url(),
        "--publisher",
        "plantedworks",
        "--dry-run",
    ];
    let mut command = command(root.path(), &arguments);
    command
        .env("AZURE_TOKEN", "a-planted-token")
        .env_remove("NO_PROXY");
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        command.env(variable, &url);
    }
    let mut child = command
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("xtask starts");
    proxy.set_nonblocking(true).expect("a listener");
    let code = loop {
        assert!(
            proxy.accept().is_err(),
            "the proxy was called: {:?}",
            child.kill()
        );
        if let Some(status) = child.try_wait().expect("xtask") {
            break status.code();
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert_eq!(code, Some(0));
}

#[test]
fn keeps_the_values_of_keep_and_replaces_no_file() {
    let root = workspace();
    let server = personal();
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
    assert!(new.contains("\"newMember\": \"Sanitised text "), "{new}");
}

#[test]
fn refuses_a_recording_with_a_kept_secret_and_does_not_show_it() {
    let root = workspace();
    let server = personal();
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
fn every_error_message_says_what_to_do() {
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
        said.starts_with(&format!("error: the request to {url} failed: ")),
        "{said}"
    );
}

#[test]
fn sends_the_token_of_a_file_and_reports_a_refused_one() {
    let root = workspace();
    let server = personal();
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

/// A redirect would send the token to another server.
#[test]
fn follows_no_redirect() {
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
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
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

/// Without any committed recording, nearly every value is replaced by a pseudonym.
#[test]
fn pseudonyms_are_as_valid_as_the_real_values() {
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
    commit(root.path());
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
