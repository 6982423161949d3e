//! Every fault in every phase of a watch: before the first success, between two successes, and after the last success.
//!
//! The faults occur in the status of a watched offer, in the status of an offer of a watched publisher, and in the list.

use std::time::Duration;

use crate::support::TOKEN;
use crate::support::error_checks::with_timeout;
use crate::support::publisher::{Publisher, PublisherServer, list_response};
use crate::support::scripted_server::Step::{Reset, Send, Stall};
use crate::support::scripted_server::{ScriptedServer, Step, json_response, response};
use crate::support::watch::{POLL_INTERVAL, error_response, status_response};
use cloud_partner_portal::{
    Client, Credential, Error, Outcome, PublisherWatchEvent, WatchEvent, WatchResult,
};

/// A fault, the status code of its error, and whether it is tolerated before the first success.
struct Fault {
    name: &'static str,
    steps: Vec<Step>,
    code: Option<u16>,
    tolerated_at_first: bool,
}

fn faults() -> Vec<Fault> {
    let html = response(
        200,
        &[("content-type", "text/html")],
        "<html>Sign in</html>",
    );
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"status\":".to_vec();
    let fault = |name, steps, code, tolerated_at_first| Fault {
        name,
        steps,
        code,
        tolerated_at_first,
    };
    let mut faults = vec![
        fault("reset", vec![Reset], None, true),
        fault("closed", vec![], None, true),
        fault("hang", vec![Stall], None, true),
        fault("cut", vec![Send(cut)], Some(200), true),
        fault("HTML", html, Some(200), true),
        fault("a number", json_response("7"), Some(200), true),
        fault("empty", json_response(""), Some(200), true),
    ];
    for (code, tolerated_at_first) in [
        (400, false),
        (401, false),
        (403, false),
        (404, false),
        (408, true),
        (429, true),
        (500, true),
        (503, true),
    ] {
        faults.push(fault(
            "status code",
            error_response(code),
            Some(code),
            tolerated_at_first,
        ));
    }
    faults
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// The first response is the fault, the next a success.
    First,
    /// The fault comes between two successes.
    Midway,
    /// After a success, every response is the fault.
    Last,
}

impl Phase {
    const ALL: [Self; 3] = [Self::First, Self::Midway, Self::Last];

    /// Returns the response with this number, or `None` if it is the fault.
    fn response<T>(self, number: usize, running: T, succeeded: T) -> Option<T> {
        match (self, number) {
            (Self::First, 0) | (Self::Midway, 1) | (Self::Last, 1..) => None,
            (Self::Midway | Self::Last, 0) => Some(running),
            (Self::First | Self::Midway, _) => Some(succeeded),
        }
    }

    fn tolerate(self) -> Duration {
        match self {
            Self::Last => Duration::from_millis(200),
            _ => Duration::from_secs(50),
        }
    }
}

fn client(endpoint: String) -> Client {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .attempt_timeout(Duration::from_secs(2))
        .build()
        .expect("a valid configuration")
}

