//! What can't be proven, and why: committed files of excuses, each with a reason and a date.
//!
//! An excuse is a promise to look again. So one that excuses nothing, or that covers what is proven by now, is an error: the
//! list never holds more than what is really missing.

use std::collections::HashSet;
use std::path::Path;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exit::Failure;
use crate::files;
use crate::generator::contract::Contract;

/// How many names a message about an excuse gives.
const EXAMPLES: usize = 3;

/// A committed file of excuses.
pub struct Excuses {
    list: Vec<Excuse>,
}

/// Some claims that are excused together.
pub struct Excuse {
    /// Why, and since when.
    pub why: Why,
    patterns: Vec<(String, Regex, String)>,
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
            return Ok(Self { list: Vec::new() });
        }
        // The reader of contracts is a reader of YAML that knows where everything stands.
        let file = files::contract(&path)?;
        let read: InFile = serde_json::from_value(file.value.clone()).map_err(|error| {
            Failure(
                file.error("", format!("not a list of excuses: {error}"))
                    .to_string(),
            )
        })?;
        let date =
            Regex::new(r"^\d{4}-\d{2}-\d{2}$").map_err(|error| Failure(error.to_string()))?;
        let mut list = Vec::new();
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
            list.push(Excuse {
                patterns: patterns(&file, &at, one.claims)?,
                why: Why {
                    reason: one.reason.trim().to_owned(),
                    since: one.since,
                },
            });
        }
        Ok(Self { list })
    }

    /// Why this claim needn't be proven, if it needn't.
    pub fn excuse(&self, claim: &str) -> Option<&Why> {
        let covers = |excuse: &&Excuse| {
            excuse
                .patterns
                .iter()
                .any(|(_, regex, _)| regex.is_match(claim))
        };
        self.list.iter().find(covers).map(|excuse| &excuse.why)
    }

    /// What is wrong with the excuses, given everything that is claimed and whether it is proven.
    pub fn unneeded(&self, claims: &[(&str, bool)]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut taken = HashSet::new();
        for (text, regex, place) in self.list.iter().flat_map(|excuse| &excuse.patterns) {
            let matching = || claims.iter().filter(|(claim, _)| regex.is_match(claim));
            let proven: Vec<&str> = matching()
                .filter(|(_, proven)| *proven)
                .map(|(claim, _)| *claim)
                .collect();
            let mut new = false;
            for (claim, _) in matching().filter(|(_, proven)| !proven) {
                new |= taken.insert(*claim);
            }
            if !proven.is_empty() {
                let more = proven.len().saturating_sub(EXAMPLES);
                let more = if more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                };
                let named = proven[..proven.len().min(EXAMPLES)].join("`, `");
                problems.push(format!(
                    "{place}: `{text}` also covers what is proven: `{named}`{more}"
                ));
            } else if !new {
                problems.push(format!(
                    "{place}: `{text}` excuses nothing that isn't excused already"
                ));
            }
        }
        problems
    }
}

fn patterns(
    file: &Contract,
    at: &str,
    claims: Vec<String>,
) -> Result<Vec<(String, Regex, String)>, Failure> {
    claims
        .into_iter()
        .enumerate()
        .map(|(index, text)| {
            let at = format!("{at}/claims/{index}");
            let regex =
                pattern(&text).map_err(|what| Failure(file.error(&at, what).to_string()))?;
            let place = format!("{}:{}", file.path.display(), file.location(&at));
            Ok((text, regex, place))
        })
        .collect()
}

/// `*` is any text, `{a,b}` is one of the two; everything else is itself.
fn pattern(text: &str) -> Result<Regex, String> {
    let mut expression = String::from("^");
    let mut open = false;
    for letter in text.chars() {
        match letter {
            '*' => expression += ".*",
            '{' if !open => {
                open = true;
                expression += "(?:";
            }
            '}' if open => {
                open = false;
                expression.push(')');
            }
            ',' if open => expression.push('|'),
            _ => expression += &regex::escape(letter.encode_utf8(&mut [0; 4])),
        }
    }
    if open {
        return Err("a `{` without its `}`".to_owned());
    }
    Regex::new(&(expression + "$")).map_err(|error| error.to_string())
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
