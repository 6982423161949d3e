//! What every driver asks for: each recording once, and each scenario to its end.

use std::fmt::Write as _;

use cloud_partner_recordings::recording::Recording;

use crate::exit::Failure;
use crate::serve::Source;

/// One call.
pub struct Case {
    /// The recording's file, below its folder.
    pub name: String,
    /// What it is answered with.
    pub recording: Recording,
    /// The operation, the publisher and, if there is one, the offer.
    call: Vec<String>,
}

/// Every call, in the order in which it is made.
pub fn all(source: &Source) -> Result<Vec<Case>, Failure> {
    source
        .answers()
        .map(|(name, recording)| {
            let call = call(recording).ok_or_else(|| {
                Failure(format!(
                    "{name}: no driver calls {}; tests/languages/README.md says what they call",
                    recording.request
                ))
            })?;
            Ok(Case {
                name,
                recording: recording.clone(),
                call,
            })
        })
        .collect()
}

fn call(recording: &Recording) -> Option<Vec<String>> {
    let path = recording.request.segments();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let call = match path[..] {
        ["api", "publishers", publisher, "offers"] => vec!["listOffers", publisher],
        ["api", "publishers", publisher, "offers", offer, "status"] => {
            vec!["getOfferStatus", publisher, offer]
        }
        _ => return None,
    };
    Some(call.into_iter().map(ToOwned::to_owned).collect())
}

/// The calls as the drivers read them.
pub fn as_text(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        // Writing to a string doesn't fail.
        let _ = writeln!(text, "{}\t{}", case.name, case.call.join("\t"));
    }
    text
}
