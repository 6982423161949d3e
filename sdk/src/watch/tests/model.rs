//! A reference model of the watches. The model imports nothing from the crate. It checks a run against the service's responses, with
//! its own types and its own implementation of the rules.

use std::collections::{BTreeMap, BTreeSet};

/// Seconds since the start.
pub type Seconds = u64;

#[derive(Clone, Debug, PartialEq)]
pub enum ServiceResponse {
    List(Vec<Item>),
    Report(Report),
    Fault(Fault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    pub offer: u8,
    pub status: Option<&'static str>,
    pub version: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub status: &'static str,
    pub rejected_step: bool,
    pub error_message: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Argument,
    Credential,
    Connect,
    /// No response for five minutes.
    Hang,
    Cut,
    NotJson,
    Status(u16),
}

/// A request and its response.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// `None` for the list.
    pub offer: Option<u8>,
    pub sent: Seconds,
    pub received: Seconds,
    pub response: ServiceResponse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Outcome(&'static str),
    GivenUp,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub tolerate: Seconds,
    pub timeout: Seconds,
    /// Whether the watch continues while the offer waits for its go-live.
    pub until_live: bool,
}

const FINAL: [&str; 5] = [
    "succeeded",
    "published",
    "failed",
    "canceled",
    "neverPublished",
];

pub fn is_in_flight(status: Option<&str>) -> bool {
    !status.is_some_and(|status| FINAL.contains(&status))
}

/// Returns whether a status shows that a publication has started. An unknown status doesn't.
pub fn shows_a_start(status: &str) -> bool {
    ["notStarted", "waitingForPublisherReview", "running"].contains(&status)
}

pub fn outcome(report: Report) -> Option<&'static str> {
    match report.status {
        "published" => Some("contradictory"),
        "succeeded" if report.rejected_step || report.error_message => Some("contradictory"),
        "running" | "waitingForPublisherReview" if report.rejected_step || report.error_message => {
            Some("blocked")
        }
        "waitingForPublisherReview" => Some("awaitingGoLive"),
        status if FINAL.contains(&status) => Some(status),
        _ => None,
    }
}

/// Returns how long polls may fail before this fault ends the watch.
fn tolerated(fault: Fault, succeeded_before: bool, options: Options) -> Seconds {
    let is_temporary = match fault {
        Fault::Argument => return 0,
        Fault::Connect | Fault::Hang | Fault::Cut | Fault::NotJson => true,
        Fault::Credential => false,
        Fault::Status(status) => status == 408 || status == 429 || status >= 500,
    };
    match (succeeded_before, is_temporary) {
        (true, _) => options.tolerate,
        (false, true) => options.tolerate.min(120),
        (false, false) => 0,
    }
}

/// The polls of the list or of one offer since their watch started.
#[derive(Clone, Debug, Default)]
pub struct Polls {
    succeeded: bool,
    /// The time at which the first poll since the last success was sent.
    failing_since: Option<Seconds>,
}

impl Polls {
    /// Returns whether the exchange ends the watch according to the policy for errors.
    pub fn gives_up(&mut self, exchange: &Exchange, options: Options) -> bool {
        let ServiceResponse::Fault(fault) = exchange.response else {
            self.succeeded = true;
            self.failing_since = None;
            return false;
        };
        let since = *self.failing_since.get_or_insert(exchange.sent);
        exchange.received - since >= tolerated(fault, self.succeeded, options)
    }
}

fn final_outcome(report: Report, options: Options) -> Option<&'static str> {
    outcome(report).filter(|outcome| !(options.until_live && *outcome == "awaitingGoLive"))
}

/// Returns the index of the exchange that ends the watch of one offer, and the expected end. `None` means that no exchange ends
/// the watch.
pub fn single(log: &[Exchange], options: Options) -> Option<(usize, End)> {
    let mut polls = Polls::default();
    for (number, exchange) in log.iter().enumerate() {
        if polls.gives_up(exchange, options) {
            return Some((number, End::GivenUp));
        }
        if let ServiceResponse::Report(report) = exchange.response
            && let Some(outcome) = final_outcome(report, options)
        {
            return Some((number, End::Outcome(outcome)));
        }
    }
    None
}

