//! What a generator can't do: accepted differences, each with a name and a reason.

use std::path::Path;

use serde::Deserialize;

use crate::exit::Failure;
use crate::files;
use crate::generator::contract::Contract;
use crate::patterns::Patterns;

/// A limit as it is written.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// What a user of the client must know; a language leaves it out when it is explained for all.
    #[serde(default)]
    pub explanation: String,
    /// The differences that it accepts.
    #[serde(default)]
    differences: Vec<String>,
    /// Whether it is explained for all.
    #[serde(skip)]
    pub shared: bool,
}

/// The limits of one language.
pub struct Limits {
    /// The limits, explained.
    pub list: Vec<Limit>,
    patterns: Patterns,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    limits: Vec<Limit>,
}

impl Limits {
    /// The limits that several languages have, which are explained once.
    pub fn explanations(path: &Path) -> Result<Vec<Limit>, Failure> {
        let file = files::contract(path)?;
        let shared: Shared = serde_json::from_value(file.value.clone()).map_err(|error| {
            Failure(
                file.error("", format!("not a list of limits: {error}"))
                    .to_string(),
            )
        })?;
        Ok(shared.limits)
    }

    /// The limits of a language's file.
    pub fn new(file: &Contract, mut list: Vec<Limit>, shared: &[Limit]) -> Result<Self, Failure> {
        let mut patterns = Patterns::default();
        for (index, limit) in list.iter_mut().enumerate() {
            let at = format!("/limits/{index}");
            let fault = |what: &str| Err(Failure(file.error(&at, what).to_string()));
            if limit.explanation.is_empty() {
                let known = shared.iter().find(|known| known.name == limit.name);
                match known {
                    Some(known) => {
                        limit.explanation.clone_from(&known.explanation);
                        limit.shared = true;
                    }
                    None => {
                        return fault(
                            "a limit needs an explanation, here or in tests/languages/limits.yaml",
                        );
                    }
                }
            }
            if limit.differences.is_empty() {
                return fault("a limit must say which differences it accepts");
            }
            let differences = std::mem::take(&mut limit.differences);
            patterns.add(file, &format!("{at}/differences"), differences)?;
        }
        Ok(Self { list, patterns })
    }

    /// The limit that accepts this difference.
    pub fn accepting(&self, difference: &str) -> Option<&Limit> {
        self.patterns
            .covering(difference)
            .and_then(|index| self.list.get(index))
    }

    /// What is wrong with the limits, given every difference.
    pub fn unneeded(&self, differences: &[&str]) -> Vec<String> {
        let claims: Vec<_> = differences.iter().map(|name| (*name, false)).collect();
        self.patterns.unneeded(&claims)
    }
}
