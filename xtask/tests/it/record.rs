//! Tests `record` with a server on this machine. `record` requests responses and writes them as recordings. It keeps public
//! values, which the spec or a committed recording contains. It replaces values that may be personal by pseudonyms, which are invented values.
//!
//! In most of these tests, a value that must be replaced contains a text of `record_support::PLANTED`, such as `planted`. `Workspace::run`
//! asserts that neither the output of `record` nor a written recording contains such a text.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;

use cloud_partner_recordings::load;
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::ADDED_CORRELATION_ID;
use cloud_partner_recordings::scripted_server::{self, ScriptedServer};
use serde_json::json;

use crate::common::{
    self, assert_contains, assert_exit_code, assert_stderr, assert_stdout, golden,
};
use crate::record_support::{
    Workspace, request_and_response, sequences, serve, serve_committed, serve_personal_data,
};

#[test]
fn the_written_recordings_equal_those_of_the_replay_server() {
    let workspace = Workspace::new();
    let mut sequences = sequences();
    // A sequence is a list of recordings with the same request. `record` can't request the recordings of other API versions.
    sequences.retain(|sequence| sequence[0].request.query["api-version"] == "2017-10-31");
    // The values of `--offer` for each publisher. Each request returns only the next recording of its sequence. Therefore, a sequence of
    // three recordings needs `--offer` with the same offer three times.
    let mut offers_by_publisher: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sequence in &sequences {
        let segments = sequence[0].request.segments();
        let offers = offers_by_publisher.entry(segments[2].clone()).or_default();
        let offer = segments.get(4).into_iter();
        offers.extend(offer.flat_map(|offer| vec![offer.clone(); sequence.len()]));
    }
    let server = serve_committed();
    for (publisher, offers) in &offers_by_publisher {
        let offer_options = offers.iter().flat_map(|offer| ["--offer", offer]);
        let more: Vec<&str> = ["--keep", ADDED_CORRELATION_ID]
            .into_iter()
            .chain(offer_options)
            .collect();
        let output = workspace.record_from(&server.url(), publisher, &more);
        // The exit code is 1 if an operation has only error responses.
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1)), "{}", common::stderr(&output));
    }
    let written = workspace.written_requests_and_responses();
    let expected: Vec<Recording> = sequences.into_iter().flatten().collect();
    assert!(expected.len() > 70, "{}", expected.len());
    for mut recording in expected {
        let headers = &mut recording.response.headers;
        let id = headers.entry("x-ms-correlation-request-id".to_owned());
        id.or_insert_with(|| ADDED_CORRELATION_ID.to_owned());
        let expected = request_and_response(&recording);
        assert!(written.contains(&expected), "{expected}");
    }
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.method == "GET"));
}

#[test]
fn exits_with_0_only_if_each_operation_has_a_successful_response() {
    let workspace = Workspace::new();
    for (list, first, second, code) in [
        (200, 200, 404, 0),
        (200, 404, 500, 1),
        (404, 200, 200, 1),
        (401, 401, 401, 1),
    ] {
        let server = ScriptedServer::start(move |request| {
            let status = [list, first, second][request.number];
            scripted_server::response(status, &[], "[]")
        });
        let more = ["--offer", "first", "--offer", "second"];
        let output = workspace.record_from(&server.url(), "contoso", &more);
        assert_exit_code(code, &output);
        assert_eq!(server.requests().len(), 3);
    }
}

