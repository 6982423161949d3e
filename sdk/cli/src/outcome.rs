//! Human-readable sentences about outcomes and who must act.

use cloud_partner_portal::Outcome;

/// Returns a sentence that describes an outcome and who must act.
pub fn sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "The publication succeeded: the offer is live.",
        Outcome::Failed => {
            "The publication failed: the publisher must fix the offer and publish it again."
        }
        Outcome::Canceled => {
            "The publication was canceled: nothing happens until the publisher publishes it again."
        }
        Outcome::NeverPublished => {
            "The offer was never published: nothing happens until the publisher publishes it."
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
            "The publication wasn't seen to start: the status can be the one of the publication before."
        }
        Outcome::TimedOut => "The watch timed out before the publication had an outcome.",
        _ => "The outcome is unknown to this version of the tool: look in the portal.",
    }
}
