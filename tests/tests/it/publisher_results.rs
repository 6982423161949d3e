//! The result of the watch of a publisher: every offer that was in flight or changed, with its last outcome.

use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::publisher::{
    Publisher, PublisherServer, events, list_response, serve_statuses, status_response,
};
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{json_response, response};
use cloud_partner_portal::{AccessToken, Client, Credential, Outcome};
use serde_json::json;

#[tokio::test]
async fn the_result_contains_an_offer_that_fails_between_two_lists() {
    for before in ["notStarted", "succeeded"] {
        let lists = vec![
            json_response(
                json!([
                    {"id": "a", "status": "running"},
                    {"id": "b", "status": before, "version": 1},
                ])
                .to_string(),
            ),
            json_response(
                json!([
                    {"id": "a", "status": "succeeded"},
                    {"id": "b", "status": "failed", "version": 2},
                ])
                .to_string(),
            ),
        ];
        let service = PublisherServer::start(Publisher {
            lists,
            status: Box::new(move |offer, interval| {
                status_response(match (offer, interval) {
                    ("a", 0) => "running",
                    ("a", _) => "succeeded",
                    (_, 0) => before,
                    (_, _) => "failed",
                })
            }),
        });
        let result = with_timeout("publisher", service.watch())
            .await
            .expect("no error");
        assert!(!result.is_success(), "{before}");
        let outcome = |offer: &str| result.offers[offer].as_ref().map(|result| result.outcome);
        assert_eq!(outcome("a").ok(), Some(Outcome::Succeeded), "{before}");
        assert_eq!(outcome("b").ok(), Some(Outcome::Failed), "{before}");
    }
}

#[tokio::test]
async fn polls_an_offer_without_a_known_status() {
    for item in [
        json!({"id": "a"}),
        json!({"id": "a", "status": null}),
        json!({"id": "a", "status": "notStarted"}),
        json!({"id": "a", "status": "paused"}),
    ] {
        let service = PublisherServer::start(Publisher {
            lists: vec![
                json_response(json!([item]).to_string()),
                list_response(&[("a", "failed")]),
            ],
            status: Box::new(|_, _| status_response("failed")),
        });
        assert_eq!(
            events(service.watch()).await.last().map(String::as_str),
            Some("ended: a failed"),
            "{item}"
        );
    }
}

#[tokio::test]
async fn the_outcome_of_an_offer_that_is_in_flight_again_is_discarded() {
    let lists = || {
        vec![
            list_response(&[("a", "running"), ("b", "running")]),
            list_response(&[("a", "succeeded"), ("b", "running")]),
            list_response(&[("a", "running"), ("b", "running")]),
            list_response(&[("a", "running"), ("b", "succeeded")]),
            list_response(&[("a", "failed"), ("b", "succeeded")]),
        ]
    };
    let b: (&str, &[&str]) = ("b", &["running", "running", "running", "succeeded"]);
    // The next poll fails.
    let service = serve_statuses(
        lists(),
        vec![("a", &["succeeded", "", "403"] as &[_]), b].leak(),
    );
    let reported = events(service.watch().tolerate(Duration::ZERO)).await;
    assert_eq!(
        reported.last().map(String::as_str),
        Some("ended: a given up Some(403), b succeeded")
    );
    // The next poll returns another outcome.
    let service = serve_statuses(
        lists(),
        vec![("a", &["succeeded", "", "running", "failed"] as &[_]), b].leak(),
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "2 offers, 2 watched; a ended: succeeded; a succeeded; b running",
            "2 offers, 1 watched",
            "2 offers, 2 watched; a running",
            "2 offers, 2 watched; a ended: failed; a failed; b ended: succeeded; b succeeded",
            "2 offers, 0 watched",
            "ended: a failed, b succeeded",
        ]
    );
    // Its polls fail until the timeout.
    let service = serve_statuses(
        lists(),
        vec![("a", &["succeeded", "", "503"] as &[_]), b].leak(),
    );
    let watch = service.watch().timeout(Duration::from_millis(500));
    let result = with_timeout("publisher", watch).await.expect("no error");
    let a = result.offers["a"].as_ref().expect("no error of the offer");
    assert_eq!(a.outcome, Outcome::TimedOut);
    let error = a.last_error.as_ref().expect("the last error");
    assert_eq!(error.status(), Some(503));
    assert!(result.timed_out && !result.is_success());
}