/// `record` takes the values of the path parameter `offerId` from the list that `listOffers` returns. If the list is empty, `record` needs
/// no value, and succeeds.
#[test]
fn exits_with_1_if_a_path_parameter_has_no_value() {
    let workspace = Workspace::new();
    let assert_exit = |code, list: &'static str| {
        let server = ScriptedServer::start(move |_| scripted_server::response(200, &[], list));
        let output = workspace.record_from(&server.url(), "contoso", &[]);
        assert_exit_code(code, &output);
        assert_eq!(server.requests().len(), 1);
    };
    assert_exit(0, "[]");
    assert_exit(1, r#"{ "value": [{ "id": "x1" }] }"#);
    assert_exit(1, r#"[{ "name": "x1" }]"#);
    // `record` has values only for `publisherId` and `offerId`.
    let spec = "openapi/cloud-partner-portal.yaml";
    let text = common::read(&workspace.root().join(spec));
    common::write(workspace.root(), spec, text.replace("offerId", "productId"));
    assert_exit(1, "[]");
}

#[test]
fn prints_written_and_rejected_recordings() {
    let workspace = Workspace::new();
    let server = serve_personal_data();
    let url = server.url();
    let record = |more: &[&str]| workspace.record_from(&url, "plantedworks", more);
    golden("record-rejected", &record(&["--keep", "a-planted-token"]));
    assert_eq!(workspace.written().len(), 1);
    assert_exit_code(1, &record(&["--keep", "me@plantedworks.org"]));

    fs::remove_dir_all(workspace.live()).expect("the recordings");
    let mut command = workspace.command(&["--endpoint", &url, "--publisher", "plantedworks"]);
    command.env("AZURE_TOKEN", "another-token");
    golden("record-unauthorized", &workspace.run(&mut command));
    assert_eq!(workspace.written().len(), 1);
}

/// `record` searches each finished recording for the GUIDs that it replaced. It doesn't search for other replaced values, because a short
/// value can occur in any text by chance.
#[test]
fn rejects_a_kept_text_that_contains_a_replaced_guid() {
    let workspace = Workspace::new();
    let guid = "deadbeef-0000-4111-8222-333333333333";
    let kept = format!("The id is {guid}");
    let server = serve(&[("contoso/offers", &json!([{ "id": guid, "status": kept }]))]);
    let output = workspace.record_from(&server.url(), "contoso", &["--keep", &kept]);
    let rejected = "/api/publishers/{publisherId}/offers: the recording would contain a secret";
    assert_stdout(1, &output, rejected);
}

#[test]
fn sends_no_token_if_the_server_url_in_the_spec_is_plain_http_or_has_a_password() {
    let workspace = Workspace::new();
    let file = "openapi/cloud-partner-portal.yaml";
    let spec = common::read(&workspace.root().join(file));
    let server = "url: https://cloudpartner.azure.com";
    assert!(spec.contains(server), "{spec}");
    for (url, error) in [
        ("http://example.com", "the token would be sent unencrypted"),
        (
            "https://a:planted@example.com",
            "the URL contains a user, a password or a query",
        ),
    ] {
        let edited = spec.replace(server, &format!("url: {url}"));
        common::write(workspace.root(), file, edited);
        let output = workspace.record(&["--publisher", "contoso"]);
        assert_stderr(3, &output, error);
    }
}

/// A proxy could read a token that is sent over plain http.
#[test]
fn uses_no_proxy_for_plain_http() {
    let workspace = Workspace::new();
    let server = serve_personal_data();
    let proxy = ScriptedServer::start(|_| scripted_server::response(502, &[], ""));
    let url = server.url();
    let arguments = ["--endpoint", &url, "--publisher=plantedworks"];
    let mut command = workspace.command(&arguments);
    command
        .env("AZURE_TOKEN", "a-planted-token")
        .env_remove("NO_PROXY");
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        command.env(variable, proxy.url());
    }
    assert_exit_code(0, &workspace.run(&mut command));
    assert_eq!(proxy.requests().len(), 0);
    assert_eq!(server.requests().len(), 2);
}

