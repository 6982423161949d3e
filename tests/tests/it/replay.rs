//! Tests the replay server, a local server that returns recorded responses.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::Duration;

use cloud_partner_recordings::load::{self, Scenario};
use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::replay::{ADDED_CORRELATION_ID, Replay, Server};
use cloud_partner_recordings::synthetic::recording;
use reqwest::Client;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::support::error_checks::with_timeout;
use crate::support::{committed_recordings, serve};

const VERSION: &str = "?api-version=2017-10-31";
const CORRELATION_ID: &str = "x-ms-correlation-request-id";
const OFFERS: &str = "/api/publishers/contoso/offers";
const NO_RECORDINGS: [Recording; 0] = [];

fn all_recordings_and_scenarios() -> Replay {
    let (recordings, scenarios) = load::all(load::root()).expect("valid recordings");
    Replay::new(recordings, scenarios)
}

fn start(replay: Replay) -> Server {
    replay.start().expect("a server")
}

/// Returns a scenario with one recording for each status. All recordings have the same request.
fn scenario(path: &str, statuses: &[&str]) -> Scenario {
    let recording = |status| recording(path, Some(Body::Json(json!({ "status": status }))));
    Scenario {
        name: "test".to_owned(),
        recordings: statuses.iter().map(recording).collect(),
    }
}

/// An HTTP client for all tests. It doesn't reuse connections, because the end of a test closes all connections that the test opened.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let client = Client::builder().no_proxy().pool_max_idle_per_host(0);
    client.build().expect("an HTTP client")
});

/// Sends a request. `request` consists of the method and the target, such as `GET /path`.
async fn send(server: &Server, request: &str, authorization: Option<&str>) -> reqwest::Response {
    let (method, target) = request.split_once(' ').expect("a method and a target");
    let mut request = CLIENT
        .request(method.parse().expect("a method"), server.url() + target)
        .header("x-test", "a");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    request.send().await.expect("a response")
}

/// Sends a GET request with a token, and returns the status code and the body.
async fn get(server: &Server, target: &str) -> (u16, String) {
    let response = send(server, &format!("GET {target}"), Some("Bearer a-token")).await;
    let status = response.status().as_u16();
    (status, response.text().await.expect("a body"))
}

async fn get_json(server: &Server, path: &str) -> Value {
    let (status, body) = get(server, &format!("{path}{VERSION}")).await;
    assert_eq!(status, 200, "{path}");
    serde_json::from_str(&body).expect("JSON")
}

#[tokio::test]
async fn returns_every_recording_byte_for_byte() {
    let server = start(Replay::new(committed_recordings(), []));
    for recording in committed_recordings() {
        let file = recording.file.display();
        let version = &recording.request.query["api-version"];
        let request = format!("GET {}?api-version={version}", recording.request.path);
        let mut response = send(&server, &request, Some("Bearer a-token")).await;
        let recorded = recording.response;
        assert_eq!(response.status(), recorded.status, "{file}");
        let body = match recorded.body {
            None => String::new(),
            Some(Body::Text(text)) => text,
            Some(Body::Json(json)) => json.to_string(),
        };
        let headers = response.headers_mut();
        let length = headers.remove("content-length");
        assert_eq!(length.expect("a length"), &body.len().to_string(), "{file}");
        headers.remove("date");
        if !recorded.headers.contains_key(CORRELATION_ID) {
            headers.remove(CORRELATION_ID).expect("an id");
        }
        let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
        let headers: BTreeMap<_, _> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        assert_eq!(headers, recorded.headers, "{file}");
        assert_eq!(response.text().await.expect("a body"), body, "{file}");
    }

    // The server keeps the order of properties and the digits of large numbers.
    let text = r#"{"z":636576975611768314,"a":[],"m":"< é"}"#;
    let body = Body::Json(serde_json::from_str(text).expect("JSON"));
    let server = serve(vec![recording("/x", Some(body))]);
    assert_eq!(get(&server, &format!("/x{VERSION}")).await.1, text);
}

#[tokio::test]
async fn adds_a_correlation_id_if_the_recording_has_none() {
    let mut recording = recording("/x", None);
    recording.response.headers.clear();
    let server = serve(vec![recording]);
    for path in ["/x", "/missing"] {
        let request = format!("GET {path}{VERSION}");
        let response = send(&server, &request, Some("Bearer a-token")).await;
        assert_eq!(response.headers()[CORRELATION_ID], ADDED_CORRELATION_ID);
    }
}

#[tokio::test]
async fn returns_401_for_a_missing_or_wrong_token() {
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
        let response = send(server, &format!("GET {OFFERS}{VERSION}"), authorization).await;
        assert_eq!(response.status(), status, "{authorization:?}");
        if status == 401 {
            let denied = r#"{"Message":"Authorization has been denied for this request."}"#;
            let body = response.text().await.expect("a body");
            assert_eq!(body, denied, "{authorization:?}");
        }
    }
}

#[tokio::test]
async fn a_request_without_a_recording_gets_an_error_response() {
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
    // `P` stands for `/api/publishers`, and `V` for `api-version=2017-10-31`.
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
        let response = send(&server, &request, Some("Bearer a-token")).await;
        assert_eq!(response.status(), status, "{request}");
        let headers = response.headers();
        assert_eq!(headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(headers.contains_key("allow"), status == 405, "{request}");
        let actual = response.text().await.expect("a body");
        assert_eq!(actual, body.to_string(), "{request}");
    }
}

