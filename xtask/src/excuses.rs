//! What can't be proven, and why: committed files of excuses, each with a reason and a date.
//!
//! An excuse is a promise to look again. So one that excuses nothing, or that covers what is proven by now, is an error: the
//! list never holds more than what is really missing.

use std::path::Path;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exit::Failure;
use crate::files;
use crate::patterns::Patterns;

/// A committed file of excuses.
#[derive(Default)]
pub struct Excuses {
    whys: Vec<Why>,
    patterns: Patterns,
}

/// Why something is excused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The reason, in a sentence.
    pub reason: String,
    /// The day on which somebody last thought about it.
    pub since: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InFile {
    excuses: Vec<OneInFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneInFile {
    claims: Vec<String>,
    reason: String,
    since: String,
}

impl Excuses {
    /// Reads a file. Without a name, it is the workspace's own, and a workspace that has none excuses nothing.
    pub fn read(named: Option<&Path>, own: &str) -> Result<Self, Failure> {
        let path = named.map_or_else(|| files::root().join(own), Path::to_owned);
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let (file, read): (_, InFile) = files::yaml(&path)?;
        let date =
            Regex::new(r"^\d{4}-\d{2}-\d{2}$").map_err(|error| Failure(error.to_string()))?;
        let mut excuses = Self::default();
        for (index, one) in read.excuses.into_iter().enumerate() {
            let at = format!("/excuses/{index}");
            let fault = |what: &str| Err(Failure(file.error(&at, what).to_string()));
            if one.reason.trim().is_empty() {
                return fault("an excuse needs a reason");
            }
            if !date.is_match(&one.since) {
                return fault("`since` must be a date such as 2026-01-31");
            }
            if one.claims.is_empty() {
                return fault("an excuse must say what it excuses");
            }
            excuses
                .patterns
                .add(&file, &format!("{at}/claims"), one.claims)?;
            excuses.whys.push(Why {
                reason: one.reason.trim().to_owned(),
                since: one.since,
            });
        }
        Ok(excuses)
    }

    /// Why this claim needn't be proven, if it needn't.
    pub fn excuse(&self, claim: &str) -> Option<&Why> {
        self.patterns
            .covering(claim)
            .and_then(|index| self.whys.get(index))
    }

    /// What is wrong with the excuses, given everything that is claimed and whether it is proven.
    pub fn unneeded(&self, claims: &[(&str, bool)]) -> Vec<String> {
        self.patterns.unneeded(claims)
    }
}

/// The text of a scalar, for the names of claims.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// What is excused, reason by reason, in the order in which the reasons first come.
pub fn by_reason<'t, T>(
    all: &'t [T],
    excuse: impl Fn(&'t T) -> Option<&'t Why>,
) -> Vec<(&'t Why, Vec<&'t T>)> {
    let mut reasons: Vec<(&Why, Vec<&T>)> = Vec::new();
    for one in all {
        let Some(why) = excuse(one) else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, excused)) => excused.push(one),
            None => reasons.push((why, vec![one])),
        }
    }
    reasons
}
