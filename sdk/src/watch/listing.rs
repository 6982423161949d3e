//! Comparison of consecutive lists of offers.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::Extensible;
use crate::types::{OfferStatus, OfferSummary};
use crate::watch::report::is_in_flight;

/// The fingerprints of the offers in earlier lists. The lists themselves aren't kept, because a publisher can have thousands of
/// offers.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    fingerprints: HashMap<Box<str>, u64>,
    /// Whether a list was received.
    has_list: bool,
}

/// The state of an offer in a list.
#[derive(Debug, Default)]
pub(crate) struct Item {
    pub(crate) status: Option<Extensible<OfferStatus>>,
    pub(crate) in_flight: bool,
    /// A hash of the status, the version and the time of the last change.
    fingerprint: u64,
    /// Whether the fingerprint differs from the earlier list, or the offer is new since the first list.
    pub(crate) changed: bool,
}

/// What a list says about the success of an offer's publication. If an offer occurs twice in a list, the greater value counts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// The list has no status of the offer.
    None,
    Success,
    /// The publication ended without a success.
    NoSuccess,
    InFlight,
}

impl Evidence {
    pub(crate) fn of(status: Option<&Extensible<OfferStatus>>) -> Self {
        match status.and_then(Extensible::known) {
            _ if status.is_none() => Self::None,
            _ if is_in_flight(status) => Self::InFlight,
            Some(OfferStatus::Succeeded | OfferStatus::Published) => Self::Success,
            _ => Self::NoSuccess,
        }
    }
}

impl Listing {
    /// Records a list, and returns the state of each offer. An offer that occurs twice in the list is in flight if one of its items
    /// is in flight.
    pub(crate) fn record(&mut self, list: Vec<OfferSummary>) -> HashMap<String, Item> {
        let mut items: HashMap<String, Item> = HashMap::with_capacity(list.len());
        for offer in list {
            let fingerprint = fingerprint(&offer);
            let in_flight = offer.is_in_flight();
            let item = items.entry(offer.id).or_default();
            item.fingerprint = item.fingerprint.rotate_left(1) ^ fingerprint;
            item.in_flight |= in_flight;
            if Evidence::of(offer.status.as_ref()) > Evidence::of(item.status.as_ref()) {
                item.status = offer.status;
            }
        }
        let first = !std::mem::replace(&mut self.has_list, true);
        for (id, item) in &mut items {
            // The lookup before the insertion avoids copying a known id.
            let before = match self.fingerprints.get_mut(id.as_str()) {
                Some(known) => Some(std::mem::replace(known, item.fingerprint)),
                None => self
                    .fingerprints
                    .insert(id.as_str().into(), item.fingerprint),
            };
            item.changed = !first && before != Some(item.fingerprint);
        }
        items
    }
}

fn fingerprint(offer: &OfferSummary) -> u64 {
    let mut hasher = DefaultHasher::new();
    offer.status.hash(&mut hasher);
    offer.version.hash(&mut hasher);
    offer.changed_time.hash(&mut hasher);
    hasher.finish()
}
