//! The replay server, tested over sockets.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    time::Duration,
};

use cloud_partner_recordings::{
    recording::{Body, Recording},
    replay::{Authorization, Replay, Server},
    sample::many_offers,
    store::{self, Scenario, StoredRecording},
};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

const TOKEN: &str = "a-token";
const VERSION: &str = "?api-version=2017-10-31";

fn committed() -> Replay {
    let home = store::root();
    Replay::new(
        store::recordings(&home.join("recordings")).all().unwrap(),
        store::scenarios(&home.join("scenarios")).all().unwrap(),
    )
}

/// Returns a recording of this path with this response body.
fn recording_of(path: &str, body: Option<Body>) -> Recording {
    let mut recording = many_offers(0);
    path.clone_into(&mut recording.request.path);
    recording.response.body = body;
    recording
}

/// Returns a scenario of one path whose response bodies have these statuses.
fn scenario(path: &str, statuses: &[&str]) -> Scenario {
    let recordings = statuses.iter().map(|status| StoredRecording {
        file: PathBuf::new(),
        recording: recording_of(path, Some(Body::Json(json!({ "status": status })))),
    });
    Scenario {
        name: "made".to_owned(),
        recordings: recordings.collect(),
    }
}

async fn get(server: &Server, path_and_query: &str) -> Response {
    let url = format!("{}{path_and_query}", server.url());
    Client::new()
        .get(url)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap()
}

