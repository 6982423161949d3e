//! What a generator can't do: accepted differences, each with a name and a reason.

use std::path::Path;

use serde::Deserialize;

use crate::exit::Failure;
use crate::files;
use crate::generator::contract::Contract;
use crate::patterns::Patterns;

/// What a generator can't do.
pub struct Limit {
    /// Its name.
    pub name: String,
    /// What a user of the client must know.
    pub explanation: String,
    /// Whether it is explained for all.
    pub shared: bool,
}

/// A limit as a language's file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InLanguage {
    name: String,
    /// Left out when it is explained for all.
    explanation: Option<String>,
    /// The differences that it accepts.
    differences: Vec<String>,
}

/// The limits that several languages have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    limits: Vec<Explained>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explained {
    name: String,
    explanation: String,
}

/// The limits of one language.
pub struct Limits {
    /// The limits, explained.
    pub list: Vec<Limit>,
    patterns: Patterns,
}

impl Shared {
    /// Reads the file in which they are explained once.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let (file, shared): (_, Self) = files::yaml(path)?;
        let names = shared.limits.iter().map(|limit| &limit.name);
        if let Some(index) = names
            .clone()
            .enumerate()
            .position(|(index, name)| names.clone().take(index).any(|other| other == name))
        {
            return Err(Failure(
                file.error(
                    &format!("/limits/{index}"),
                    "there is another limit of this name",
                )
                .to_string(),
            ));
        }
        Ok(shared)
    }
}

impl Limits {
    /// The limits of a language's file.
    pub fn new(
        file: &Contract,
        written: Vec<InLanguage>,
        shared: &Shared,
    ) -> Result<Self, Failure> {
        let mut patterns = Patterns::default();
        let mut list: Vec<Limit> = Vec::new();
        for (index, limit) in written.into_iter().enumerate() {
            let at = format!("/limits/{index}");
            let fault = |what: &str| Failure(file.error(&at, what).to_string());
            let InLanguage {
                name,
                explanation,
                differences,
            } = limit;
            if list.iter().any(|other| other.name == name) {
                return Err(fault("there is another limit of this name"));
            }
            if differences.is_empty() {
                return Err(fault("a limit must say which differences it accepts"));
            }
            let known = shared.limits.iter().find(|known| known.name == name);
            let known = known.map(|known| known.explanation.clone());
            let is_shared = explanation.is_none();
            let explanation = explanation.or(known).unwrap_or_default();
            if explanation.trim().is_empty() {
                return Err(fault(
                    "a limit needs an explanation, here or in tests/languages/limits.yaml",
                ));
            }
            patterns.add(file, &format!("{at}/differences"), differences)?;
            list.push(Limit {
                name,
                explanation: explanation.trim().to_owned(),
                shared: is_shared,
            });
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
