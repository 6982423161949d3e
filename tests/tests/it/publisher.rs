//! The watch of a publisher: which offers it polls, and which events it reports.

use std::time::Duration;

use crate::support::publisher::{events, list_response, serve_statuses};
use crate::support::scripted_server::Step::Reset;
use crate::support::scripted_server::{json_response, response};
use cloud_partner_portal::Until;
use serde_json::{Value, json};

#[tokio::test]
async fn reports_each_offer_until_all_have_an_outcome() {
    let lists = vec![
        list_response(&[
            ("a", "running"),
            ("b", "succeeded"),
            ("c", "waitingForPublisherReview"),
            ("d", "failed"),
        ]),
        list_response(&[
            ("a", "running"),
            ("b", "succeeded"),
            ("c", "waitingForPublisherReview"),
            ("d", "failed"),
        ]),
        list_response(&[
            ("a", "running"),
            ("b", "succeeded"),
            ("c", "succeeded"),
            ("d", "failed"),
        ]),
        list_response(&[
            ("a", "failed"),
            ("b", "succeeded"),
            ("c", "succeeded"),
            ("d", "failed"),
        ]),
    ];
    let service = serve_statuses(
        lists,
        &[
            ("a", &["running", "running", "notStarted", "failed"]),
            ("c", &["running", "waitingForPublisherReview", "succeeded"]),
        ],
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "4 offers, 2 watched; a running; c running",
            "4 offers, 2 watched; c ended: awaitingGoLive; c waitingForPublisherReview",
            "4 offers, 2 watched; a notStarted; c ended: succeeded; c succeeded",
            "4 offers, 1 watched; a ended: failed; a failed",
            "4 offers, 0 watched",
            "ended: a failed, c succeeded",
        ]
    );
    assert_eq!(
        service.polled_offers_sorted(),
        ["a c", "a c", "a c", "a", ""]
    );
}

#[tokio::test]
async fn ends_with_the_first_list_if_no_offer_is_in_flight() {
    for offers in [
        &[][..],
        &[
            ("a", "succeeded"),
            ("b", "neverPublished"),
            ("c", "published"),
        ],
    ] {
        let service = serve_statuses(vec![list_response(offers)], &[]);
        let listed = format!("{} offers, 0 watched", offers.len());
        assert_eq!(events(service.watch()).await, [listed.as_str(), "ended: "]);
        assert_eq!(service.server.requests().len(), 1);
    }
}

#[tokio::test]
async fn polls_an_offer_that_changed_in_the_list() {
    let offer = json!({"id": "b", "status": "succeeded", "version": 1, "changedTime": "2024-01-01T00:00:00"});
    for (name, property, value, is_polled) in [
        ("version", "version", json!(2), true),
        ("time", "changedTime", json!("2024-01-02T00:00:00"), true),
        ("status", "status", json!("published"), true),
        ("version removed", "version", Value::Null, true),
        ("letter case", "status", json!("Succeeded"), false),
        (
            "display text",
            "definition",
            json!({"displayText": "new"}),
            false,
        ),
        ("nothing", "version", json!(1), false),
    ] {
        let list = |offer: &Value, a: &str| {
            json_response(json!([{"id": "a", "status": a}, offer]).to_string())
        };
        let mut changed = offer.clone();
        changed[property] = value;
        let service = serve_statuses(
            vec![
                list(&offer, "running"),
                list(&offer, "running"),
                list(&changed, "running"),
                list(&changed, "running"),
                list(&changed, "succeeded"),
            ],
            &[
                (
                    "a",
                    &["running", "running", "running", "running", "succeeded"],
                ),
                ("b", &["succeeded"]),
            ],
        );
        let reported = events(service.watch()).await;
        let offers = if is_polled { "a b" } else { "a" };
        assert_eq!(
            service.polled_offers_sorted(),
            ["a", "a", offers, "a", "a", ""],
            "{name}"
        );
        assert_eq!(
            reported[2].contains("b succeeded"),
            is_polled,
            "{name}: {reported:?}"
        );
        let end = if is_polled {
            "ended: a succeeded, b succeeded"
        } else {
            "ended: a succeeded"
        };
        assert_eq!(reported.last().map(String::as_str), Some(end), "{name}");
    }
}

#[tokio::test]
async fn polls_an_offer_that_is_new_in_the_list() {
    let service = serve_statuses(
        vec![
            list_response(&[("a", "running")]),
            list_response(&[("a", "running"), ("b", "neverPublished")]),
            list_response(&[("a", "running"), ("b", "neverPublished")]),
            list_response(&[("a", "succeeded"), ("b", "neverPublished")]),
        ],
        &[
            ("a", &["running", "running", "running", "succeeded"]),
            ("b", &["neverPublished"]),
        ],
    );
    let reported = events(service.watch()).await;
    assert_eq!(
        reported.last().map(String::as_str),
        Some("ended: a succeeded, b neverPublished")
    );
    assert_eq!(service.polled_offers_sorted(), ["a", "a b", "a", "a", ""]);
}

