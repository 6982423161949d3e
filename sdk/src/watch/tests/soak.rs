//! Soak test: three days of a publisher watch on virtual time.

use std::collections::BTreeMap;

use super::many;
use super::model::{End, Fault, Item, Options, Report, ServiceResponse};
use super::simulation::{Reply, run};

const OFFERS: u8 = 200;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// A deterministic generator of pseudo-random numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Returns the time at which an offer's publication ends, and its last status. Most publications end in the last hour of the third
/// day. One publication of four fails.
fn publication(offer: u8) -> (u64, &'static str) {
    let end = if offer.is_multiple_of(5) {
        DAY + u64::from(offer) * 600
    } else {
        3 * DAY - HOUR + u64::from(offer) * 10
    };
    let status = if offer.is_multiple_of(4) {
        "failed"
    } else {
        "succeeded"
    };
    (end, status)
}

fn status(offer: u8, now: u64) -> &'static str {
    let (end, status) = publication(offer);
    if now < end { "running" } else { status }
}

#[test]
fn three_days_with_two_hundred_offers_of_which_one_poll_in_ten_fails() {
    let mut random = Random(1);
    let mut core = many(Options {
        tolerate: 900,
        timeout: 4 * DAY,
        until_live: false,
    });
    // The length of the core's `Debug` output measures the size of its state.
    let mut sizes: Vec<usize> = Vec::new();
    let run = run(
        &mut core,
        |offer, now| {
            let response = match (random.next() % 10, offer) {
                (0, _) => ServiceResponse::Fault(match random.next() % 4 {
                    0 => Fault::Connect,
                    1 => Fault::Cut,
                    2 => Fault::NotJson,
                    _ => Fault::Status(503),
                }),
                (_, None) => ServiceResponse::List(
                    (0..OFFERS)
                        .map(|offer| Item {
                            offer,
                            status: Some(status(offer, now)),
                            version: 1,
                        })
                        .collect(),
                ),
                (_, Some(offer)) => ServiceResponse::Report(Report {
                    status: status(offer, now),
                    rejected_step: false,
                    error_message: false,
                }),
            };
            Reply {
                after: random.next() % 2,
                response,
                retry_after: None,
            }
        },
        |core, now| {
            if now / (6 * HOUR) >= sizes.len() as u64 {
                sizes.push(format!("{core:?}").len());
            }
        },
    );

    let result = run.result.expect("no error");
    assert!(!result.timed_out);
    for offer in 0..OFFERS {
        let expected = End::Outcome(publication(offer).1);
        let actual = super::end(&result.offers[&offer.to_string()]);
        assert_eq!(actual, expected, "{offer}");
    }

    // Every request got a response. After each list, each offer without a result is polled. A poll that failed is repeated.
    assert_eq!(run.dropped, 0);
    assert_eq!(run.log.len(), run.sent.len());
    let mut polls: BTreeMap<Option<u8>, usize> = BTreeMap::new();
    for (_, offer) in &run.sent {
        *polls.entry(*offer).or_default() += 1;
    }
    let lists = polls[&None];
    let minutes = usize::try_from(run.end / 60).expect("minutes");
    assert!(
        (minutes * 9 / 10..=minutes * 12 / 10).contains(&lists),
        "{lists} lists"
    );
    for offer in 0..OFFERS {
        let open = usize::try_from(publication(offer).0 / 60).expect("minutes");
        let polls = polls[&Some(offer)];
        assert!(
            (open * 9 / 10..=open * 13 / 10).contains(&polls),
            "{polls} polls of {offer} in {open} minutes"
        );
    }
    println!(
        "{} requests in {} h; the state's size every six hours: {sizes:?}",
        run.sent.len(),
        run.end / HOUR
    );
    // The state grows by at most a quarter, because an offer with a result takes more memory than an offer without one.
    let (first, rest) = sizes[1..].split_first().expect("sizes");
    assert!(
        rest.iter().all(|size| *size <= first * 5 / 4),
        "the state grows: {sizes:?}"
    );
}
