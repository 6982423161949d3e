//! The results of a watch, and its exit code.

use std::collections::BTreeMap;

use cloud_partner_portal::{Error, Outcome, PublisherWatchResult, WatchResult};

use crate::args::{Until, Watch};
use crate::exit::Exit;

pub struct Results {
    /// The results by offer. `None` while the watch of the offer continues.
    pub offers: BTreeMap<String, Option<Result<WatchResult, Error>>>,
    /// Whether the watch of a whole publisher timed out.
    pub timed_out: bool,
    /// The error of the last list request.
    pub list_error: Option<Error>,
}

impl Results {
    /// Returns the results before the first event.
    pub fn new(offers: &[String]) -> Self {
        Self {
            offers: offers.iter().map(|offer| (offer.clone(), None)).collect(),
            timed_out: false,
            list_error: None,
        }
    }

    /// Stores how the watch of a whole publisher ended.
    pub fn set_end(&mut self, end: Result<PublisherWatchResult, Error>) {
        match end {
            Ok(end) => {
                let offers = end.offers.into_iter();
                self.offers = offers.map(|(id, result)| (id, Some(result))).collect();
                self.timed_out = end.timed_out;
                self.list_error = end.last_error;
            }
            Err(error) => self.list_error = Some(error),
        }
    }

    /// Returns whether the watch of a whole publisher ended because no offer was in flight.
    pub fn nothing_in_flight(&self) -> bool {
        self.offers.is_empty() && !self.timed_out && self.list_error.is_none()
    }

    /// Returns the worst exit code of the offers and the list.
    pub fn exit(&self, options: &Watch) -> Exit {
        let list = match &self.list_error {
            _ if self.timed_out && !self.offers.is_empty() => Exit::TimedOut,
            // The results of the offers can be outdated.
            Some(error) => Exit::from(error),
            // The service sent no list.
            None if self.timed_out => Exit::Service,
            None if self.offers.is_empty() && !options.allow_none => Exit::NothingInFlight,
            None => Exit::Done,
        };
        let offers = self.offers.values();
        let offers = offers.map(|result| offer_exit(result.as_ref(), options.until));
        offers.fold(list, Exit::worst)
    }
}

fn offer_exit(result: Option<&Result<WatchResult, Error>>, until: Until) -> Exit {
    match result {
        // A missing result is no success.
        None => Exit::Other,
        Some(Err(error)) => Exit::from(error),
        Some(Ok(result)) => match (result.outcome, &result.report, &result.last_error) {
            (Outcome::AwaitingGoLive, ..) if until == Until::GoLive => Exit::Done,
            // The service sent no report.
            (_, None, Some(error)) => Exit::from(error),
            (_, None, None) => Exit::Service,
            (outcome, Some(_), _) => Exit::from(outcome),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::offer_exit;
    use crate::args::Until;
    use crate::exit::Exit;

    #[test]
    fn an_offer_without_a_result_is_no_success() {
        assert_eq!(offer_exit(None, Until::Outcome), Exit::Other);
    }
}
