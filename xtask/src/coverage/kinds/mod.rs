//! What a contract can claim, one file per kind. A new kind is a new file here, with a `KIND`, and its name in the list below.

use serde_json::Value;

use super::sites::{Place, Site};

/// One kind of claim.
pub struct Kind {
    /// Its name in reports.
    pub name: &'static str,
    /// Where such claims are made.
    pub place: Place,
    /// What is claimed there. A place without such a claim gives none.
    pub claims: fn(&Site<'_>) -> Vec<Made>,
    /// The names of those that a recording shows. The value is what the recording has there; none if it has nothing.
    pub seen: fn(&Site<'_>, Option<&Value>) -> Vec<String>,
}

/// One claim at a place.
pub struct Made {
    /// What ends the claim's name.
    pub name: String,
    /// Where in the contract it is made.
    pub pointer: String,
}

macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// Every kind, in the order in which a place's claims are told.
        pub const ALL: &[&Kind] = &[$(&$name::KIND),*];
    };
}

kinds![
    status,
    header,
    content_type,
    present,
    absent,
    null,
    emptiness,
    known_value
];

/// The claim `name`, if it is made at this place.
fn made_if(made: bool, site: &Site<'_>, name: &str) -> Option<Made> {
    made.then(|| Made {
        name: name.to_owned(),
        pointer: site.pointer.clone(),
    })
}

/// The one claim of a place that makes it by being there.
fn itself(site: &Site<'_>) -> Vec<Made> {
    made_if(true, site, "").into_iter().collect()
}

/// It is seen when the place is.
fn itself_seen(_: &Site<'_>, value: Option<&Value>) -> Vec<String> {
    value.map(|_| String::new()).into_iter().collect()
}
