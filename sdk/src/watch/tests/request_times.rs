//! Tests when the watches send their requests, and which `Delayed` events they report.

use std::collections::BTreeSet;
use std::time::Duration;

use super::model::Fault;
use super::simulation::{Reply, run, scripted};
use super::{OPTIONS, offer_watch, publisher_watch, watch_options};
use crate::watch::options::WatchOptions;
use crate::{Client, Credential, PublisherWatchEvent, WatchEvent};

const RUNNING: Reply = Reply::report("running");
const SUCCEEDED: Reply = Reply::report("succeeded");
const FAILED: Reply = Reply::report("failed");
const UNAVAILABLE: Reply = Reply::fault(Fault::Status(503));
const NO_CONNECTION: Reply = Reply::fault(Fault::Connection);

#[test]
fn a_retry_after_that_is_longer_than_the_wait_delays_the_next_poll() {
    // The columns: the interval, the jitter in thousandths, the `Retry-After`, the wait after a report, and the wait after an
    // error. All times are in seconds, and the waits are rounded up. The flag beside a wait is true if a `Delayed` event reports the wait.
    for (interval, jitter, retry_after, after_report, after_error) in [
        (60, 0, None, (60, false), (1, false)),
        (60, 50, None, (63, false), (2, false)),
        (60, 100, None, (66, false), (2, false)),
        (60, 0, Some(30), (60, false), (30, false)),
        (60, 0, Some(60), (60, false), (60, false)),
        (60, 100, Some(60), (66, false), (66, false)),
        (60, 0, Some(61), (61, true), (61, true)),
        (60, 100, Some(100), (110, true), (110, true)),
        (60, 0, Some(86_400), (3600, true), (3600, true)),
        (60, 100, Some(u64::MAX), (3600, true), (3600, true)),
        (3500, 0, Some(86_400), (3600, true), (3600, true)),
        (3500, 100, Some(86_400), (3850, false), (3600, true)),
        (7200, 0, Some(86_400), (7200, false), (3600, true)),
    ] {
        for (first, expected) in [(RUNNING, after_report), (UNAVAILABLE, after_error)] {
            let case = format!("{interval} {jitter} {first:?} {retry_after:?}");
            let options = WatchOptions {
                interval: Duration::from_secs(interval),
                jitter,
                ..watch_options(OPTIONS)
            };
            let script = [vec![first.retry_after(retry_after), SUCCEEDED]];
            let run = run(offer_watch(options, None), scripted(&[], &script));
            let delays = run.events.iter().filter_map(|event| match event {
                WatchEvent::Delayed(wait) => Some(wait.as_secs()),
                _ => None,
            });
            let delays: Vec<_> = delays.collect();
            let (wait, is_reported) = expected;
            assert_eq!(run.sent[1].0, wait, "{case}");
            assert_eq!(
                delays,
                Vec::from_iter(is_reported.then_some(wait)),
                "{case}"
            );
        }
    }
}

#[test]
fn the_random_jitter_varies_and_is_at_most_a_tenth() {
    let jitter = |_| WatchOptions::default().with_random_jitter().jitter;
    let jitters: BTreeSet<_> = (0..1000).map(jitter).collect();
    assert!(jitters.len() > 10, "{jitters:?}");
    assert!(jitters.last() <= Some(&100), "{jitters:?}");
}

#[test]
fn the_wait_after_an_error_doubles_up_to_the_interval() {
    let before_the_first_report = vec![NO_CONNECTION];
    let after_a_report = vec![RUNNING, NO_CONNECTION];
    // Each wait is at most the interval. The last poll is sent when the tolerated time ends: 120 s or 900 s after the first failed poll.
    for (script, first_times, last_times) in [
        (
            before_the_first_report,
            &[0, 1, 3, 7, 15, 31, 63][..],
            [31, 63, 120],
        ),
        (
            after_a_report,
            &[0, 60, 61, 63, 67, 75, 91, 123, 183, 243],
            [843, 903, 960],
        ),
    ] {
        let watch = offer_watch(watch_options(OPTIONS), None);
        let run = run(watch, scripted(&[], &[script]));
        let times: Vec<_> = run.sent.iter().map(|(time, _)| *time).collect();
        assert!(times.starts_with(first_times), "{times:?}");
        assert!(times.ends_with(&last_times), "{times:?}");
        assert!(run.result.is_err_and(|error| error.is_connection()));
    }
}

