//! Tests the client: which endpoints and paths it accepts, `Client::get`, and which public types are `Send` and `Sync`.

use cloud_partner_portal::{
    AccessToken, Change, Client, ClientBuilder, Credential, CredentialError, CredentialSource,
    Error, Extensible, Identifier, InvalidIdentifier, Link, Outcome, PublisherWatch,
    PublisherWatchBuilder, PublisherWatchEvent, PublisherWatchResult, Response, RetryPolicy,
    StepChange, Timestamp, Until, Watch, WatchBuilder, WatchEvent, WatchResult, types,
};

use crate::support::scripted_server::{ScriptedServer, json_response, response};
use crate::support::{TOKEN, build, client, committed_recordings, retry, serve};

#[test]
fn public_types_can_cross_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    fn is_send<T: Send + 'static>() {}
    fn is_error<T: Clone + std::error::Error>() {}
    is_send_and_sync::<(AccessToken, Client, ClientBuilder, RetryPolicy)>();
    is_send_and_sync::<(Credential, CredentialError, CredentialSource, Error)>();
    is_send_and_sync::<(Identifier, InvalidIdentifier, Link, Timestamp)>();
    is_send_and_sync::<(Extensible<types::OfferStatus>, Outcome, Until)>();
    is_send_and_sync::<Response<types::OfferStatusReport>>();
    is_send_and_sync::<(Change, StepChange, WatchBuilder, WatchEvent, WatchResult)>();
    is_send_and_sync::<(PublisherWatchBuilder, PublisherWatchEvent)>();
    is_send_and_sync::<PublisherWatchResult>();
    // A watch contains the future of a request. This future isn't `Sync`.
    is_send::<(PublisherWatch, Watch)>();
    is_error::<Error>();
}

fn with_endpoint(endpoint: &str) -> Result<Client, Error> {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .http_client(reqwest::Client::new())
        .build()
}

#[test]
fn only_valid_https_endpoints_and_local_http_endpoints_are_accepted() {
    for (endpoint, url) in [
        ("https://example.com", "https://example.com"),
        (" https://example.com/a/ ", "https://example.com/a"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
    ] {
        let client = with_endpoint(endpoint).expect(endpoint);
        assert_eq!(client.endpoint(), url);
    }
    for endpoint in [
        "http://cloudpartner.azure.com",
        "http://192.0.2.1",
        "http://0.0.0.0:8080",
        "http://[2001:db8::1]",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "HTTP://EXAMPLE.COM",
        "https://example.com?x=1",
        "https://example.com#x",
        "ftp://example.com",
        "example.com",
        "",
    ] {
        let error = with_endpoint(endpoint).expect_err(endpoint);
        assert!(error.is_invalid_argument(), "{endpoint}: {error:?}");
        assert!(error.to_string().contains("the endpoint can't be used"));
    }
}

#[test]
fn an_endpoint_with_a_password_is_an_error_that_doesnt_contain_the_password() {
    let endpoint = "https://user:s3cret@example.com";
    let builder = Client::builder().endpoint(endpoint);
    let error = with_endpoint(endpoint).expect_err("an endpoint with a password");
    assert!(error.is_invalid_argument(), "{error:?}");
    for text in [format!("{builder:?}"), format!("{error} {error:?}")] {
        assert!(text.contains("a user name or a password"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn every_attempt_sends_the_suffix_of_the_user_agent() {
    let server = serve(committed_recordings());
    let builder = Client::builder().endpoint(server.url()).retry(retry(2));
    let client = build(builder.user_agent_suffix("pipeline/7"));
    let result = client.list_offers("contoso-gateway-timeout").await;
    assert_eq!(result.expect_err("a 504").attempts(), 2);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        let user_agent = request.headers["user-agent"].to_str().expect("text");
        assert!(
            user_agent.starts_with("cloud-partner-portal-rust/"),
            "{user_agent}"
        );
        assert!(user_agent.ends_with(" pipeline/7"), "{user_agent}");
    }
}

#[tokio::test]
async fn client_get_calls_an_operation_that_isnt_in_the_spec() {
    let server = ScriptedServer::start(|request| match request.number {
        0 => response(503, &[], ""),
        _ => response(200, &[("x-test", "a")], r#"{"any":["thing"]}"#),
    });
    let client = build(Client::builder().endpoint(server.url()).retry(retry(2)));
    let response = client.get("/api/publishers/contoso/offers/test-vm").await;
    let response = response.expect("JSON");
    assert_eq!(response["any"][0], "thing");
    assert_eq!((response.attempts(), response.status()), (2, 200));
    let header = response.headers().get("x-test");
    assert_eq!(header.and_then(|value| value.to_str().ok()), Some("a"));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.token.is_some()));
}

#[tokio::test]
async fn client_get_accepts_only_a_valid_path_below_the_endpoint() {
    let server = ScriptedServer::scripts(vec![json_response("[]")]);
    let client = client(server.url() + "/p");
    let paths = [
        ("/a", "/p/a?api-version=2017-10-31"),
        ("//a", "/p//a?api-version=2017-10-31"),
        ("/a%2Fb?x=%20", "/p/a%2Fb?x=%20&api-version=2017-10-31"),
        ("/a?api-version=2", "/p/a?api-version=2"),
    ];
    for (path, _) in paths {
        client.get(path).await.expect(path);
    }
    for path in [
        "",
        "api",
        "@evil.example/",
        "https://evil.example/",
        "/../a",
        "/a/%2e%2E/b",
        "/./a",
        "/a\\..\\b",
        "/a b",
        "/a\nb",
        "/a#b",
    ] {
        let error = client.get(path).await.expect_err(path);
        assert!(error.is_invalid_argument(), "{path}: {error:?}");
    }
    let requests = server.requests();
    let targets: Vec<_> = requests.iter().map(|request| &*request.target).collect();
    assert_eq!(targets, paths.map(|(_, target)| target));
}