/// A redirect could send the request to another server.
#[test]
fn follows_no_redirect() {
    let workspace = Workspace::new();
    let headers = [("location", "/planted")];
    let server = ScriptedServer::start(move |_| scripted_server::response(302, &headers, ""));
    let output = workspace.record_from(&server.url(), "contoso", &[]);
    assert_stdout(1, &output, "status 302");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn every_error_message_says_what_to_do() {
    let workspace = Workspace::new();
    for (file, text) in [
        ("broken.har", "{\n  \"log\": \"planted"),
        ("other.har", "{ \"planted\": [] }"),
        ("list.har", "{ \"log\": { \"entries\": \"planted\" } }"),
        (
            "thin.har",
            r#"{ "log": { "entries": [{}, { "request": 7 }, { "request": { "method": "GET", "url": "no url" } }, null, "planted"] } }"#,
        ),
    ] {
        common::write(workspace.root(), file, text);
    }
    let mut printed = vec![("no publisher", workspace.record(&[]))];
    for arguments in [
        "--publisher a --endpoint http://example.com",
        "--har missing.har",
        "--har broken.har",
        "--har other.har",
        "--har list.har",
        "--har thin.har",
    ] {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        printed.push((arguments, workspace.record(&words)));
    }
    let mut command = workspace.command(&["--publisher", "contoso"]);
    printed.push(("no token", workspace.run(&mut command)));
    command.env("AZURE_TOKEN", "two planted words");
    printed.push(("an invalid AZURE_TOKEN", workspace.run(&mut command)));
    common::golden_all("record-errors", &printed);

    for (code, option, value) in [
        (2, "--endpoint", "http://cloudpartner.azure.com"),
        (2, "--endpoint", "ftp://127.0.0.1"),
        (2, "--endpoint", "https://user:pass@127.0.0.1"),
        (2, "--endpoint", "https://127.0.0.1/?query=1"),
        (2, "--endpoint", "nonsense"),
        (2, "--offer", ".."),
        (2, "--offer", "a/b"),
        (2, "--offer", ""),
        (2, "--offer", "a b"),
        (2, "--har", "missing.har"),
    ] {
        let output = workspace.record(&["--publisher", "contoso", option, value]);
        assert_exit_code(code, &output);
    }
    for publisher in ["..", "a/b", "", "a b"] {
        assert_exit_code(2, &workspace.record(&["--publisher", publisher]));
    }

    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let output = workspace.record_from(&url, "contoso", &[]);
    assert_stderr(3, &output, &format!("error: the request to {url} failed: "));
}

#[test]
fn writes_a_new_recording_only_for_a_new_status() {
    let workspace = Workspace::new();
    // The first run replaces the twelve property names by `property1` to `property12`. After the commit, these pseudonyms are public values,
    // so the next run begins with `property13`. `record` must ignore this difference.
    let properties = (0..12).map(|n| (format!("planted{n}"), n % 2 == 0));
    let extra: BTreeMap<String, bool> = properties.collect();
    for (status, files) in [
        ("running", 1),
        ("running", 1),
        ("succeeded", 2),
        ("running", 2),
    ] {
        let written = workspace.record_report(
            &json!({ "status": status, "notificationEmails": "me@plantedworks.org", "extra": extra }),
        );
        assert_eq!(written.len(), files, "{status}");
        common::commit(workspace.root());
    }
}

#[test]
fn replaces_values_that_look_like_pseudonyms() {
    let workspace = Workspace::new();
    let written = workspace.record_report(&json!({
        "status": "running",
        "extra": [1234, 10_042, 100_000_777, "1234", "10042", "offer-4711", "contoso-4712", "id-4713", i64::MIN, u64::MAX],
        "mail": "person-4714@contoso.com",
        "url": "https://host-4715.example.com/id-4716",
        "time": "2001-01-17T09:08:07Z",
        "guid": "00000000-0000-4000-a000-00000000abcd",
        "text": "Sanitised text 4717.",
    }));
    let text = written.values().next().expect("a recording");
    let real = "1234 10042 100000777 4711 4712 4713 4714 4715 4716 4717 09:08:07 abcd 9223372036854775808 18446744073709551615";
    for real in real.split(' ') {
        assert!(!text.contains(real), "{real} is in {text}");
    }
}

/// Uncommitted content may contain personal data.
#[test]
fn only_the_committed_content_of_recordings_is_public() {
    let workspace = Workspace::new();
    let folder = workspace.root().join("tests/recordings/list");
    let list = common::read(&folder.join("contoso.json"));
    for file in ["contoso.json", "raw.json"] {
        let changed = list.replace("contoso", "plantedworks");
        common::write(&folder, file, changed);
    }
    let server = serve_personal_data();
    let output = workspace.record_from(&server.url(), "plantedworks", &[]);
    assert_exit_code(0, &output);
    assert_eq!(workspace.written().len(), 2);
}

#[test]
fn overwrites_no_existing_file() {
    let workspace = Workspace::new();
    let empty = common::read(&load::root().join("recordings/list/empty.json"));
    let existing = "list-offers-contoso-1-200.json";
    common::write(&workspace.live(), existing, &empty);
    let server = serve_personal_data();
    let more = ["--keep", "newMember"];
    let output = workspace.record_from(&server.url(), "plantedworks", &more);
    assert_exit_code(0, &output);
    let written = workspace.written();
    assert_eq!(written[existing], empty);
    let new = &written["list-offers-contoso-1-200-2.json"];
    assert_contains(new, "\"newMember\": \"Sanitised text ");
}

/// Without committed recordings, few values are public, so `record` replaces nearly every value by a pseudonym.
#[test]
fn pseudonyms_are_as_valid_as_the_real_values() {
    let workspace = Workspace::new();
    for folder in ["tests/recordings", "tests/scenarios"] {
        let folder = workspace.root().join(folder);
        fs::remove_dir_all(&folder).expect("the recordings");
        fs::create_dir(&folder).expect("a folder");
    }
    common::commit(workspace.root());
    let server = serve_committed();
    assert_exit_code(0, &workspace.record_from(&server.url(), "contoso", &[]));
    workspace.assert_valid();

    let (list_files, status_files): (Vec<_>, Vec<_>) = workspace
        .written()
        .into_iter()
        .partition(|(name, _)| name.starts_with("list-offers-"));
    assert_eq!((list_files.len(), status_files.len()), (1, 8));
    // An offer has the same pseudonym in the list and in the path of its status.
    for (_, status_file) in status_files {
        let (_, path) = status_file.split_once("/offers/").expect("a path");
        let (offer, _) = path.split_once("/status").expect("a path");
        let id = format!("\"id\": \"{offer}\"");
        assert_contains(&list_files[0].1, &id);
    }
}

#[test]
fn writes_no_file_for_unchanged_responses() {
    let workspace = Workspace::new();
    let server = serve_personal_data();
    let record = || workspace.record_from(&server.url(), "plantedworks", &[]);
    workspace.golden("record", &record());
    let first = workspace.written();
    assert_eq!(first.len(), 2);
    workspace.assert_valid();
    // After the commit, the pseudonyms of the first run are public values. Therefore, the next run uses other pseudonyms.
    for _ in 0..2 {
        golden("record-unchanged", &record());
        assert_eq!(workspace.written(), first);
        common::commit(workspace.root());
    }
}
