//! The replay server, tested with plain sockets.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use cloud_partner_recordings::load::{self, Scenario, StoredRecording};
use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::replay::{ADDED_CORRELATION_ID, Replay, Server};
use cloud_partner_recordings::synthetic::recording;
use serde_json::{Value, json};

const VERSION: &str = "?api-version=2017-10-31";
const CORRELATION_ID: &str = "x-ms-correlation-request-id";
const OFFERS: &str = "/api/publishers/contoso/offers";
const NO_RECORDINGS: [Recording; 0] = [];

fn recordings() -> Vec<StoredRecording> {
    let recordings = load::recordings(&load::root().join("recordings"));
    recordings.all().expect("valid recordings")
}

fn all_recordings_and_scenarios() -> Replay {
    let scenarios = load::scenarios(&load::root().join("scenarios"));
    Replay::new(recordings(), scenarios.all().expect("valid scenarios"))
}

fn start(replay: Replay) -> Server {
    replay.start().expect("a server")
}

/// Returns a scenario: recordings of one request, whose response bodies have these statuses in order.
fn scenario(path: &str, statuses: &[&str]) -> Scenario {
    let stored = |status: &&str| StoredRecording {
        file: PathBuf::new(),
        recording: recording(path, Some(Body::Json(json!({ "status": status })))),
    };
    Scenario {
        name: "test".to_owned(),
        recordings: statuses.iter().map(stored).collect(),
    }
}

/// Sends a request. `request` is its method and target, such as `GET /path`.
fn send(server: &Server, request: &str, headers: &str) -> TcpStream {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let head = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).expect("a connection");
    stream
}

