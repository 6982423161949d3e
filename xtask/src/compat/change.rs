//! One change of the contract, and what it does to the two ends.

use serde::Serialize;

/// A difference between the base and the contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// Where it is: a JSON pointer into the contract, or into the base if it is there no more.
    pub pointer: String,
    /// What was changed, in a sentence without a full stop.
    pub what: String,
    /// What breaks for a client that was written after the base, and talks to a server that obeys the contract.
    pub client: Option<String>,
    /// What a server that obeyed the base must do to obey the contract.
    pub server: Option<String>,
}

impl Change {
    /// A change that nobody suffers from.
    pub fn new(pointer: &str, what: impl Into<String>) -> Self {
        Self {
            pointer: pointer.trim_start_matches('#').to_owned(),
            what: what.into(),
            client: None,
            server: None,
        }
    }

    /// The same, and this is what breaks for a client.
    pub fn client(mut self, why: impl Into<String>) -> Self {
        self.client = Some(why.into());
        self
    }

    /// The same, and this is what a server must do.
    pub fn server(mut self, what: impl Into<String>) -> Self {
        self.server = Some(what.into());
        self
    }
}
