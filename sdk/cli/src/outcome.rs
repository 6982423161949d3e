//! The exit code of each outcome, and a sentence that describes the outcome.

use cloud_partner_portal::Outcome;

use crate::exit::Exit;

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Done,
            Outcome::Failed => Self::Failed,
            Outcome::Canceled => Self::Canceled,
            Outcome::NeverPublished => Self::NothingInFlight,
            Outcome::AwaitingGoLive => Self::AwaitingGoLive,
            Outcome::Blocked => Self::Blocked,
            Outcome::Contradictory => Self::Contradictory,
            Outcome::NotStarted => Self::NotStarted,
            Outcome::TimedOut => Self::TimedOut,
            _ => Self::Other,
        }
    }
}

/// Returns a sentence that describes an outcome and who must act.
pub fn sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "The publication succeeded: the offer is live.",
        Outcome::Failed => {
            "The publication failed: the publisher must fix the offer and publish it again."
        }
        Outcome::Canceled => {
            "The publication was canceled: nothing happens until the publisher publishes the offer again."
        }
        Outcome::NeverPublished => {
            "The offer was never published: nothing happens until the publisher publishes the offer."
        }
        Outcome::AwaitingGoLive => {
            "The offer waits for its go-live: the publisher must look at the preview and confirm it."
        }
        Outcome::Blocked => {
            "The publication is blocked: the publisher must act on what its messages say."
        }
        Outcome::Contradictory => {
            "The service contradicts itself about the status: look in the portal whether the offer is live."
        }
        Outcome::NotStarted => {
            "No report showed the start of the publication: the status can be that of the previous publication."
        }
        Outcome::TimedOut => "The watch timed out before the publication had an outcome.",
        _ => "The outcome is unknown to this version of the tool: look in the portal.",
    }
}
