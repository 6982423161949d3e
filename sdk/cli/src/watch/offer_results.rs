//! Collects the results of the watched offers, and computes the exit code from these results.

use std::collections::BTreeMap;

use cloud_partner_portal::{Error, Outcome, PublisherWatchResult, Until, WatchResult};

use crate::args::Watch;
use crate::exit_code::Exit;

pub struct OfferResults {
    /// The results by offer. `None` while the watch of the offer continues.
    pub offers: BTreeMap<String, Option<Result<WatchResult, Error>>>,
    /// Whether the watch of a publisher timed out.
    pub timed_out: bool,
    /// The error of the last completed request for the list of offers. `None` if this request succeeded, or if no list was requested.
    pub list_error: Option<Error>,
}

impl OfferResults {
    /// Creates the results at the start of the watch: no offer has a result yet. `offers` are the ids from the command line.
    pub fn new(offers: &[String]) -> Self {
        Self {
            offers: offers.iter().map(|offer| (offer.clone(), None)).collect(),
            timed_out: false,
            list_error: None,
        }
    }

    /// Stores the result of the watch of a publisher.
    pub fn set(&mut self, result: Result<PublisherWatchResult, Error>) {
        match result {
            Ok(result) => {
                let offers = result.offers.into_iter();
                self.offers = offers.map(|(id, result)| (id, Some(result))).collect();
                self.timed_out = result.timed_out;
                self.list_error = result.last_error;
            }
            Err(error) => self.list_error = Some(error),
        }
    }

    /// Returns whether the watch of a publisher ended because no publication was in progress.
    pub fn no_publication(&self) -> bool {
        self.offers.is_empty() && !self.timed_out && self.list_error.is_none()
    }

    /// Returns the worst of these exit codes: one for each offer, and one for the list of offers.
    pub fn exit(&self, options: &Watch) -> Exit {
        let list_exit = match &self.list_error {
            _ if self.timed_out && !self.offers.is_empty() => Exit::TimedOut,
            // The last list request failed, so the results of the offers can be outdated.
            Some(error) => Exit::from(error),
            // The watch timed out before the service sent a list.
            None if self.timed_out => Exit::Service,
            None if self.offers.is_empty() && !options.allow_none => Exit::NoPublication,
            None => Exit::Done,
        };
        let results = self.offers.values();
        let exits = results.map(|result| offer_exit(result.as_ref(), options.until));
        exits.fold(list_exit, Exit::worse)
    }
}

fn offer_exit(result: Option<&Result<WatchResult, Error>>, until: Until) -> Exit {
    match result {
        None => Exit::Other,
        Some(Err(error)) => Exit::from(error),
        Some(Ok(result)) => match (result.outcome, &result.report, &result.last_error) {
            (Outcome::AwaitingGoLive, ..) if until == Until::GoLive => Exit::Done,
            (outcome, Some(_), _) => Exit::from(outcome),
            // The watch ended before the service sent a report.
            (_, None, Some(error)) => Exit::from(error),
            (_, None, None) => Exit::Service,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Until, offer_exit};

    #[test]
    fn an_offer_without_a_result_has_the_exit_code_of_an_error() {
        assert_eq!(offer_exit(None, Until::Outcome), Exit::Other);
    }
}