/// Checks a result against the fault and its phase.
fn check(case: &str, fault: &Fault, phase: Phase, result: Result<WatchResult, Error>) {
    let survives = match phase {
        Phase::First => fault.tolerated_at_first,
        Phase::Midway => true,
        Phase::Last => false,
    };
    match result {
        Ok(result) => {
            assert!(survives, "{case}: {:?}", result.outcome);
            assert_eq!(result.outcome, Outcome::Succeeded, "{case}");
            assert!(
                result.last_error.is_none(),
                "{case}: the result contains an earlier error"
            );
        }
        Err(error) => {
            assert!(!survives, "{case}: {error}");
            if fault.name != "cut" {
                assert_eq!(error.status(), fault.code, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn a_watch_of_an_offer_tolerates_or_reports_every_fault_of_the_status() {
    for fault in faults() {
        for phase in Phase::ALL {
            let case = format!("{} {:?} {phase:?}", fault.name, fault.code);
            let steps = fault.steps.clone();
            let server = ScriptedServer::start(move |request| {
                phase
                    .response(
                        request.number,
                        status_response("running"),
                        status_response("succeeded"),
                    )
                    .unwrap_or_else(|| steps.clone())
            });
            let mut watch = client(server.url())
                .watch("contoso", "linux-vm")
                .expect("valid identifiers")
                .interval(POLL_INTERVAL)
                .tolerate(phase.tolerate())
                .start();
            let mut failed = 0;
            let result = loop {
                match with_timeout(&case, watch.next_event()).await {
                    Some(WatchEvent::PollFailed(_)) => failed += 1,
                    Some(WatchEvent::Ended(result)) => break result,
                    Some(_) => {}
                    None => panic!("{case}: the watch ends without a result"),
                }
            };
            // Each failed poll is reported once, either by a `PollFailed` event or by the error that ends the watch.
            let faults = match phase {
                Phase::Last => server.requests().len() - 1,
                _ => 1,
            };
            assert_eq!(failed + usize::from(result.is_err()), faults, "{case}");
            check(&case, &fault, phase, result);
        }
    }
}

#[tokio::test]
async fn a_watch_of_a_publisher_tolerates_or_reports_every_fault_of_a_status() {
    for fault in faults() {
        for phase in Phase::ALL {
            let case = format!("{} {:?} {phase:?}", fault.name, fault.code);
            let steps = fault.steps.clone();
            let polls = std::sync::atomic::AtomicUsize::new(0);
            let service = PublisherServer::start(Publisher {
                // The second offer always succeeds. The list has no status of the first one, so it never contradicts a report.
                lists: vec![
                    list_response(&[("a", ""), ("b", "running")]),
                    list_response(&[("a", ""), ("b", "succeeded")]),
                ],
                status: Box::new(move |offer, _| {
                    if offer == "b" {
                        return status_response("succeeded");
                    }
                    let number = polls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    phase
                        .response(
                            number,
                            status_response("running"),
                            status_response("succeeded"),
                        )
                        .unwrap_or_else(|| steps.clone())
                }),
            });
            let mut watch = client(service.server.url())
                .watch_publisher("contoso")
                .expect("a valid identifier")
                .interval(POLL_INTERVAL)
                .tolerate(phase.tolerate())
                .start();
            let mut ended_with_error = 0;
            let mut result = loop {
                match with_timeout(&case, watch.next_event()).await {
                    Some(PublisherWatchEvent::OfferEnded { result: Err(_), .. }) => {
                        ended_with_error += 1;
                    }
                    Some(PublisherWatchEvent::Ended(result)) => break result.expect("valid lists"),
                    Some(_) => {}
                    None => panic!("{case}: the watch ends without a result"),
                }
            };
            let a = result.offers.get("a").expect("a result of the offer");
            assert_eq!(ended_with_error, usize::from(a.is_err()), "{case}");
            assert_eq!(result.is_success(), a.is_ok(), "{case}");
            let b = result.offers.remove("b").expect("a result of the offer");
            assert_eq!(b.expect("no error").outcome, Outcome::Succeeded, "{case}");
            check(
                &case,
                &fault,
                phase,
                result.offers.remove("a").expect("a result"),
            );
        }
    }
}

#[tokio::test]
async fn a_watch_of_a_publisher_tolerates_or_reports_every_fault_of_the_list() {
    for fault in faults() {
        for phase in Phase::ALL {
            let case = format!("{} {:?} {phase:?}", fault.name, fault.code);
            let lists = (0..3)
                .map(|number| {
                    phase
                        .response(
                            number,
                            list_response(&[("a", "running")]),
                            list_response(&[("a", "waitingForPublisherReview")]),
                        )
                        .unwrap_or_else(|| fault.steps.clone())
                })
                .chain([match phase {
                    Phase::Last => fault.steps.clone(),
                    _ => list_response(&[("a", "succeeded")]),
                }])
                .collect();
            let service = PublisherServer::start(Publisher {
                lists,
                status: Box::new(|_, interval| {
                    status_response(if interval < 2 { "running" } else { "succeeded" })
                }),
            });
            let watch = client(service.server.url())
                .watch_publisher("contoso")
                .expect("a valid identifier")
                .interval(POLL_INTERVAL)
                .tolerate(phase.tolerate());
            let result = with_timeout(&case, watch).await.map(|mut result| {
                assert!(result.is_success(), "{case}: {result:?}");
                let offer_result = result.offers.remove("a").expect("a result of the offer");
                offer_result.expect("a status")
            });
            check(&case, &fault, phase, result);
        }
    }
}