#[tokio::test]
async fn polls_an_offer_that_disappears_from_the_list() {
    let both = || list_response(&[("a", "running"), ("b", "running")]);
    let one = || list_response(&[("a", "running")]);
    for (tolerate, b, last, expected_events, expected_polls) in [
        // The service returns a 404 for the offer.
        (
            Duration::ZERO,
            &["running", "404"] as &'static [&'static str],
            list_response(&[("a", "succeeded")]),
            vec![
                "2 offers, 2 watched; a running; b running",
                "1 offers, 2 watched; b ended: given up Some(404)",
                "1 offers, 1 watched; a ended: succeeded; a succeeded",
                "1 offers, 0 watched",
                "ended: a succeeded, b given up Some(404)",
            ],
            vec!["a b", "a b", "a", ""],
        ),
        // The service returns the offer's outcome, and the offer is in the list again.
        (
            Duration::from_secs(60),
            &["running", "500", "failed"],
            list_response(&[("a", "succeeded"), ("b", "failed")]),
            vec![
                "2 offers, 2 watched; a running; b running",
                "1 offers, 2 watched; b failed: Some(500)",
                "1 offers, 2 watched; a ended: succeeded; a succeeded; b ended: failed; b failed",
                "2 offers, 0 watched",
                "ended: a succeeded, b failed",
            ],
            vec!["a b", "a b", "a b", ""],
        ),
    ] {
        let rows: &'static [_] = vec![
            ("a", &["running", "running", "succeeded"] as &'static [_]),
            ("b", b),
        ]
        .leak();
        let service = serve_statuses(vec![both(), one(), one(), last], rows);
        assert_eq!(
            events(service.watch().tolerate(tolerate)).await,
            expected_events
        );
        assert_eq!(service.polled_offers_sorted(), expected_polls);
    }
}

#[tokio::test]
async fn an_offer_whose_status_request_fails_is_an_error_in_the_result_and_doesnt_end_the_watch() {
    let lists = || {
        vec![
            list_response(&[("a", "running"), ("b", "running"), (".c", "running")]),
            list_response(&[("a", "running"), ("b", "running"), (".c", "running")]),
            list_response(&[("a", "succeeded"), ("b", "running"), (".c", "running")]),
        ]
    };
    let a: (&str, &[&str]) = ("a", &["running", "running", "succeeded"]);
    for (b, error) in [
        (&["404"] as &'static [&'static str], "given up Some(404)"),
        (&["403"], "given up Some(403)"),
    ] {
        let service = serve_statuses(lists(), vec![a, ("b", b)].leak());
        // `.c` isn't a valid identifier, so its status can't be requested. Each error is reported once.
        let first =
            format!("3 offers, 3 watched; .c ended: given up None; a running; b ended: {error}");
        let last = format!("ended: .c given up None, a succeeded, b {error}");
        assert_eq!(
            events(service.watch()).await,
            [
                first.as_str(),
                "3 offers, 1 watched",
                "3 offers, 1 watched; a ended: succeeded; a succeeded",
                "3 offers, 0 watched",
                &last,
            ]
        );
        assert_eq!(service.polled_offers_sorted(), ["a b", "a", "a", ""]);
    }
}

#[tokio::test]
async fn repeats_a_failed_poll() {
    let service = serve_statuses(
        vec![
            list_response(&[("a", "running")]),
            list_response(&[("a", "succeeded")]),
            list_response(&[("a", "succeeded")]),
            list_response(&[("a", "succeeded")]),
        ],
        &[("a", &["503", "reset", "500", "succeeded"])],
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "1 offers, 1 watched; a failed: Some(503)",
            "1 offers, 1 watched; a failed: None",
            "1 offers, 1 watched; a failed: Some(500)",
            "1 offers, 1 watched; a ended: succeeded; a succeeded",
            "1 offers, 0 watched",
            "ended: a succeeded",
        ]
    );
}

#[tokio::test]
async fn reports_failed_list_requests() {
    let service = serve_statuses(
        vec![
            response(503, &[], ""),
            list_response(&[("a", "running")]),
            vec![Reset],
            list_response(&[("a", "succeeded")]),
        ],
        &[("a", &["running", "running", "running", "succeeded"])],
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "list failed: Some(503)",
            "1 offers, 1 watched; a running",
            "list failed: None",
            "1 offers, 1 watched; a ended: succeeded; a succeeded",
            "1 offers, 0 watched",
            "ended: a succeeded",
        ]
    );
    let html = [("content-type", "text/html")];
    let minutes = Duration::from_secs(15 * 60);
    for (status, list, tolerate) in [
        (403, response(403, &[], ""), minutes),
        (404, response(404, &[], ""), minutes),
        (401, response(401, &[], ""), minutes),
        (200, response(200, &html, "<html>"), Duration::ZERO),
    ] {
        let service = serve_statuses(vec![list], &[]);
        assert_eq!(
            events(service.watch().tolerate(tolerate)).await,
            [format!("error: Some({status})")]
        );
        assert_eq!(service.server.requests().len(), 1);
    }
}

#[tokio::test]
async fn waits_for_go_live_only_with_until_live() {
    let service = || {
        serve_statuses(
            vec![
                list_response(&[("a", "running")]),
                list_response(&[("a", "running")]),
                list_response(&[("a", "succeeded")]),
            ],
            &[("a", &["waitingForPublisherReview", "running", "succeeded"])],
        )
    };
    assert_eq!(
        events(service().watch()).await,
        [
            "1 offers, 1 watched; a ended: awaitingGoLive; a waitingForPublisherReview",
            "1 offers, 0 watched",
            "ended: a awaitingGoLive"
        ]
    );
    assert_eq!(
        events(service().watch().until(Until::Live)).await,
        [
            "1 offers, 1 watched; a waitingForPublisherReview",
            "1 offers, 1 watched; a running",
            "1 offers, 1 watched; a ended: succeeded; a succeeded",
            "1 offers, 0 watched",
            "ended: a succeeded",
        ]
    );
}
