//! Another version of the API.

use super::Kind;
use crate::mutants::mutant::Mutant;

/// `info.version` is another.
pub const KIND: Kind = Kind {
    name: "version-changed",
    mutants: |_| vec![Mutant::new("/info/version", "", "a request with the right `api-version`").with("/info/version", "1999-12-31")],
};