/// The state of a publisher's offers after the exchanges.
#[derive(Debug)]
pub struct Publisher {
    options: Options,
    /// The item of each offer in the last list that names it.
    items: BTreeMap<u8, Item>,
    /// The status of each offer in the last list that has a status of it.
    listed: BTreeMap<u8, &'static str>,
    any_list: bool,
    /// The watched offers.
    pub watched: BTreeSet<u8>,
    /// The last report of each offer.
    reports: BTreeMap<u8, Report>,
    /// The time at which the list began to contradict the report, for each offer with a contradiction.
    contradicted: BTreeMap<u8, Seconds>,
    /// Offers whose last poll failed.
    pub failing: BTreeSet<u8>,
    /// Offers with a report since the last list.
    unconfirmed: BTreeSet<u8>,
    /// Offers whose version changed in a list without a change of the status, and which have no report since that list.
    republished: BTreeSet<u8>,
}

impl Publisher {
    pub fn of(log: &[Exchange], options: Options) -> Self {
        let mut publisher = Self {
            options,
            items: BTreeMap::new(),
            listed: BTreeMap::new(),
            any_list: false,
            watched: BTreeSet::new(),
            reports: BTreeMap::new(),
            contradicted: BTreeMap::new(),
            failing: BTreeSet::new(),
            unconfirmed: BTreeSet::new(),
            republished: BTreeSet::new(),
        };
        for exchange in log {
            publisher.record(exchange);
        }
        publisher
    }

    fn record(&mut self, exchange: &Exchange) {
        match (&exchange.response, exchange.offer) {
            (ServiceResponse::List(items), _) => {
                self.unconfirmed.clear();
                for item in items {
                    let before = self.items.insert(item.offer, *item);
                    let changed = self.any_list && before != Some(*item);
                    if is_in_flight(item.status) || changed {
                        self.watched.insert(item.offer);
                    }
                    let same_status = before.is_some_and(|before| before.status == item.status);
                    if changed && same_status && item.status.is_some() {
                        self.republished.insert(item.offer);
                    }
                    if let Some(status) = item.status {
                        self.listed.insert(item.offer, status);
                    }
                }
                self.any_list = true;
            }
            (ServiceResponse::Report(report), Some(offer)) => {
                self.failing.remove(&offer);
                self.unconfirmed.insert(offer);
                self.republished.remove(&offer);
                self.reports.insert(offer, *report);
            }
            (ServiceResponse::Fault(_), Some(offer)) => {
                self.failing.insert(offer);
            }
            (ServiceResponse::Fault(_) | ServiceResponse::Report(_), None) => {}
        }
        for offer in self.watched.clone() {
            if self.is_contradicted(offer) {
                self.contradicted.entry(offer).or_insert(exchange.received);
            } else {
                self.contradicted.remove(&offer);
            }
        }
    }

    pub fn last_report(&self, offer: u8) -> Option<Report> {
        self.reports.get(&offer).copied()
    }

    /// Returns whether the last status in a list contradicts the last report.
    fn is_contradicted(&self, offer: u8) -> bool {
        let (Some(listed), Some(report)) = (self.listed.get(&offer), self.reports.get(&offer))
        else {
            return false;
        };
        let Some(outcome) = final_outcome(*report, self.options) else {
            return false;
        };
        let without_success = ["failed", "canceled", "neverPublished"].contains(listed);
        is_in_flight(Some(listed)) && !is_in_flight(Some(report.status))
            || without_success && may_count_as_success(outcome)
    }

    /// Returns the time at which the list began to contradict the last report.
    pub fn contradicted_since(&self, offer: u8) -> Option<Seconds> {
        self.contradicted.get(&offer).copied()
    }

    /// Returns whether every watched offer has succeeded, a list after the reports was read, and no list contradicts a report.
    pub fn may_succeed(&self) -> bool {
        !self.watched.is_empty()
            && self.watched.iter().all(|offer| {
                self.last_report(*offer).and_then(outcome) == Some("succeeded")
                    && !self.is_contradicted(*offer)
                    && !self.failing.contains(offer)
                    && !self.unconfirmed.contains(offer)
                    && !self.republished.contains(offer)
            })
    }
}

/// Returns whether a caller can treat the outcome as a success.
pub fn may_count_as_success(outcome: &str) -> bool {
    ["succeeded", "awaitingGoLive"].contains(&outcome)
}
