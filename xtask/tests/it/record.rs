//! `record` with a server: requests, token, and error messages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::store;

use crate::common::{self, stderr, stdout};
use crate::record_support::{
    assert_no_planted_value, command, golden, identifiers, live, personal, record, record_from,
    response_text, response_texts, scenarios, workspace, written,
};

#[test]
fn records_the_responses_of_the_replay_server_byte_for_byte() {
    let root = workspace();
    let recordings = store::recordings(&store::root().join("recordings"))
        .all()
        .expect("the recordings");
    let mut wanted: Vec<Recording> = recordings
        .iter()
        .map(|stored| stored.recording.clone())
        // `record` sends only the service's version.
        .filter(|recording| recording.request.query["api-version"] == "2017-10-31")
        .collect();
    let mut rounds = 1;
    for scenario in scenarios() {
        rounds = rounds.max(scenario.recordings.len());
        wanted.extend(scenario.recordings.into_iter().map(Recording::from));
    }
    assert!(wanted.len() > 70, "{}", wanted.len());
    let mut offers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut stepping = BTreeSet::new();
    for recording in &wanted {
        let (publisher, offer) = identifiers(recording);
        offers.entry(publisher).or_default().extend(offer);
    }
    for scenario in scenarios() {
        stepping.insert(identifiers(&scenario.recordings[0].recording).0);
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

#[test]
fn a_dry_run_shows_every_recording_and_writes_none() {
    let root = workspace();
    let server = personal();
    let more = ["--dry-run"];
    let output = record_from(root.path(), &server, "plantedworks", &more);
    golden("record-dry-run", &output);
    assert_no_planted_value("the output", &common::transcript(&output));
    assert!(!live(root.path()).exists());
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
    assert_no_planted_value("standard error", &stderr(&output));

    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let output = record(
        root.path(),
        &[&publisher[..], &["--endpoint", &url]].concat(),
    );
    assert_eq!(output.status.code(), Some(3));
    let printed = stderr(&output);
    assert!(
        printed.starts_with(&format!("error: the request to {url} failed: ")),
        "{printed}"
    );
}

#[test]
fn sends_the_token_of_a_file_and_reports_a_rejected_token() {
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
        let response = format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{address}/planted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(response.as_bytes()).expect("a response");
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
    assert_no_planted_value("the output", &common::transcript(&output));
}
