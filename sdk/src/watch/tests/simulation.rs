//! Runs the state machine of a watch with simulated time and a simulated service. Every run also checks general rules. For example, at
//! most eight requests may be pending at the same time.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use super::model::{Exchange, Fault, Item, Report, Seconds, ServiceResponse};
use crate::call::response::{Received, Response};
use crate::error::Kind;
use crate::types::{OfferStatusReport, OfferSummary, PublicationStep};
use crate::watch::state_machine::{Action, Input, Request, StateMachine};
use crate::{Error, Extensible};

const SIX_HOURS: Seconds = 6 * 3600;

/// A response of the simulated service.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The time between the request and the response.
    pub duration: Seconds,
    pub response: ServiceResponse,
    pub retry_after: Option<Seconds>,
}

impl Reply {
    pub const fn new(response: ServiceResponse) -> Self {
        Self {
            duration: 0,
            response,
            retry_after: None,
        }
    }

    pub const fn report(status: &'static str) -> Self {
        Self::new(ServiceResponse::Report(Report {
            status,
            has_rejected_step: false,
        }))
    }

    pub const fn fault(fault: Fault) -> Self {
        Self::new(ServiceResponse::Fault(fault))
    }

    /// Creates a list of offers with the ids 0, 1, … and the same status. `offers` is the number of offers.
    pub fn list(offers: u8, status: Option<&'static str>) -> Self {
        let items = (0..offers).map(|offer| Item {
            offer,
            status,
            version: 1,
        });
        Self::new(ServiceResponse::List(items.collect()))
    }

    pub fn retry_after(self, seconds: Option<Seconds>) -> Self {
        Self {
            retry_after: seconds,
            ..self
        }
    }
}

/// Returns a simulated service with a script for the list and a script for each offer:
///
/// * The service replies to each list request with the next element of `lists`.
/// * The service replies to each status request of the offer `n` with the next element of `reports[n]`. If there is no `reports[n]`, the
///   service uses the last script of `reports`.
///
/// The last element of a script repeats.
pub fn scripted(
    lists: &[Reply],
    reports: &[Vec<Reply>],
) -> impl FnMut(Option<u8>, Seconds) -> Reply {
    let mut counts: BTreeMap<Option<u8>, usize> = BTreeMap::new();
    move |offer, _| {
        let script = match offer {
            None => lists,
            Some(offer) => &reports[usize::from(offer).min(reports.len() - 1)],
        };
        let count = counts.entry(offer).or_default();
        *count += 1;
        script[(*count).min(script.len()) - 1].clone()
    }
}

/// The events, the result and the requests of a finished run.
pub struct Run<E, O> {
    /// All events except `Ended`.
    pub events: Vec<E>,
    pub result: Result<O, Error>,
    pub ended_at: Seconds,
    /// The requests that got a response, in the order of the responses.
    pub log: Vec<Exchange>,
    /// The time of each request, and the offer whose status it requests; `None` for the list.
    pub sent: Vec<(Seconds, Option<u8>)>,
    /// The lengths of the state machine's `Debug` output: at the start, and then every six hours. They show whether the state grows.
    pub state_sizes: Vec<usize>,
}