#[tokio::test]
async fn an_outcome_counts_only_when_the_list_agrees() {
    let service = serve_statuses(
        vec![
            list_response(&[("a", "running")]),
            list_response(&[("a", "running")]),
            list_response(&[("a", "running")]),
            list_response(&[("a", "running")]),
            list_response(&[("a", "succeeded")]),
        ],
        &[("a", &["running", "succeeded"])],
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "1 offers, 1 watched; a running",
            "1 offers, 1 watched; a ended: succeeded; a succeeded",
            "1 offers, 1 watched",
            "1 offers, 1 watched",
            "1 offers, 0 watched",
            "ended: a succeeded",
        ]
    );
    assert_eq!(service.polled_offers_sorted(), ["a", "a", "a", "a", ""]);
}

#[tokio::test]
async fn a_watch_without_an_offer_in_flight_is_no_success() {
    let service = serve_statuses(vec![list_response(&[("a", "succeeded")])], &[]);
    let result = with_timeout("publisher", service.watch())
        .await
        .expect("no error");
    assert!(result.offers.is_empty() && !result.timed_out && !result.is_success());
}

#[tokio::test]
async fn a_timeout_before_the_confirming_list_is_no_success() {
    let service = serve_statuses(
        vec![list_response(&[("a", "running")]), vec![Stall]],
        &[("a", &["succeeded"])],
    );
    let watch = service.watch().timeout(Duration::from_millis(500));
    let result = with_timeout("publisher", watch).await.expect("no error");
    let a = result.offers["a"].as_ref().expect("no error");
    // The last list says that the offer is in flight.
    assert_eq!(a.outcome, Outcome::TimedOut);
    assert!(result.timed_out && !result.is_success());

    let service = serve_statuses(vec![response(503, &[], "")], &[]);
    let watch = service.watch().timeout(Duration::from_millis(300));
    let result = with_timeout("publisher", watch).await.expect("no error");
    let error = result.last_error.as_ref().expect("the list's error");
    assert_eq!(error.status(), Some(503));
    assert!(result.timed_out && !result.is_success());
}

#[tokio::test]
async fn awaiting_a_watch_after_its_end_returns_its_result_without_a_request() {
    let service = serve_statuses(
        vec![
            list_response(&[("a", "running")]),
            list_response(&[("a", "failed")]),
        ],
        &[("a", &["failed"])],
    );
    let mut watch = service.watch().start();
    while with_timeout("events", watch.next_event()).await.is_some() {}
    let requests = service.server.requests().len();
    let result = with_timeout("again", watch).await.expect("no error");
    assert_eq!(
        result.offers["a"]
            .as_ref()
            .map(|result| result.outcome)
            .ok(),
        Some(Outcome::Failed)
    );
    assert_eq!(service.server.requests().len(), requests);
}

#[tokio::test]
async fn a_panic_of_the_token_provider_reaches_the_caller() {
    let client = || {
        let credential = Credential::provider(|| async {
            let token: &str = std::future::ready(None)
                .await
                .expect("the token provider panics");
            Ok(AccessToken::new(token))
        });
        Client::builder()
            .endpoint("http://127.0.0.1:9")
            .credential(credential)
            .build()
            .expect("a valid configuration")
    };
    let publisher = client().watch_publisher("contoso").expect("an id").start();
    let watch = tokio::spawn(async move { publisher.await.is_ok() });
    assert!(watch.await.is_err_and(|error| error.is_panic()));
    let offer = client().watch("contoso", "a").expect("ids").start();
    let watch = tokio::spawn(async move { offer.await.is_ok() });
    assert!(watch.await.is_err_and(|error| error.is_panic()));
}