async fn get_json(server: &Server, path: &str) -> Value {
    let response = get(server, &format!("{path}{VERSION}")).await;
    assert_eq!(response.status(), 200, "{path}");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn returns_every_recording_byte_for_byte() {
    let recordings = store::recordings(&store::root().join("recordings"))
        .all()
        .unwrap();
    let server = Replay::new(recordings.clone(), []).start().unwrap();
    for StoredRecording { file, recording } in recordings {
        let version = &recording.request.query["api-version"];
        let path = format!("{}?api-version={version}", recording.request.path);
        let response = get(&server, &path).await;
        let file = file.display();
        assert_eq!(response.status(), recording.response.status, "{file}");
        let mut headers: BTreeMap<_, _> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body = match recording.response.body {
            None => String::new(),
            Some(Body::Text(text)) => text,
            Some(Body::Json(json)) => json.to_string(),
        };
        assert_eq!(
            headers.remove("content-length"),
            Some(body.len().to_string()),
            "{file}"
        );
        headers.remove("date");
        if !recording
            .response
            .headers
            .contains_key("x-ms-correlation-request-id")
        {
            headers.remove("x-ms-correlation-request-id").unwrap();
        }
        assert_eq!(headers, recording.response.headers, "{file}");
        assert_eq!(response.text().await.unwrap(), body, "{file}");
    }
}

#[tokio::test]
async fn a_json_body_keeps_the_order_of_properties_and_the_digits_of_numbers() {
    let text = r#"{"z":636576975611768314,"a":[],"m":"< é"}"#;
    let body = Body::Json(serde_json::from_str(text).unwrap());
    let server = Replay::new([recording_of("/x", Some(body))], [])
        .start()
        .unwrap();
    let response = get(&server, &format!("/x{VERSION}")).await;
    assert_eq!(response.text().await.unwrap(), text);
}

#[tokio::test]
async fn adds_a_correlation_id_if_the_recording_has_none() {
    let mut recording = recording_of("/x", None);
    recording.response.headers.clear();
    let server = Replay::new([recording], []).start().unwrap();
    let mut ids = Vec::new();
    for path in ["/x", "/x", "/missing"] {
        let response = get(&server, &format!("{path}{VERSION}")).await;
        let id = response.headers()["x-ms-correlation-request-id"]
            .to_str()
            .unwrap();
        ids.push(id.to_owned());
    }
    assert_eq!(
        ids,
        [
            "00000000-0000-4000-8000-000000000001",
            "00000000-0000-4000-8000-000000000002",
            "00000000-0000-4000-8000-000000000003",
        ]
    );
}

/// Sends a request that isn't recorded, and returns the status code and body of the error response.
async fn error_response(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers();
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(headers.contains_key("allow"), status == 405);
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn returns_401_for_a_missing_or_wrong_token() {
    let server = committed().token(TOKEN).start().unwrap();
    let url = format!("{}/api/publishers/contoso/offers{VERSION}", server.url());
    let denied = json!({ "Message": "Authorization has been denied for this request." });
    for authorization in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer another",
        "Bearer a-token2",
        "Basic a-token",
        "a-token",
    ] {
        let request = Client::new()
            .get(&url)
            .header("authorization", authorization);
        assert_eq!(
            error_response(request).await,
            (401, denied.clone()),
            "{authorization:?}"
        );
    }
    assert_eq!(error_response(Client::new().get(&url)).await, (401, denied));
    for authorization in ["Bearer a-token", "bearer a-token"] {
        let request = Client::new()
            .get(&url)
            .header("authorization", authorization);
        assert_eq!(
            request.send().await.unwrap().status(),
            200,
            "{authorization:?}"
        );
    }

    // Without a configured token, the server accepts any non-empty token.
    let server = committed().start().unwrap();
    let url = format!("{}/api/publishers/contoso/offers{VERSION}", server.url());
    for (token, status) in [("another", 200), ("", 401)] {
        let response = Client::new()
            .get(&url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{token:?}");
    }
}

#[tokio::test]
async fn returns_the_error_response_of_the_service_for_a_request_that_isnt_recorded() {
    let server = committed().start().unwrap();
    let coded = |code: &str, what: &str| json!({ "error": { "code": code, "message": what } });
    let version = coded(
        "InvalidAPIVersion",
        "The api-version is missing or not supported.",
    );
    let query = coded(
        "BadRequest",
        "The query has parameters that are not expected here, or lacks some.",
    );
    let forbidden = coded("Forbidden", "The principal has no access to the publisher.");
    let not_found = |what: &str| {
        let mut inner = json!({ "serviceName": "Product", "error": what });
        inner["exceptionCode"] = "Http404Exception".into();
        inner["httpStatusCode"] = "NotFound".into();
        json!({ "Product": inner })
    };
    let no_offer = not_found("The offer 'café' was not found.");
    let no_list = not_found("The publisher's offers were not found.");
    let elsewhere = json!({ "Message": "No HTTP resource was found that matches the request." });
    for (target, status, body) in [
        ("contoso/offers", 400, &version),
        ("contoso/offers?api-version=", 400, &version),
        ("contoso/offers?api-version=2018-01-01", 400, &version),
        ("contoso/offers?API-VERSION=2017-10-31", 400, &version),
        ("contoso/offers?api-version=2017-10-31&x=y", 400, &query),
        (
            "contoso/offers?api-version=2017-10-31&api-version=2017-10-31",
            400,
            &query,
        ),
        ("nobody/offers?api-version=2017-10-31", 403, &forbidden),
        (
            "nobody/offers/x/status?api-version=2017-10-31",
            403,
            &forbidden,
        ),
        ("Contoso/offers?api-version=2017-10-31", 403, &forbidden),
        (
            "contoso/offers/caf%C3%A9/status?api-version=2017-10-31",
            404,
            &no_offer,
        ),
        (
            "contoso/offers/caf%c3%a9?api-version=2017-10-31",
            404,
            &no_offer,
        ),
        ("fabrikam/offers?api-version=2017-10-31", 404, &no_list),
        (
            "../other/contoso/offers?api-version=2017-10-31",
            404,
            &elsewhere,
        ),
        ("..?api-version=2017-10-31", 404, &elsewhere),
    ] {
        let url = format!("{}/api/publishers/{target}", server.url());
        let request = Client::new().get(url).bearer_auth(TOKEN);
        assert_eq!(
            error_response(request).await,
            (status, body.clone()),
            "{target}"
        );
    }

    let url = format!("{}/api/publishers/contoso/offers{VERSION}", server.url());
    let what = "The requested resource does not support the method 'POST'.";
    let request = Client::new().request(Method::POST, url).bearer_auth(TOKEN);
    assert_eq!(
        error_response(request).await,
        (405, json!({ "Message": what }))
    );
}

#[tokio::test]
async fn compares_paths_segment_by_segment_after_decoding() {
    let offers = ["a%23b", "a%20b", "caf%C3%A9", "a%2Fb", "a+b", "%2e%2e"];
    let recordings = offers.map(|offer| {
        let body = Body::Text(offer.to_owned());
        recording_of(&format!("/api/publishers/p/offers/{offer}"), Some(body))
    });
    let server = Replay::new(recordings, []).start().unwrap();
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
        let response = get(
            &server,
            &format!("/api/publishers/p/offers/{requested}{VERSION}"),
        )
        .await;
        let found = response.status() == 200;
        let text = response.text().await.unwrap();
        assert_eq!(found.then_some(text.as_str()), expected, "{requested}");
    }
}

#[tokio::test]
async fn a_scenario_advances_with_each_request_and_repeats_its_last_response() {
    let server = Replay::new(
        Vec::<Recording>::new(),
        [scenario("/offers/vm/status", &["one", "two", "three"])],
    )
    .start()
    .unwrap();
    let mut statuses = Vec::new();
    for _ in 0..5 {
        // A request that gets an error response doesn't advance the scenario.
        assert_eq!(get(&server, "/offers/vm/status").await.status(), 400);
        statuses.push(get_json(&server, "/offers/vm/status").await["status"].clone());
    }
    assert_eq!(statuses, ["one", "two", "three", "three", "three"]);
}

#[tokio::test]
async fn the_list_shows_the_status_that_the_next_status_request_returns() {
    let server = committed().start().unwrap();
    let before = get_json(&server, "/api/publishers/contoso/offers").await;
    for _ in 0..12 {
        let list = get_json(&server, "/api/publishers/contoso/offers").await;
        for (before, offer) in before
            .as_array()
            .unwrap()
            .iter()
            .zip(list.as_array().unwrap())
        {
            let id = offer["id"].as_str().unwrap();
            let path = format!("/api/publishers/contoso/offers/{id}/status");
            assert_eq!(
                offer["status"],
                get_json(&server, &path).await["status"],
                "{id}"
            );
            // No other property changes.
            let mut as_before = offer.clone();
            as_before["status"] = before["status"].clone();
            assert_eq!(&as_before, before);
        }
    }
    let list = get_json(&server, "/api/publishers/contoso/offers").await;
    let final_statuses: Vec<_> = list.as_array().unwrap()[..3]
        .iter()
        .map(|offer| &offer["status"])
        .collect();
    assert_eq!(final_statuses, ["succeeded", "failed", "canceled"]);
}

#[tokio::test]
async fn scenarios_of_two_servers_are_independent() {
    let [one, other] = [(); 2].map(|()| committed().start().unwrap());
    let path = "/api/publishers/contoso/offers/linux-vm/status";
    assert_eq!(get_json(&one, path).await["status"], "notStarted");
    assert_eq!(get_json(&one, path).await["status"], "running");
    assert_eq!(get_json(&other, path).await["status"], "notStarted");
}

#[tokio::test]
async fn the_log_contains_every_part_of_a_request_except_the_token() {
    let server = committed().start().unwrap();
    let client = Client::new();
    let authorizations = [
        None,
        Some("Bearer secret"),
        Some("Basic secret"),
        Some("secret"),
    ];
    for authorization in authorizations {
        let url = format!("{}/x%20y?b=1&a=2%263", server.url());
        let mut request = client.get(url).header("X-Extra", "here");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        request.send().await.unwrap();
    }
    let log = server.requests();
    assert_eq!(
        log.iter()
            .map(|request| request.authorization)
            .collect::<Vec<_>>(),
        [
            Authorization::Missing,
            Authorization::Bearer,
            Authorization::Other,
            Authorization::Other
        ]
    );
    assert!(log.is_sorted_by_key(|request| request.when));
    for request in &log {
        assert_eq!(request.method, "GET");
        assert_eq!(request.path, "/x%20y");
        let query =
            [("b", "1"), ("a", "2&3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(request.query, query);
        assert_eq!(request.headers["x-extra"], "here");
        assert!(request.headers.contains_key("host"));
    }
    assert!(!format!("{log:?}").contains("secret"));
}

/// Sends a request over a new connection, without an async runtime.
fn send_blocking(server: &Server, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.url().replace("http://", "")).unwrap();
    let request = format!(
        "GET {path}{VERSION} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads the response until the connection ends.
fn read_to_end(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Waits until the server has received this many requests.
async fn wait_for_requests(server: &Server, count: usize) {
    while server.requests().len() < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn requests_wait_until_the_last_hold_is_dropped() {
    let server = committed().start().unwrap();
    let (one, other) = (server.hold(), server.hold());
    let url = format!("{}/api/publishers/contoso/offers{VERSION}", server.url());
    let request = tokio::spawn(Client::new().get(url).bearer_auth(TOKEN).send());
    wait_for_requests(&server, 1).await;
    drop(one);
    // The timeout of a second request shows that the server still holds responses back.
    let url = format!("{}/", server.url());
    let impatient = Client::new()
        .get(url)
        .timeout(Duration::from_millis(50))
        .send();
    assert!(impatient.await.unwrap_err().is_timeout());
    assert!(!request.is_finished());
    drop(other);
    assert_eq!(request.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_client_that_disconnects_while_it_waits_doesnt_advance_a_scenario() {
    let made = scenario("/offers/vm/status", &["one", "two"]);
    let server = Replay::new(Vec::<Recording>::new(), [made])
        .start()
        .unwrap();
    let hold = server.hold();
    let disconnected = send_blocking(&server, "/offers/vm/status");
    wait_for_requests(&server, 1).await;
    drop(disconnected);
    // When this request has arrived, the server has noticed that the first connection is closed.
    let second = send_blocking(&server, "/offers/vm/status");
    wait_for_requests(&server, 2).await;
    drop(hold);
    assert!(read_to_end(second).ends_with(r#"{"status":"one"}"#));
}

#[tokio::test]
async fn delays_every_response() {
    let server = committed()
        .delay(Duration::from_secs(3600))
        .start()
        .unwrap();
    let url = format!("{}/", server.url());
    let impatient = Client::new()
        .get(url)
        .timeout(Duration::from_millis(50))
        .send();
    assert!(impatient.await.unwrap_err().is_timeout());

    let server = committed().delay(Duration::from_millis(1)).start().unwrap();
    get_json(&server, "/api/publishers/contoso/offers").await;
}

#[test]
fn responds_while_the_caller_blocks() {
    let server = committed().start().unwrap();
    let text = read_to_end(send_blocking(&server, "/api/publishers/northwind/offers"));
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\n[]"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_server_closes_its_connections_and_frees_the_port() {
    let server = committed().start().unwrap();
    let address = server.url().replace("http://", "");
    assert!(address.starts_with("127.0.0.1:"));
    let hold = server.hold();
    let url = format!("{}/", server.url());
    let waiting = tokio::spawn(Client::new().get(url).send());
    wait_for_requests(&server, 1).await;
    drop(server);
    assert!(TcpStream::connect(&address).is_err());
    assert!(waiting.await.unwrap().is_err());
    drop(hold);

    // The port is free again.
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    let again = committed().port(port).start().unwrap();
    assert_eq!(again.url(), format!("http://{address}"));
    let taken = committed().port(port).start().err().unwrap();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn start_returns_an_error_for_other_methods_duplicate_requests_and_empty_scenarios() {
    let mut post = recording_of("/x", None);
    post.request.method = "POST".to_owned();
    let twice = || recording_of("/x%20y", None);
    let none: [Recording; 0] = [];
    for (replay, message) in [
        (
            Replay::new([post], []),
            "only GET is replayed: POST /x?api-version=2017-10-31",
        ),
        // Two encodings of the same path.
        (
            Replay::new([twice(), recording_of("/%78%20y", None)], []),
            "recorded twice: GET /%78%20y?api-version=2017-10-31",
        ),
        (
            Replay::new([twice()], [scenario("/x%20y", &["one"])]),
            "recorded twice: GET /x%20y?api-version=2017-10-31",
        ),
        (
            Replay::new(none, [scenario("/x", &[])]),
            "the scenario made has no recordings",
        ),
    ] {
        assert_eq!(replay.start().err().unwrap().to_string(), message);
    }
}