#[tokio::test]
async fn two_paths_are_equal_if_their_decoded_segments_are_equal() {
    let offers = ["a%23b", "a%20b", "caf%C3%A9", "a%2Fb", "a+b", "%2e%2e"];
    let recordings = offers.map(|offer| {
        let body = Body::Text(offer.to_owned());
        recording(format!("{OFFERS}/{offer}"), Some(body))
    });
    let server = serve(recordings.to_vec());
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
        let (status, body) = get(&server, &format!("{OFFERS}/{requested}{VERSION}")).await;
        let body = (status == 200).then_some(body.as_str());
        assert_eq!(body, expected, "{requested}");
    }
}

#[tokio::test]
async fn a_scenario_returns_its_responses_in_order_and_then_repeats_the_last() {
    let path = "/offers/vm/status";
    let [server, other_server] = [(); 2].map(|()| {
        let scenario = scenario(path, &["one", "two", "three"]);
        start(Replay::new(NO_RECORDINGS, [scenario]))
    });
    for status in ["one", "two", "three", "three", "three"] {
        // A request that gets an error response doesn't advance the scenario.
        assert_eq!(get(&server, path).await.0, 400);
        assert_eq!(get_json(&server, path).await["status"], status);
    }
    assert_eq!(get_json(&other_server, path).await["status"], "one");
}

#[tokio::test]
async fn an_offer_in_the_list_has_the_same_status_as_its_next_report() {
    let server = start(all_recordings_and_scenarios());
    let offers = |list: Value| list.as_array().expect("a list").clone();
    let first_list = offers(get_json(&server, OFFERS).await);
    for _ in 0..12 {
        let list = offers(get_json(&server, OFFERS).await);
        for (first, offer) in first_list.iter().zip(list) {
            let id = offer["id"].as_str().expect("an id");
            let report = get_json(&server, &format!("{OFFERS}/{id}/status")).await;
            assert_eq!(offer["status"], report["status"], "{id}");
            // No other property changes.
            let mut unchanged = offer.clone();
            unchanged["status"] = first["status"].clone();
            assert_eq!(&unchanged, first);
        }
    }
    let last_list = offers(get_json(&server, OFFERS).await);
    let statuses = [0, 1, 2].map(|index| &last_list[index]["status"]);
    assert_eq!(statuses, ["succeeded", "failed", "canceled"]);
}

#[tokio::test]
async fn the_log_contains_every_part_of_a_request_except_the_token() {
    let server = start(all_recordings_and_scenarios());
    for authorization in [None, Some("Bearer secret"), Some("secret")] {
        send(&server, "PUT /x%20y?b=1&a=2%263", authorization).await;
    }
    let log = server.requests();
    assert_eq!(log.len(), 3);
    for request in &log {
        assert_eq!(request.method, "PUT");
        assert_eq!(request.uri, "/x%20y?b=1&a=2%263");
        assert_eq!(request.headers["x-test"], "a");
        assert!(request.headers.contains_key("host"));
    }
    assert!(!format!("{log:?}").contains("secret"));
}

async fn wait_for_request(server: &Server) {
    while server.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_client_that_disconnects_during_the_delay_doesnt_advance_a_scenario() {
    let path = "/offers/vm/status";
    let scenario = scenario(path, &["one", "two"]);
    let replay = Replay::new(NO_RECORDINGS, [scenario]).delay(Duration::from_millis(200));
    let server = start(replay);
    tokio::select! {
        report = get_json(&server, path) => panic!("{report}"),
        () = wait_for_request(&server) => {}
    }
    assert_eq!(get_json(&server, path).await["status"], "one");
}

#[tokio::test]
async fn dropping_the_server_closes_its_connections_and_frees_the_port() {
    let server = start(all_recordings_and_scenarios().delay(Duration::from_secs(3600)));
    let address = server.url().replace("http://", "");
    assert!(address.starts_with("127.0.0.1:"));
    let waiting = tokio::spawn(CLIENT.get(server.url()).send());
    wait_for_request(&server).await;
    drop(server);
    assert!(TcpStream::connect(&address).is_err());
    let waiting = with_timeout("closed connection", waiting).await;
    assert!(waiting.expect("no panic").is_err());

    let port = address.rsplit(':').next().expect("a port");
    let on_port = || all_recordings_and_scenarios().port(port.parse().expect("a number"));
    let again = start(on_port());
    assert_eq!(again.url(), format!("http://{address}"));
    let taken = on_port().start().err().expect("an error");
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn start_rejects_recordings_and_scenarios_that_the_server_cant_replay() {
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
            "two recordings or scenarios have the same request: GET /%78%20y",
        ),
        (
            vec![spaced],
            Some(same_path),
            "two recordings or scenarios have the same request: GET /x%20y",
        ),
        (vec![], Some(empty), "the scenario test has no recordings"),
        (
            vec![],
            Some(mixed),
            "the recordings of the scenario test have different requests",
        ),
    ] {
        let replay = Replay::new(recordings, scenario);
        let error = replay.start().err().expect("an error");
        assert_eq!(error.to_string(), message);
    }
}
