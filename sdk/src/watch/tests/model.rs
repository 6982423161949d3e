//! A reference model of the watches: a second implementation of their rules. The model computes the expected result of a watch from the
//! requests and responses of this watch. It imports nothing from the crate, so that it doesn't share the crate's mistakes.
//!
//! An *offer watch* polls one offer (requests its status) at an interval, until an outcome, an error or the timeout ends the watch. A
//! *publisher watch* also requests the list of the publisher's offers. It polls every offer that is in flight (its publication hasn't ended)
//! or changes.

use std::collections::BTreeMap;

/// A duration, or the time since the start of the watch.
pub type Seconds = u64;

#[derive(Clone, Debug, PartialEq)]
pub enum ServiceResponse {
    List(Vec<Item>),
    Report(Report),
    Fault(Fault),
}

/// An offer in a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    pub offer: u8,
    pub status: Option<&'static str>,
    pub version: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    pub status: &'static str,
    pub has_rejected_step: bool,
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    InvalidArgument,
    Credential,
    Connection,
    Timeout,
    Decode,
    Status(u16),
}

/// A request and its response.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The offer whose status was requested; `None` for the list.
    pub offer: Option<u8>,
    pub sent: Seconds,
    pub received: Seconds,
    pub response: ServiceResponse,
    pub retry_after: Option<Seconds>,
}

impl Exchange {
    pub fn failed(&self) -> bool {
        matches!(self.response, ServiceResponse::Fault(_))
    }
}

/// How a watch ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Outcome(&'static str),
    Error,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub tolerate: Seconds,
    pub timeout: Seconds,
    /// Whether the watch continues while the publication waits for the publisher's go-live.
    pub until_live: bool,
}

/// The known statuses of a publication in flight.
pub const IN_FLIGHT: [&str; 3] = ["notStarted", "running", "waitingForPublisherReview"];

/// The statuses of a publication that has ended.
pub const FINAL: [&str; 5] = [
    "succeeded",
    "published",
    "failed",
    "canceled",
    "neverPublished",
];

/// Returns whether the status isn't final. A missing or unknown status counts as in flight.
fn is_in_flight(status: Option<&str>) -> bool {
    !status.is_some_and(|status| FINAL.contains(&status))
}

pub fn outcome(report: Report) -> Option<&'static str> {
    match report.status {
        "published" => Some("contradictory"),
        "succeeded" if report.has_rejected_step => Some("contradictory"),
        "running" | "waitingForPublisherReview" if report.has_rejected_step => Some("blocked"),
        "waitingForPublisherReview" => Some("awaitingGoLive"),
        status if is_in_flight(Some(status)) => None,
        status => Some(status),
    }
}

/// Returns whether a caller can treat the outcome as a success.
pub fn may_count_as_success(outcome: &str) -> bool {
    ["succeeded", "awaitingGoLive"].contains(&outcome)
}

/// Returns the outcome of the report if this outcome ends the watch of the offer.
fn final_outcome(report: Report, options: Options) -> Option<&'static str> {
    outcome(report).filter(|outcome| !(options.until_live && *outcome == "awaitingGoLive"))
}

/// Returns how long requests may fail before this fault ends the watch.
fn tolerated_failure_time(fault: Fault, has_succeeded: bool, options: Options) -> Seconds {
    let is_temporary = match fault {
        Fault::InvalidArgument => return 0,
        Fault::Credential => false,
        Fault::Connection | Fault::Timeout | Fault::Decode => true,
        Fault::Status(status) => status == 408 || status == 429 || status >= 500,
    };
    match (has_succeeded, is_temporary) {
        (true, _) => options.tolerate,
        (false, true) => options.tolerate.min(120),
        (false, false) => 0,
    }
}

/// Returns for each offer the index of the first exchange with an error that isn't tolerated. The key `None` stands for the list. An offer
/// or list without such an error has no entry.
pub fn first_errors_not_tolerated(
    log: &[Exchange],
    options: Options,
) -> BTreeMap<Option<u8>, usize> {
    // The values: whether a request has succeeded, and the time of the first failed request since the last success.
    let mut states: BTreeMap<Option<u8>, (bool, Option<Seconds>)> = BTreeMap::new();
    let mut indexes = BTreeMap::new();
    for (index, exchange) in log.iter().enumerate() {
        let (succeeded, failing_since) = states.entry(exchange.offer).or_default();
        if let ServiceResponse::Fault(fault) = exchange.response {
            let since = *failing_since.get_or_insert(exchange.sent);
            if exchange.received - since >= tolerated_failure_time(fault, *succeeded, options) {
                indexes.entry(exchange.offer).or_insert(index);
            }
        } else {
            (*succeeded, *failing_since) = (true, None);
        }
    }
    indexes
}