/// Runs the state machine until the watch ends.
pub fn run<M: StateMachine + Debug>(
    mut state_machine: M,
    mut service: impl FnMut(Option<u8>, Seconds) -> Reply,
) -> Run<M::Event, M::Output> {
    // The pending requests, with the responses that will arrive later.
    let mut pending: Vec<Exchange> = Vec::new();
    let (mut events, mut log, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    let mut state_sizes = Vec::new();
    let mut now = 0;
    let mut input = Input::Timer;
    let mut steps_without_request = 0;
    loop {
        steps_without_request += 1;
        for action in state_machine.step(input, Duration::from_secs(now)) {
            match action {
                Action::Emit(event) => events.push(event),
                Action::End(result) => {
                    return Run {
                        events,
                        result,
                        ended_at: now,
                        log,
                        sent,
                        state_sizes,
                    };
                }
                Action::Send(request) => {
                    steps_without_request = 0;
                    let offer = match request {
                        Request::List => None,
                        Request::Status(id) => Some(id.parse().expect("an id of the simulation")),
                    };
                    for other in &pending {
                        assert_ne!(other.offer, offer, "the same request is pending already");
                        assert!(
                            other.offer.is_some() && offer.is_some(),
                            "a list request and a status request are pending at the same time"
                        );
                    }
                    assert!(pending.len() < 8, "more than eight requests are pending");
                    sent.push((now, offer));
                    let reply = service(offer, now);
                    pending.push(Exchange {
                        offer,
                        sent: now,
                        received: now + reply.duration,
                        response: reply.response,
                        retry_after: reply.retry_after,
                    });
                }
            }
        }
        if now >= SIX_HOURS * state_sizes.len() as Seconds {
            state_sizes.push(format!("{state_machine:?}").len());
        }
        assert!(
            steps_without_request < 100,
            "the state machine sent no request after 100 inputs"
        );
        let next = pending
            .iter()
            .enumerate()
            .min_by_key(|(_, exchange)| exchange.received)
            .map(|(index, exchange)| (index, exchange.received));
        let timer = state_machine.wake_at().map(|time| {
            let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
            seconds.max(now)
        });
        match (next, timer) {
            (Some((index, received)), timer) if timer.is_none_or(|timer| received <= timer) => {
                now = received;
                let exchange = pending.remove(index);
                input = as_input(&exchange);
                log.push(exchange);
            }
            (_, Some(timer)) => {
                now = timer;
                input = Input::Timer;
            }
            (_, None) => panic!("no request is pending, and no timer is set"),
        }
    }
}

fn as_input(exchange: &Exchange) -> Input {
    let mut received = Received {
        status: 200,
        retry_after: exchange.retry_after.map(Duration::from_secs),
        attempts: 1,
        ..Received::default()
    };
    match (exchange.offer, &exchange.response) {
        (None, ServiceResponse::List(items)) => Input::List(Ok(Response {
            value: items.iter().map(summary).collect(),
            received,
        })),
        (Some(offer), ServiceResponse::Report(content)) => {
            let value = report(*content);
            received.body = serde_json::to_vec(&value).expect("JSON").into();
            Input::Status(offer.to_string(), Ok(Response { value, received }))
        }
        (None, ServiceResponse::Fault(fault)) => Input::List(Err(error(*fault, received))),
        (Some(offer), ServiceResponse::Fault(fault)) => {
            Input::Status(offer.to_string(), Err(error(*fault, received)))
        }
        _ => panic!("{exchange:?}: the response doesn't match the request"),
    }
}

fn summary(item: &Item) -> OfferSummary {
    OfferSummary {
        id: item.offer.to_string(),
        status: item.status.map(Extensible::from),
        version: Some(item.version.into()),
        ..OfferSummary::default()
    }
}

/// Converts a report of the model to the SDK's type.
pub fn report(report: Report) -> OfferStatusReport {
    let rejected_step = PublicationStep {
        id: Some("a".to_owned()),
        status: Some("rejected".into()),
        ..PublicationStep::default()
    };
    OfferStatusReport {
        status: report.status.into(),
        steps: report.has_rejected_step.then(|| vec![rejected_step]),
        ..OfferStatusReport::default()
    }
}

fn error(fault: Fault, mut received: Received) -> Error {
    match fault {
        Fault::InvalidArgument => Error::new(Kind::Argument, "bad id"),
        Fault::Credential => Error::new(Kind::Credential, "no token"),
        Fault::Connection => Error::new(Kind::Connect, "no connection"),
        Fault::Timeout => Error::new(Kind::Timeout, "no response"),
        Fault::Decode => received.describe(Error::new(Kind::Decode, "no JSON")),
        Fault::Status(status) => {
            received.status = status;
            received.describe(Error::new(Kind::Status, ""))
        }
    }
}