#[test]
fn a_retry_after_delays_the_next_list_request() {
    let delayed = |reply: Reply| reply.retry_after(Some(500));
    let list = |status| Reply::list(2, Some(status));
    let slow_error = Reply {
        duration: 59,
        ..NO_CONNECTION
    };
    // Each pair is the time of a request and the offer whose status is requested; `None` is the list.
    let polls_then_list = &[(0, None), (0, Some(0)), (0, Some(1)), (500, None)][..];
    let list_then_polls = &[(0, None), (500, None), (500, Some(0)), (500, Some(1))];
    // At 60 s, the list request and the repetition of the failed poll are both due. The watch sends the list request first. Then the
    // `Retry-After` of the list's error response delays the poll.
    let two_lists = &[
        (0, None),
        (0, Some(0)),
        (0, Some(1)),
        (60, None),
        (560, None),
    ];
    // The columns: the offer in the `Delayed` event (`None` is the list), the responses to list requests, the responses to status
    // requests of offer 0, and the expected first requests.
    for (delayed_offer, lists, reports_of_0, expected) in [
        (
            None,
            vec![delayed(list("running")), list("failed")],
            vec![RUNNING, FAILED],
            polls_then_list,
        ),
        (
            None,
            vec![delayed(UNAVAILABLE), list("running"), list("failed")],
            vec![FAILED],
            list_then_polls,
        ),
        (
            None,
            vec![list("running"), delayed(UNAVAILABLE), list("failed")],
            vec![slow_error, FAILED],
            two_lists,
        ),
        (
            Some("0"),
            vec![list("running"), list("failed")],
            vec![delayed(RUNNING), FAILED],
            polls_then_list,
        ),
        (
            Some("0"),
            vec![list("running"), list("failed")],
            vec![delayed(UNAVAILABLE), FAILED],
            polls_then_list,
        ),
    ] {
        let reports = [reports_of_0, vec![RUNNING, FAILED]];
        let run = run(publisher_watch(OPTIONS), scripted(&lists, &reports));
        let case = format!("{lists:?} {reports:?}");
        assert_eq!(&run.sent[..expected.len()], expected, "{case}");
        let delays = run.events.iter().filter_map(|event| match event {
            PublisherWatchEvent::Delayed { offer, wait } => {
                Some((offer.as_deref(), wait.as_secs()))
            }
            _ => None,
        });
        let delays: Vec<_> = delays.collect();
        assert_eq!(delays, [(delayed_offer, 500)], "{case}");
    }
}

#[test]
fn a_failed_poll_is_repeated_before_the_next_list() {
    let lists = ["running", "succeeded"].map(|status| Reply::list(2, Some(status)));
    let reports = [
        vec![NO_CONNECTION, NO_CONNECTION, RUNNING, SUCCEEDED],
        vec![RUNNING, SUCCEEDED],
    ];
    let run = run(publisher_watch(OPTIONS), scripted(&lists, &reports));
    // Each pair is the time of a request and the offer whose status is requested; `None` is the list.
    let expected = [
        (0, None),
        (0, Some(0)),
        (0, Some(1)),
        (1, Some(0)),
        (3, Some(0)),
        (60, None),
        (60, Some(0)),
        (60, Some(1)),
        (120, None),
    ];
    assert_eq!(run.sent, expected);
}

#[test]
fn each_offer_without_a_result_is_polled_once_after_each_list() {
    let a_second = |reply: Reply| Reply {
        duration: 1,
        ..reply
    };
    let lists = ["running", "running", "succeeded"];
    let lists = lists.map(|status| a_second(Reply::list(20, Some(status))));
    let reports = [RUNNING, RUNNING, SUCCEEDED].map(a_second);
    let run = run(
        publisher_watch(OPTIONS),
        scripted(&lists, &[reports.to_vec()]),
    );
    let rounds: Vec<_> = run.sent.chunk_by(|_, (_, offer)| offer.is_some()).collect();
    // Each list request takes a second, and the next one is sent 60 s after the response. At the last list, every offer has a result.
    let lists: Vec<_> = rounds.iter().map(|round| round[0]).collect();
    assert_eq!(lists, [0, 61, 122, 183].map(|time| (time, None)));
    for (round, polls) in rounds.iter().zip([20, 20, 20, 0]) {
        let offers: BTreeSet<_> = round[1..].iter().map(|(_, offer)| *offer).collect();
        assert_eq!((round.len(), offers.len()), (1 + polls, polls));
    }
}

#[test]
fn a_retry_after_of_an_error_delays_the_queued_polls() {
    let lists = ["running", "failed"].map(|status| Reply::list(20, Some(status)));
    // The first response to a poll of offer 0 is an error with a `Retry-After`. After a 429, the watch repeats the poll. After a 403, the
    // watch of this offer ends.
    for code in [429, 403] {
        let delayed = Reply::fault(Fault::Status(code)).retry_after(Some(500));
        let reports = [vec![delayed, FAILED], vec![FAILED]];
        let run = run(publisher_watch(OPTIONS), scripted(&lists, &reports));
        let requests_at = |time| run.sent.iter().filter(|(sent, _)| *sent == time).count();
        // At most eight polls run concurrently, so the other twelve polls are queued when the error arrives.
        assert_eq!(requests_at(0), 1 + 8);
        assert!(requests_at(500) >= 12, "{:?}", run.sent);
        assert!(run.sent.iter().all(|(time, _)| *time == 0 || *time >= 500));
        let offers = run.result.expect("a result").offers;
        let errors = offers.values().filter(|result| result.is_err()).count();
        assert_eq!(errors, usize::from(code == 403));
    }
}

#[test]
fn the_start_timeout_is_30_minutes_by_default() {
    let client = Client::builder().credential(Credential::token("t0ken").expect("a token"));
    let client = client.build().expect("a client");
    let watch = client.watch("contoso", "a").expect("valid identifiers");
    assert_eq!(watch.start_timeout, Duration::from_secs(1800));
}