/// Returns the index of the exchange that ends an offer watch, and how the watch ends. Returns `None` if the watch times out.
pub fn end_of_offer_watch(log: &[Exchange], options: Options) -> Option<(usize, End)> {
    let errors = first_errors_not_tolerated(log, options).into_values();
    let outcomes = log.iter().enumerate().filter_map(|(index, exchange)| {
        let ServiceResponse::Report(report) = exchange.response else {
            return None;
        };
        Some((index, End::Outcome(final_outcome(report, options)?)))
    });
    errors
        .map(|index| (index, End::Error))
        .chain(outcomes)
        .min_by_key(|(index, _)| *index)
}

/// The state of an offer after some exchanges of a publisher watch.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the facts are independent of each other"
)]
pub struct Offer {
    /// Whether the publisher watch polls the offer. The watch starts to poll an offer at the first of these events:
    ///
    /// * A list shows the offer in flight.
    /// * The offer is missing in the first list, and a later list contains it.
    /// * The offer's status or version differs between two lists.
    pub is_watched: bool,
    /// The item in the last list that contains the offer.
    item: Option<Item>,
    /// The offer's latest status in a list. It is `None` until `is_watched` is true, because an earlier status is about the previous
    /// publication.
    listed_status: Option<&'static str>,
    report: Option<Report>,
    /// The time at which `listed_status` began to contradict the report; `None` without a contradiction.
    pub contradicted_since: Option<Seconds>,
    /// Whether the list contradicted the last report for at least the time [`Options::tolerate`].
    pub was_contradicted_for_long: bool,
    pub last_poll_failed: bool,
    /// Whether a list was received after the report.
    has_later_list: bool,
    /// Whether a list after the report has shown a new version of the offer with an unchanged status. The report can then be about an
    /// earlier publication. A new version with a new status doesn't count, because the new status can be the outcome of the reported
    /// publication.
    is_republished: bool,
}

impl Offer {
    pub fn outcome(&self) -> Option<&'static str> {
        self.report.and_then(outcome)
    }

    fn record_item(&mut self, item: Item, is_first_list: bool) {
        let previous = self.item.replace(item);
        let changed = !is_first_list && previous != Some(item);
        self.is_watched |= is_in_flight(item.status) || changed;
        let same_status = previous.is_some_and(|previous| previous.status == item.status);
        self.is_republished |= changed && same_status && item.status.is_some();
        if self.is_watched {
            self.listed_status = item.status.or(self.listed_status);
        }
    }

    /// Returns whether the last status in a list contradicts the last report.
    fn is_contradicted(&self, options: Options) -> bool {
        let (Some(listed), Some(report)) = (self.listed_status, self.report) else {
            return false;
        };
        let Some(outcome) = final_outcome(report, options) else {
            return false;
        };
        let is_listed_without_success = ["failed", "canceled", "neverPublished"].contains(&listed);
        is_in_flight(Some(listed)) && !is_in_flight(Some(report.status))
            || is_listed_without_success && may_count_as_success(outcome)
    }
}

/// Returns the state of each offer after these exchanges of a publisher watch.
pub fn offers(log: &[Exchange], options: Options) -> BTreeMap<u8, Offer> {
    let mut offers: BTreeMap<u8, Offer> = BTreeMap::new();
    let mut is_first_list = true;
    for exchange in log {
        let polled = exchange.offer.map(|id| offers.entry(id).or_default());
        match (&exchange.response, polled) {
            (ServiceResponse::List(items), _) => {
                for offer in offers.values_mut() {
                    offer.has_later_list = true;
                }
                for item in items {
                    let offer = offers.entry(item.offer).or_default();
                    offer.record_item(*item, is_first_list);
                }
                is_first_list = false;
            }
            (ServiceResponse::Report(report), Some(offer)) => {
                offer.report = Some(*report);
                offer.was_contradicted_for_long = false;
                offer.last_poll_failed = false;
                offer.has_later_list = false;
                offer.is_republished = false;
            }
            (ServiceResponse::Fault(_), Some(offer)) => offer.last_poll_failed = true,
            (_, None) => {}
        }
        for offer in offers.values_mut() {
            offer.contradicted_since = offer
                .is_contradicted(options)
                .then(|| offer.contradicted_since.unwrap_or(exchange.received));
            offer.was_contradicted_for_long |= offer
                .contradicted_since
                .is_some_and(|since| exchange.received - since >= options.tolerate);
        }
    }
    offers
}

/// Returns whether the rules allow a publisher watch to end successfully in this state. At least one offer must be watched. Every watched
/// offer must meet these conditions:
///
/// * The outcome of the last report is `succeeded`.
/// * The lists don't contradict this report.
/// * The last poll of the offer didn't fail.
/// * A list was received after the report.
/// * The offer isn't [republished](Offer::is_republished) after the report.
pub fn success_is_allowed(offers: &BTreeMap<u8, Offer>) -> bool {
    let mut watched = offers.values().filter(|offer| offer.is_watched).peekable();
    watched.peek().is_some()
        && watched.all(|offer| {
            offer.outcome() == Some("succeeded")
                && offer.contradicted_since.is_none()
                && !offer.last_poll_failed
                && offer.has_later_list
                && !offer.is_republished
        })
}
