//! Everything that the contract claims about answers, and what of it each recording shows.

use std::collections::{HashMap, HashSet};

use cloud_partner_recordings::recording::Recording;
use serde_json::Value;

use super::answer::{answered, sent};
use super::kinds::{self, Kind};
use super::sites::{self, Site};
use crate::validate::{Checker, Level};

/// One claim.
pub struct Claim {
    /// Its whole name: no two claims have the same.
    pub name: String,
    /// What kind of claim it is.
    pub kind: &'static Kind,
    /// The operation's name.
    pub operation: String,
    /// The status, as the contract writes it.
    pub status: String,
    /// Where the contract makes it.
    pub pointer: String,
    /// Which recordings show it, by their place in the list.
    pub recordings: Vec<usize>,
}

/// All claims, in the contract's order.
pub struct Claims {
    /// The claims.
    pub list: Vec<Claim>,
    /// The recordings that prove nothing, because they disagree with the contract.
    pub wrong: Vec<usize>,
    by_name: HashMap<String, usize>,
}

impl Claims {
    /// Collects the claims, and looks for each of them in the recordings.
    pub fn new(checker: &Checker<'_>, recordings: &[(String, Recording)]) -> Self {
        let mut claims = Self {
            list: Vec::new(),
            wrong: Vec::new(),
            by_name: HashMap::new(),
        };
        for operation in &checker.document.operations {
            let name = sites::operation_name(checker, operation);
            for (status, response) in sites::responses(checker, operation) {
                let mut add = |site: &Site<'_>| claims.add(&name, &status, site);
                add(&response);
                for (_, header) in sites::headers(checker, &response) {
                    add(&header);
                }
                for (_, content) in sites::contents(checker, &response) {
                    add(&content);
                    if let Some(body) = sites::body(checker, &content, None) {
                        collect(checker, &body, &mut Vec::new(), &mut add);
                    }
                }
            }
        }
        for (index, (_, recording)) in recordings.iter().enumerate() {
            let wrong = checker
                .recording(recording)
                .iter()
                .any(|found| found.level == Level::Error);
            if wrong {
                claims.wrong.push(index);
            } else {
                claims.look(checker, index, recording);
            }
        }
        claims
    }

    fn add(&mut self, operation: &str, status: &str, site: &Site<'_>) {
        for kind in kinds::ALL.iter().filter(|kind| kind.place == site.place) {
            for claim in (kind.claims)(site) {
                let name = format!("{}{}", site.name, claim.name);
                self.by_name.entry(name.clone()).or_insert_with(|| {
                    self.list.push(Claim {
                        name,
                        kind,
                        operation: operation.to_owned(),
                        status: status.to_owned(),
                        pointer: claim.pointer,
                        recordings: Vec::new(),
                    });
                    self.list.len() - 1
                });
            }
        }
    }

    fn look(&mut self, checker: &Checker<'_>, index: usize, recording: &Recording) {
        let answer = &recording.response;
        let Some(response) = answered(checker, recording) else {
            return;
        };
        let mut shown = HashSet::new();
        see(&response, Some(&Value::Bool(true)), &mut shown);
        for (name, header) in sites::headers(checker, &response) {
            let value = answer
                .headers
                .get(&name.to_lowercase())
                .cloned()
                .map(Value::String);
            see(&header, value.as_ref(), &mut shown);
        }
        if let Some((content, value)) = sent(checker, recording, &response) {
            see(&content, Some(&value), &mut shown);
            if let Some(body) = sites::body(checker, &content, Some(&value)) {
                see_all(checker, &body, Some(&value), &mut shown);
            }
        }
        for name in shown {
            if let Some(claim) = self.by_name.get(&name) {
                self.list[*claim].recordings.push(index);
            }
        }
    }
}

/// Everything below a value, but a schema inside itself only once.
fn collect(
    checker: &Checker<'_>,
    site: &Site<'_>,
    above: &mut Vec<String>,
    add: &mut dyn FnMut(&Site<'_>),
) {
    add(site);
    let here: Vec<String> = site
        .facets
        .iter()
        .map(|(pointer, _)| pointer.clone())
        .collect();
    if here.iter().any(|pointer| above.contains(pointer)) {
        return;
    }
    let depth = above.len();
    above.extend(here);
    for inner in sites::inside(checker, site, None) {
        collect(checker, &inner.site, above, add);
    }
    above.truncate(depth);
}

fn see(site: &Site<'_>, value: Option<&Value>, shown: &mut HashSet<String>) {
    for kind in kinds::ALL.iter().filter(|kind| kind.place == site.place) {
        shown.extend(
            (kind.seen)(site, value)
                .into_iter()
                .map(|claim| format!("{}{claim}", site.name)),
        );
    }
}

fn see_all(
    checker: &Checker<'_>,
    site: &Site<'_>,
    value: Option<&Value>,
    shown: &mut HashSet<String>,
) {
    see(site, value, shown);
    if let Some(value) = value {
        for inner in sites::inside(checker, site, Some(value)) {
            see_all(checker, &inner.site, inner.value, shown);
        }
    }
}
