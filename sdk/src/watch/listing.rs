//! Comparison of consecutive lists of offers.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::Extensible;
use crate::types::{OfferStatus, OfferSummary};

/// The fingerprints of the offers in earlier lists. The lists themselves aren't kept, because a publisher can have thousands of
/// offers.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    fingerprints: HashMap<Box<str>, u64>,
    /// Whether a list was received.
    listed: bool,
}

/// The state of an offer in a list.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) status: Option<Extensible<OfferStatus>>,
    pub(crate) in_flight: bool,
    /// A hash of the status, the version and the time of the last change.
    pub(crate) fingerprint: u64,
    /// Whether the fingerprint differs from the earlier list, or the offer is new since the first list.
    pub(crate) changed: bool,
}

impl Item {
    /// Returns whether the offer has ended without a success.
    pub(crate) fn denies_success(&self) -> bool {
        denies_success(self.status.as_ref())
    }
}

fn denies_success(status: Option<&Extensible<OfferStatus>>) -> bool {
    matches!(
        status.and_then(Extensible::known),
        Some(OfferStatus::Failed | OfferStatus::Canceled | OfferStatus::NeverPublished)
    )
}

impl Listing {
    /// Records a list, and returns the state of each offer. An offer that occurs twice in the list is in flight if one of its items
    /// is in flight. Otherwise the status that isn't a success counts.
    pub(crate) fn record(&mut self, list: Vec<OfferSummary>) -> HashMap<String, Item> {
        let mut items: HashMap<String, Item> = HashMap::with_capacity(list.len());
        for offer in list {
            let in_flight = offer.is_in_flight();
            let fingerprint = fingerprint(&offer);
            items
                .entry(offer.id)
                .and_modify(|item| {
                    item.fingerprint = item.fingerprint.rotate_left(1) ^ fingerprint;
                    let is_worse = in_flight || denies_success(offer.status.as_ref());
                    if is_worse && !item.in_flight {
                        item.in_flight = in_flight;
                        item.status.clone_from(&offer.status);
                    }
                })
                .or_insert(Item {
                    status: offer.status,
                    in_flight,
                    fingerprint,
                    changed: false,
                });
        }
        let first = !std::mem::replace(&mut self.listed, true);
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
