//! Tests two state machines: the watch of one offer, and the watch of a publisher. The tests simulate the time and the service.

mod contradictions;
mod generators;
mod model;
mod properties;
mod request_times;
mod simulation;
mod soak;

use std::time::Duration;

use crate::types::OfferStatusReport;
use crate::watch::offer_state_machine::OfferStateMachine;
use crate::watch::options::{Until, WatchOptions};
use crate::watch::polled_offer::PolledOffer;
use crate::watch::publisher_state_machine::PublisherStateMachine;
use crate::{Error, WatchResult};
use model::{End, Options};

const OPTIONS: Options = Options {
    tolerate: 900,
    timeout: 100_000,
    until_live: false,
};

fn watch_options(options: Options) -> WatchOptions {
    WatchOptions {
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

/// Returns the state machine of a watch of the offer `0`.
fn offer_watch(options: WatchOptions, earlier: Option<OfferStatusReport>) -> OfferStateMachine {
    OfferStateMachine {
        id: "0".to_owned(),
        offer: PolledOffer::new(None, earlier),
        options,
        start_timeout: Duration::from_secs(1800),
        request_pending: false,
    }
}

fn publisher_watch(options: Options) -> PublisherStateMachine {
    PublisherStateMachine::new(watch_options(options))
}

/// Converts the result of a watch to a type of the reference model.
fn model_end(result: &Result<WatchResult, Error>) -> End {
    match result {
        Ok(result) => End::Outcome(result.outcome.as_str()),
        Err(_) => End::Error,
    }
}
