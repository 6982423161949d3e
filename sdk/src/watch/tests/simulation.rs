//! Runs a core on virtual time with a simulated service, and checks the invariants of every run.

use std::time::Duration;

use serde_json::{Value, json};

use super::model::{Exchange, Fault, Item, Report, ServiceResponse};
use crate::Error;
use crate::call::response::{Received, Response};
use crate::error::Kind;
use crate::types::{OfferStatusReport, OfferSummary};
use crate::watch::core::{Action, Core, Input, Request};

/// The service's reaction to a request: the seconds until the response, the response, and its `Retry-After`.
pub struct Reply {
    pub after: u64,
    pub response: ServiceResponse,
    pub retry_after: Option<u64>,
}

/// A finished run.
pub struct Run<E, O> {
    /// All events except the last.
    pub events: Vec<(u64, E)>,
    pub result: Result<O, Error>,
    pub end: u64,
    pub log: Vec<Exchange>,
    /// The requests and the times at which they were sent.
    pub sent: Vec<(u64, Option<u8>)>,
    /// The requests that were under way at the end.
    pub dropped: usize,
    /// The maximum number of concurrent requests.
    pub peak: usize,
}

/// A request that is under way.
struct Pending {
    due: u64,
    sent: u64,
    offer: Option<u8>,
    reply: Reply,
}

/// Runs the core until it ends. `inspect` is called with the core after each step.
pub fn run<C: Core>(
    core: &mut C,
    mut service: impl FnMut(Option<u8>, u64) -> Reply,
    mut inspect: impl FnMut(&C, u64),
) -> Run<C::Event, C::Output> {
    let mut pending: Vec<Pending> = Vec::new();
    let (mut events, mut log, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    let mut now = 0;
    let mut input = Input::Timer;
    let mut idle_steps = 0;
    let mut peak = 0;
    loop {
        idle_steps += 1;
        for action in core.step(input, Duration::from_secs(now)) {
            match action {
                Action::Emit(event) => events.push((now, event)),
                Action::End(result) => {
                    let dropped = pending.len();
                    return Run {
                        events,
                        result,
                        end: now,
                        log,
                        sent,
                        dropped,
                        peak,
                    };
                }
                Action::Send(request) => {
                    idle_steps = 0;
                    let offer = match &request {
                        Request::List => None,
                        Request::Status(id) => Some(id.parse().expect("an id of the simulation")),
                    };
                    assert!(
                        pending.iter().all(|pending| pending.offer != offer),
                        "{request:?} is under way already"
                    );
                    assert!(
                        pending
                            .iter()
                            .all(|pending| pending.offer.is_some() == offer.is_some()),
                        "list and status requests overlap"
                    );
                    let reply = service(offer, now);
                    sent.push((now, offer));
                    pending.push(Pending {
                        due: now + reply.after,
                        sent: now,
                        offer,
                        reply,
                    });
                    peak = peak.max(pending.len());
                }
            }
        }
        inspect(core, now);
        assert!(idle_steps < 100, "the core requests timers without need");
        let response = pending
            .iter()
            .enumerate()
            .min_by_key(|(_, pending)| pending.due)
            .map(|(index, pending)| (pending.due, index));
        let timer = core
            .wake_at()
            .map(|wake_at| wake_at.as_secs() + u64::from(wake_at.subsec_nanos() > 0));
        match (response, timer) {
            (Some((due, index)), timer) if timer.is_none_or(|timer| due <= timer.max(now)) => {
                now = due;
                let pending = pending.remove(index);
                log.push(Exchange {
                    offer: pending.offer,
                    sent: pending.sent,
                    received: now,
                    response: pending.reply.response.clone(),
                });
                input = as_input(pending.offer, pending.reply);
            }
            (_, Some(timer)) => {
                now = timer.max(now);
                input = Input::Timer;
            }
            (_, None) => panic!("the core waits for nothing"),
        }
    }
}

fn as_input(offer: Option<u8>, reply: Reply) -> Input {
    let mut received = Received {
        status: 200,
        retry_after: reply.retry_after.map(Duration::from_secs),
        attempts: 1,
        ..Received::default()
    };
    match (offer, reply.response) {
        (None, ServiceResponse::List(items)) => Input::List(Ok(Response {
            value: items.iter().map(summary).collect(),
            received,
        })),
        (Some(offer), ServiceResponse::Report(report)) => {
            let value = json(report);
            received.body = value.to_string().into();
            let value = serde_json::from_value(value).expect("a report");
            Input::Status(offer.to_string(), Ok(Response { value, received }))
        }
        (None, ServiceResponse::Fault(fault)) => Input::List(Err(error(fault, received))),
        (Some(offer), ServiceResponse::Fault(fault)) => {
            Input::Status(offer.to_string(), Err(error(fault, received)))
        }
        (offer, response) => panic!("{response:?} doesn't match the request for {offer:?}"),
    }
}

fn summary(item: &Item) -> OfferSummary {
    let mut value = json!({"id": item.offer.to_string(), "version": item.version});
    if let Some(status) = item.status {
        value["status"] = status.into();
    }
    serde_json::from_value(value).expect("a list item")
}

fn json(report: Report) -> Value {
    let mut value = json!({"status": report.status});
    if report.rejected_step {
        value["steps"] = json!([{"id": "a", "status": "rejected"}]);
    }
    if report.error_message {
        value["messages"] = json!([{"level": "error"}]);
    }
    value
}

/// Converts a report to the SDK's type by decoding JSON.
pub fn report(report: Report) -> OfferStatusReport {
    serde_json::from_value(json(report)).expect("a report")
}

pub fn error(fault: Fault, received: Received) -> Error {
    match fault {
        Fault::Argument => Error::new(Kind::Argument, "bad id"),
        Fault::Credential => Error::new(Kind::Credential, "no token"),
        Fault::Connect => Error::new(Kind::Connect, "no connection"),
        Fault::Hang => Error::new(Kind::Timeout, "no response"),
        Fault::Cut => Error::new(Kind::Transport, "connection cut"),
        Fault::NotJson => received.describe(Error::new(Kind::Decode, "no JSON")),
        Fault::Status(status) => {
            let received = Received { status, ..received };
            received.describe(Error::new(Kind::Status, ""))
        }
    }
}