#[derive(Debug)]
struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Response {
    fn read(mut stream: TcpStream) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("a response");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            (name.to_owned(), value.to_owned())
        };
        Self {
            status: status.expect("a status").parse().expect("a number"),
            headers: lines.map(header).collect(),
            body: body.to_owned(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

fn get(server: &Server, target: &str) -> Response {
    let request = format!("GET {target}");
    Response::read(send(server, &request, "authorization: Bearer a-token\r\n"))
}

fn get_json(server: &Server, path: &str) -> Value {
    let response = get(server, &format!("{path}{VERSION}"));
    assert_eq!(response.status, 200, "{path}");
    response.json()
}

#[test]
fn returns_every_recording_byte_for_byte() {
    let server = start(Replay::new(recordings(), []));
    for StoredRecording { file, recording } in recordings() {
        let file = file.display();
        let version = &recording.request.query["api-version"];
        let target = format!("{}?api-version={version}", recording.request.path);
        let mut response = get(&server, &target);
        let recorded = recording.response;
        let body = match recorded.body {
            None => String::new(),
            Some(Body::Text(text)) => text,
            Some(Body::Json(json)) => json.to_string(),
        };
        let length = response.headers.remove("content-length");
        assert_eq!(length, Some(body.len().to_string()), "{file}");
        response.headers.remove("connection");
        response.headers.remove("date");
        if !recorded.headers.contains_key(CORRELATION_ID) {
            response.headers.remove(CORRELATION_ID).expect("an id");
        }
        let actual = (response.status, response.headers, response.body);
        assert_eq!(actual, (recorded.status, recorded.headers, body), "{file}");
    }

    // The server keeps the order of properties and the digits of large numbers.
    let text = r#"{"z":636576975611768314,"a":[],"m":"< é"}"#;
    let body = Body::Json(serde_json::from_str(text).expect("JSON"));
    let server = start(Replay::new([recording("/x", Some(body))], []));
    assert_eq!(get(&server, &format!("/x{VERSION}")).body, text);
}

#[test]
fn adds_a_correlation_id_if_the_recording_has_none() {
    let mut recording = recording("/x", None);
    recording.response.headers.clear();
    let server = start(Replay::new([recording], []));
    for path in ["/x", "/missing"] {
        let response = get(&server, &format!("{path}{VERSION}"));
        assert_eq!(response.headers[CORRELATION_ID], ADDED_CORRELATION_ID);
    }
}

#[test]
fn returns_401_for_a_missing_or_wrong_token() {
    let one_token = start(all_recordings_and_scenarios().token("a-token"));
    let any_token = start(all_recordings_and_scenarios());
    for (server, authorization, status) in [
        (&one_token, None, 401),
        (&one_token, Some(""), 401),
        (&one_token, Some("Bearer"), 401),
        (&one_token, Some("Bearer "), 401),
        (&one_token, Some("Bearer another"), 401),
        (&one_token, Some("Bearer a-token2"), 401),
        (&one_token, Some("Basic a-token"), 401),
        (&one_token, Some("a-token"), 401),
        (&one_token, Some("Bearer a-token"), 200),
        (&one_token, Some("bearer a-token"), 200),
        (&any_token, Some("Bearer another"), 200),
        (&any_token, Some("Bearer "), 401),
    ] {
        let header = authorization.map(|value| format!("authorization: {value}\r\n"));
        let request = format!("GET {OFFERS}{VERSION}");
        let response = Response::read(send(server, &request, &header.unwrap_or_default()));
        assert_eq!(response.status, status, "{authorization:?}");
        if status == 401 {
            let denied = json!({ "Message": "Authorization has been denied for this request." });
            assert_eq!(response.json(), denied, "{authorization:?}");
        }
    }
}

#[test]
fn returns_the_error_response_of_the_service_for_a_request_that_isnt_recorded() {
    let coded = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    let not_found = |message: &str| {
        json!({"Product": {
            "serviceName": "Product", "error": message,
            "exceptionCode": "Http404Exception", "httpStatusCode": "NotFound",
        }})
    };
    let version = "The api-version is missing or not supported.";
    let version = &coded("InvalidAPIVersion", version);
    let forbidden = &coded("Forbidden", "The principal has no access to the publisher.");
    let no_offer = &not_found("The offer 'café' was not found.");
    let no_list = &not_found("The publisher's offers were not found.");
    let post = "The requested resource does not support the method 'POST'.";
    let post = &json!({ "Message": post });
    let server = start(all_recordings_and_scenarios());
    for (request, status, body) in [
        ("GET P/contoso/offers", 400, version),
        ("GET P/contoso/offers?api-version=", 400, version),
        ("GET P/contoso/offers?api-version=2018", 400, version),
        ("GET P/contoso/offers?Api-version=2017-10-31", 400, version),
        ("GET P/contoso/offers?V&x=y", 404, no_list),
        ("GET P/contoso/offers?V&V", 404, no_list),
        ("GET P/nobody/offers?V", 403, forbidden),
        ("GET P/nobody/offers/x/status?V", 403, forbidden),
        ("GET P/Contoso/offers?V", 403, forbidden),
        ("GET P/contoso/offers/caf%C3%A9/status?V", 404, no_offer),
        ("GET P/contoso/offers/caf%c3%a9?V", 404, no_offer),
        ("GET P/fabrikam/offers?V", 404, no_list),
        ("GET /api/other/contoso/offers?V", 403, forbidden),
        ("GET /api?V", 404, no_list),
        ("POST P/contoso/offers?V", 405, post),
    ] {
        let request = request.replace(" P", " /api/publishers");
        let request = request.replace('V', "api-version=2017-10-31");
        let response = Response::read(send(&server, &request, "authorization: Bearer x\r\n"));
        let actual = (response.status, response.json());
        assert_eq!(actual, (status, body.clone()), "{request}");
        let headers = response.headers;
        assert_eq!(headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(headers.contains_key("allow"), status == 405, "{request}");
    }
}

#[test]
fn compares_paths_segment_by_segment_after_decoding() {
    let offers = ["a%23b", "a%20b", "caf%C3%A9", "a%2Fb", "a+b", "%2e%2e"];
    let recordings = offers.map(|offer| {
        let body = Body::Text(offer.to_owned());
        recording(format!("{OFFERS}/{offer}"), Some(body))
    });
    let server = start(Replay::new(recordings, []));
    for (requested, expected) in [
        ("a%23b", Some("a%23b")),
        ("%61%23%62", Some("a%23b")),
        ("a%20b", Some("a%20b")),
        ("a+b", Some("a+b")),
        ("a%2Bb", Some("a+b")),
        ("caf%c3%a9", Some("caf%C3%A9")),
        ("a%2fb", Some("a%2Fb")),
        ("a/b", None),
        ("a%2523b", None),
        ("A%23b", None),
        ("a%23b/", None),
    ] {
        let response = get(&server, &format!("{OFFERS}/{requested}{VERSION}"));
        let body = (response.status == 200).then_some(response.body.as_str());
        assert_eq!(body, expected, "{requested}");
    }
}

#[test]
fn a_scenario_advances_with_each_request_to_its_server_and_repeats_its_last_response() {
    let path = "/offers/vm/status";
    let [server, other_server] = [(); 2].map(|()| {
        let scenario = scenario(path, &["one", "two", "three"]);
        start(Replay::new(NO_RECORDINGS, [scenario]))
    });
    for status in ["one", "two", "three", "three", "three"] {
        // A request that gets an error response doesn't advance the scenario.
        assert_eq!(get(&server, path).status, 400);
        assert_eq!(get_json(&server, path)["status"], status);
    }
    assert_eq!(get_json(&other_server, path)["status"], "one");
}

#[test]
fn the_list_shows_the_status_that_the_next_status_request_returns() {
    let server = start(all_recordings_and_scenarios());
    let offers = |list: Value| list.as_array().expect("a list").clone();
    let first_list = offers(get_json(&server, OFFERS));
    for _ in 0..12 {
        for (first, offer) in first_list.iter().zip(offers(get_json(&server, OFFERS))) {
            let id = offer["id"].as_str().expect("an id");
            let report = get_json(&server, &format!("{OFFERS}/{id}/status"));
            assert_eq!(offer["status"], report["status"], "{id}");
            // No other property changes.
            let mut unchanged = offer.clone();
            unchanged["status"] = first["status"].clone();
            assert_eq!(&unchanged, first);
        }
    }
    let last_list = offers(get_json(&server, OFFERS));
    let statuses = [0, 1, 2].map(|index| &last_list[index]["status"]);
    assert_eq!(statuses, ["succeeded", "failed", "canceled"]);
}

#[test]
fn the_log_contains_every_part_of_a_request_except_the_token() {
    let server = start(all_recordings_and_scenarios());
    let (bearer, plain) = (
        "authorization: Bearer secret\r\n",
        "authorization: secret\r\n",
    );
    for authorization in ["", bearer, plain] {
        let headers = format!("X-Extra: here\r\n{authorization}");
        Response::read(send(&server, "PUT /x%20y?b=1&a=2%263", &headers));
    }
    let log = server.requests();
    assert_eq!(log.len(), 3);
    for request in &log {
        let actual = (request.method.as_str(), &*request.target);
        assert_eq!(actual, ("PUT", "/x%20y?b=1&a=2%263"));
        assert_eq!(request.headers["x-extra"], "here");
        assert!(request.headers.contains_key("host"));
    }
    assert!(!format!("{log:?}").contains("secret"));
}

fn wait_for_request(server: &Server) {
    while server.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_client_that_disconnects_during_the_delay_doesnt_advance_a_scenario() {
    let scenario = scenario("/offers/vm/status", &["one", "two"]);
    let replay = Replay::new(NO_RECORDINGS, [scenario]).delay(Duration::from_millis(200));
    let server = start(replay);
    let request = format!("GET /offers/vm/status{VERSION}");
    let send = || send(&server, &request, "authorization: Bearer x\r\n");
    let disconnected = send();
    wait_for_request(&server);
    drop(disconnected);
    assert_eq!(Response::read(send()).body, r#"{"status":"one"}"#);
}

#[test]
fn dropping_the_server_closes_its_connections_and_frees_the_port() {
    let server = start(all_recordings_and_scenarios().delay(Duration::from_secs(3600)));
    let address = server.url().replace("http://", "");
    assert!(address.starts_with("127.0.0.1:"));
    let mut waiting = send(&server, "GET /", "");
    wait_for_request(&server);
    drop(server);
    assert!(TcpStream::connect(&address).is_err());
    assert!(waiting.read(&mut [0]).is_ok_and(|bytes| bytes == 0));

    let port = address.rsplit(':').next().expect("a port");
    let on_port = || all_recordings_and_scenarios().port(port.parse().expect("a number"));
    let again = start(on_port());
    assert_eq!(again.url(), format!("http://{address}"));
    let taken = on_port().start().err().expect("an error");
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn start_returns_an_error_for_other_methods_duplicate_requests_and_invalid_scenarios() {
    let mut post = recording("/x", None);
    post.request.method = "POST".to_owned();
    let [spaced, other_encoding] = ["/x%20y", "/%78%20y"].map(|path| recording(path, None));
    let mut mixed = scenario("/x", &["one"]);
    mixed.recordings.extend(scenario("/y", &["two"]).recordings);
    let same_path = scenario("/x%20y", &["one"]);
    let empty = scenario("/x", &[]);
    for (recordings, scenario, message) in [
        (vec![post], None, "only GET is replayed: POST /x"),
        (
            vec![spaced.clone(), other_encoding],
            None,
            "recorded twice: /%78%20y",
        ),
        (vec![spaced], Some(same_path), "recorded twice: /x%20y"),
        (vec![], Some(empty), "the scenario test has no recordings"),
        (
            vec![],
            Some(mixed),
            "the scenario test has different requests",
        ),
    ] {
        let replay = Replay::new(recordings, scenario);
        let error = replay.start().err().expect("an error");
        assert_eq!(error.to_string(), message);
    }
}
