//! Compares each list of offers with the earlier lists. The watch of a publisher thereby finds the offers that have changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::Extensible;
use crate::types::{OfferStatus, OfferSummary};
use crate::watch::report::is_in_flight;

/// A fingerprint of each offer in the earlier lists: a hash of the status, the version and the time of the last change. The lists
/// themselves aren't kept, because a publisher can have thousands of offers.
#[derive(Debug, Default)]
pub(crate) struct EarlierLists {
    fingerprints: HashMap<Box<str>, u64>,
    /// Whether the first list was received.
    has_list: bool,
}

/// The state of an offer in the new list.
#[derive(Debug, Default)]
pub(crate) struct ListedOffer {
    pub(crate) status: Option<Extensible<OfferStatus>>,
    pub(crate) in_flight: bool,
    fingerprint: u64,
    /// Whether the offer is new or its fingerprint has changed. Always `false` in the first list.
    pub(crate) changed: bool,
}

/// The state of an offer's publication in a list. If an offer occurs twice in a list, the greater state counts. For example,
/// `InFlight` is greater than `Succeeded`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ListedState {
    /// The list doesn't contain a status of the offer.
    NoStatus,
    Succeeded,
    /// The publication ended without a success.
    NotSucceeded,
    InFlight,
}

impl ListedState {
    pub(crate) fn from_status(status: Option<&Extensible<OfferStatus>>) -> Self {
        match status.and_then(Extensible::known) {
            _ if status.is_none() => Self::NoStatus,
            _ if is_in_flight(status) => Self::InFlight,
            Some(OfferStatus::Succeeded | OfferStatus::Published) => Self::Succeeded,
            _ => Self::NotSucceeded,
        }
    }
}

impl EarlierLists {
    /// Compares a list with the earlier lists, and returns the state of each offer. An offer that occurs twice in the list is in
    /// flight if one of its items is in flight.
    pub(crate) fn compare(&mut self, list: Vec<OfferSummary>) -> HashMap<String, ListedOffer> {
        let mut items: HashMap<String, ListedOffer> = HashMap::with_capacity(list.len());
        for offer in list {
            let fingerprint = fingerprint(&offer);
            let in_flight = offer.is_in_flight();
            let item = items.entry(offer.id).or_default();
            item.fingerprint = item.fingerprint.rotate_left(1) ^ fingerprint;
            item.in_flight |= in_flight;
            let state = ListedState::from_status(offer.status.as_ref());
            if state > ListedState::from_status(item.status.as_ref()) {
                item.status = offer.status;
            }
        }
        let is_first_list = !std::mem::replace(&mut self.has_list, true);
        for (id, item) in &mut items {
            // Copies the id only for a new offer.
            let previous_fingerprint = match self.fingerprints.get_mut(id.as_str()) {
                Some(known) => Some(std::mem::replace(known, item.fingerprint)),
                None => self
                    .fingerprints
                    .insert(id.as_str().into(), item.fingerprint),
            };
            item.changed = !is_first_list && previous_fingerprint != Some(item.fingerprint);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::EarlierLists;
    use crate::Extensible;
    use crate::types::OfferSummary;

    #[test]
    fn an_offer_that_is_listed_twice_is_in_flight_if_one_item_is_in_flight() {
        for (statuses, in_flight, status) in [
            (["running", "succeeded"], true, "running"),
            (["succeeded", "running"], true, "running"),
            (["running", "notStarted"], true, "running"),
            (["succeeded", "failed"], false, "failed"),
            (["failed", "succeeded"], false, "failed"),
            (["failed", "running"], true, "running"),
            (["running", "failed"], true, "running"),
            (["", "running"], true, "running"),
            (["", "succeeded"], true, "succeeded"),
        ] {
            let mut lists = EarlierLists::default();
            let mut compare = |versions: [u8; 2]| {
                let items = [0, 1].map(|index| {
                    let (status, version) = (statuses[index], versions[index]);
                    let item = json!({"id": "a", "status": status, "version": version});
                    serde_json::from_value::<OfferSummary>(item).expect("a list item")
                });
                let mut items = lists.compare(items.into());
                items.remove("a").expect("the offer")
            };
            let item = compare([1, 2]);
            assert_eq!(item.in_flight, in_flight, "{statuses:?}");
            let listed = item.status.as_ref().map(Extensible::as_str);
            assert_eq!(listed, Some(status), "{statuses:?}");
            // A list with the same items isn't a change. A list with another version of one item is a change.
            assert!(!item.changed && !compare([1, 2]).changed);
            assert!(compare([3, 2]).changed && compare([3, 4]).changed);
        }
    }
}
