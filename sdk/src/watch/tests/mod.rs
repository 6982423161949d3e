//! Tests of the cores on virtual time.

mod details;
mod doubts;
mod model;
mod properties;
mod simulation;
mod soak;
mod start;

use proptest::prelude::*;
use std::time::Duration;

use crate::watch::offer_core::OfferCore;
use crate::watch::options::{Rules, Until};
use crate::watch::publisher_core::PublisherCore;
use crate::watch::start::Start;
use crate::watch::watched_offer::Offer;
use crate::{Error, WatchResult};
use model::{End, Fault, Item, Options, Report, ServiceResponse};
use simulation::Reply;

const STATUSES: [&str; 9] = [
    "running",
    "notStarted",
    "waitingForPublisherReview",
    "paused",
    "succeeded",
    "published",
    "failed",
    "canceled",
    "neverPublished",
];

fn rules(options: Options) -> Rules {
    Rules {
        interval: Duration::from_secs(60),
        timeout: Some(Duration::from_secs(options.timeout)),
        tolerate: Duration::from_secs(options.tolerate),
        until: if options.until_live {
            Until::Live
        } else {
            Until::Outcome
        },
        jitter: 0,
    }
}

fn single(options: Options, start: Start) -> OfferCore {
    OfferCore {
        id: "0".to_owned(),
        offer: Offer::new(None, start, Duration::ZERO),
        rules: rules(options),
        start_timeout: Duration::from_secs(1800),
        polling: false,
    }
}

fn many(options: Options) -> PublisherCore {
    PublisherCore::new(rules(options))
}

/// Converts a result to the model's type.
fn end(result: &Result<WatchResult, Error>) -> End {
    match result {
        Ok(result) => End::Outcome(result.outcome.as_str()),
        Err(_) => End::GivenUp,
    }
}

fn options() -> impl Strategy<Value = Options> {
    (
        prop_oneof![Just(0), Just(60), Just(900), Just(900)],
        prop_oneof![Just(500), Just(7200), Just(100_000), Just(100_000)],
        any::<bool>(),
    )
        .prop_map(|(tolerate, timeout, until_live)| Options {
            tolerate,
            timeout,
            until_live,
        })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        1 => Just(Fault::Argument),
        2 => Just(Fault::Credential),
        4 => Just(Fault::Connect),
        4 => Just(Fault::Hang),
        4 => Just(Fault::Cut),
        4 => Just(Fault::NotJson),
        12 => prop::sample::select(vec![400, 401, 403, 404, 408, 429, 500, 503]).prop_map(Fault::Status),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    (
        prop_oneof![
            6 => Just("running"),
            3 => Just("succeeded"),
            4 => prop::sample::select(STATUSES.to_vec()),
        ],
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(status, rejected_step, error_message)| Report {
            status,
            rejected_step,
            error_message,
        })
}

/// Generates a response with its duration in seconds and its `Retry-After`.
fn timed(
    response: impl Strategy<Value = ServiceResponse>,
) -> impl Strategy<Value = (ServiceResponse, u64, Option<u64>)> {
    (
        response,
        0_u64..20,
        prop::option::weighted(0.1, prop::sample::select(vec![0_u64, 30, 90, 4000, 86_400])),
    )
}

fn status_response() -> impl Strategy<Value = ServiceResponse> {
    prop_oneof![
        3 => report().prop_map(ServiceResponse::Report),
        1 => fault().prop_map(ServiceResponse::Fault),
    ]
}

fn list_response() -> impl Strategy<Value = ServiceResponse> {
    let item = (
        0_u8..4,
        prop_oneof![
            4 => Just(Some("running")),
            6 => Just(Some("succeeded")),
            1 => Just(None),
            2 => prop::sample::select(STATUSES.to_vec()).prop_map(Some),
        ],
        prop_oneof![6 => Just(1_u8), 1 => Just(2)],
    )
        .prop_map(|(offer, status, version)| Item {
            offer,
            status,
            version,
        });
    prop_oneof![
        5 => prop::collection::btree_map(0_u8..4, item, 0..5).prop_map(|items| {
            ServiceResponse::List(items.into_iter().map(|(offer, item)| Item { offer, ..item }).collect())
        }),
        1 => fault().prop_map(ServiceResponse::Fault),
    ]
}

fn reply((response, after, retry_after): (ServiceResponse, u64, Option<u64>)) -> Reply {
    Reply {
        after: if response == ServiceResponse::Fault(Fault::Hang) {
            300
        } else {
            after
        },
        response,
        retry_after,
    }
}
