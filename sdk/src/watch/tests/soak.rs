//! Soak test: three days of a publisher watch on virtual time.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::model::{End, Fault, Item, Options, Seconds, ServiceResponse};
use super::simulation::{Reply, run};
use super::{OPTIONS, end, publisher_watch};

const OFFERS: u8 = 200;
const HOUR: Seconds = 3600;
const DAY: Seconds = 24 * HOUR;

/// Returns the time at which an offer's publication ends, and its last status. One publication of five ends on the second or third
/// day, the others in the last hour of the third day. One publication of four fails.
fn publication(offer: u8) -> (Seconds, &'static str) {
    let end = if offer.is_multiple_of(5) {
        DAY + u64::from(offer) * 600
    } else {
        3 * DAY - HOUR + u64::from(offer) * 10
    };
    let has_failed = offer.is_multiple_of(4);
    (end, if has_failed { "failed" } else { "succeeded" })
}

/// Returns the response to the nth request. One of ten responses is a fault, at random.
fn reply(number: u64, offer: Option<u8>, now: Seconds) -> Reply {
    let status = |offer| match publication(offer) {
        (end, _) if now < end => "running",
        (_, status) => status,
    };
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    let random = hasher.finish();
    let reply = match (random % 10, offer) {
        (0, _) => Reply::fault(match random / 10 % 3 {
            0 => Fault::Connection,
            1 => Fault::Decode,
            _ => Fault::Status(503),
        }),
        (_, Some(offer)) => Reply::report(status(offer)),
        (_, None) => {
            let items = (0..OFFERS).map(|offer| Item {
                offer,
                status: Some(status(offer)),
                version: 1,
            });
            Reply::new(ServiceResponse::List(items.collect()))
        }
    };
    Reply {
        duration: random / 30 % 2,
        ..reply
    }
}

#[test]
fn two_hundred_offers_are_watched_for_three_days_while_one_request_of_ten_fails() {
    let options = Options {
        timeout: 4 * DAY,
        ..OPTIONS
    };
    let mut requests = 0;
    let run = run(publisher_watch(options), |offer, now| {
        requests += 1;
        reply(requests, offer, now)
    });

    let result = run.result.expect("no error");
    assert!(!result.timed_out);
    // A list is requested in each minute, and after it the status of each offer without a result. A failed request is repeated.
    let check_requests = |offer: Option<u8>, minutes: Seconds| {
        let requests = run.sent.iter().filter(|(_, sent)| *sent == offer);
        let requests = requests.count() as Seconds;
        assert!(
            (minutes * 9 / 10..=minutes * 13 / 10).contains(&requests),
            "{offer:?}: {requests} requests in {minutes} minutes"
        );
    };
    check_requests(None, run.end / 60);
    for offer in 0..OFFERS {
        let (ended, status) = publication(offer);
        let actual = end(&result.offers[&offer.to_string()]);
        assert_eq!(actual, End::Outcome(status), "{offer}");
        check_requests(Some(offer), ended / 60);
    }
    assert_eq!(run.log.len(), run.sent.len());

    // The state grows by at most a quarter, because an offer with a result takes more memory than an offer without one.
    let sizes = &run.state_sizes;
    assert!(
        sizes[2..].iter().all(|size| *size <= sizes[1] * 5 / 4),
        "the state grows: {sizes:?}"
    );
}
