//! Soak test: runs a publisher watch for three days of simulated time.

use std::collections::BTreeMap;

use super::model::{End, Fault, Item, Options, Seconds, ServiceResponse};
use super::simulation::{Reply, run};
use super::{OPTIONS, model_end, publisher_watch};

const OFFERS: u8 = 200;
const HOUR: Seconds = 3600;
const DAY: Seconds = 24 * HOUR;

/// Returns the time at which an offer's publication ends. Every fifth publication ends on the second or third day. The
/// others end in the last hour of the third day.
fn end_of_publication(offer: u8) -> Seconds {
    if offer.is_multiple_of(5) {
        DAY + u64::from(offer) * 600
    } else {
        3 * DAY - HOUR + u64::from(offer) * 10
    }
}

fn status(offer: u8, now: Seconds) -> &'static str {
    if now < end_of_publication(offer) {
        "running"
    } else if offer.is_multiple_of(4) {
        "failed"
    } else {
        "succeeded"
    }
}

#[test]
fn a_watch_of_200_offers_reports_every_outcome_although_one_request_in_ten_fails() {
    let options = Options {
        timeout: 4 * DAY,
        ..OPTIONS
    };
    let mut random = fastrand::Rng::with_seed(1);
    let mut requests: BTreeMap<Option<u8>, Seconds> = BTreeMap::new();
    let run = run(publisher_watch(options), |offer, now| {
        *requests.entry(offer).or_default() += 1;
        let items = (0..OFFERS).map(|offer| Item {
            offer,
            status: Some(status(offer, now)),
            version: 1,
        });
        let reply = match offer {
            _ if random.u8(..10) == 0 => {
                let faults = [Fault::Connection, Fault::Decode, Fault::Status(503)];
                Reply::fault(faults[random.usize(..faults.len())])
            }
            Some(offer) => Reply::report(status(offer, now)),
            None => Reply::new(ServiceResponse::List(items.collect())),
        };
        Reply {
            duration: random.u64(..2),
            ..reply
        }
    });

    let result = run.result.expect("no error");
    assert!(!result.timed_out);
    assert_eq!(result.offers.len(), usize::from(OFFERS));
    for offer in 0..OFFERS {
        let outcome = model_end(&result.offers[&offer.to_string()]);
        assert_eq!(outcome, End::Outcome(status(offer, 3 * DAY)), "{offer}");
    }
    // The watch requests the list and the status of each unfinished offer once per minute. It repeats a failed request.
    for (offer, requests) in requests {
        let minutes = offer.map_or(run.ended_at, end_of_publication) / 60;
        assert!(
            (minutes * 9 / 10..=minutes * 13 / 10).contains(&requests),
            "{offer:?}: {requests} requests in {minutes} minutes"
        );
    }

    // A size is the length of the watch's `Debug` output. The output may grow by a quarter, because finished offers add results.
    let sizes = &run.state_sizes;
    assert!(
        sizes[2..].iter().all(|size| *size <= sizes[1] * 5 / 4),
        "the state grows: {sizes:?}"
    );
}
