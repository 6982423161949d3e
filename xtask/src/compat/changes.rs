//! Every change between two contracts: drift finds where, [`schemas`] and [`beside`] say what.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use drift::{ChangeClass, ChangeComparison, ChangeDetails, ChangeInfo};
use serde_json::Value;

use super::beside;
use super::change::Change;
use super::schemas::{self, Sides};

/// The changes, sorted, and how many more are words for people only.
pub struct Changes {
    /// What was changed.
    pub changes: Vec<Change>,
    /// How many descriptions, examples and the like were changed.
    pub words: usize,
}

/// Compares two contracts. What isn't OpenAPI at all is an error.
pub fn compare(old: &Value, new: &Value) -> Result<Changes, String> {
    let mut changes = beside::head(old, new);
    let (mut plain_old, mut plain_new) = (old.clone(), new.clone());
    changes.extend(beside::answers(&mut plain_old, &mut plain_new));
    beside::show_nullable(&mut plain_old);
    beside::show_nullable(&mut plain_new);

    let mut words = 0;
    let mut seen = BTreeSet::new();
    for change in run(&plain_old, &plain_new)? {
        let Some(path) = change.paths.first() else {
            continue;
        };
        let reached = |side| change.paths.iter().any(|path| path.comparison == side);
        let sides = Sides {
            request: reached(ChangeComparison::Input),
            answer: reached(ChangeComparison::Output),
        };
        for info in &change.changes {
            let old_pointer = pointer(path.old.base_and_subpath().0, &info.old_subpath);
            let new_pointer = pointer(path.new.base_and_subpath().0, &info.new_subpath);
            if is_schema(info)
                && let (Some(old), Some(new)) =
                    (old.pointer(&old_pointer), new.pointer(&new_pointer))
            {
                // drift tells of one schema several times, once for each kind of difference.
                if seen.insert((old_pointer, new_pointer.clone())) {
                    let found = schemas::compare(&new_pointer, old, new, sides);
                    words += usize::from(found.is_empty());
                    changes.extend(found);
                }
            } else if info.class == ChangeClass::Trivial {
                words += 1;
            } else {
                let removed = info.message.contains("removed");
                let place = if removed { &old_pointer } else { &new_pointer };
                changes.push(as_told(place, info));
            }
        }
    }
    changes.sort();
    changes.dedup();
    Ok(Changes { changes, words })
}

/// drift stops at what it doesn't support yet.
fn run(old: &Value, new: &Value) -> Result<Vec<drift::Change>, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(|| drift::compare(old, new)));
    std::panic::set_hook(hook);
    match outcome {
        Ok(Ok(changes)) => Ok(changes),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(_) => {
            Err("drift stops at something that it doesn't support; compare by eye".to_owned())
        }
    }
}

fn pointer(base: &str, below: &str) -> String {
    let base = base.trim_start_matches('#');
    if below.is_empty() {
        base.to_owned()
    } else {
        format!("{base}/{below}")
    }
}

/// Whether the change is inside a schema, so that its keywords can be compared.
fn is_schema(info: &ChangeInfo) -> bool {
    let message = &info.message;
    message.contains("schema") && !message.starts_with("Unhandled change to parameter")
        || message.starts_with("object ")
        || message.starts_with("array ")
}

/// drift's own words and judgement.
fn as_told(pointer: &str, info: &ChangeInfo) -> Change {
    let mut what = info.message.clone();
    if let Some(first) = what.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    let what = what.replace('\'', "`");
    let change = Change::new(pointer, what);
    let client = match info.details {
        ChangeDetails::Removed => "what it relies on is gone",
        ChangeDetails::Added => "may get what it doesn't know",
        ChangeDetails::AddedRequired | ChangeDetails::MoreStrict => "what it sends is refused",
        _ => "can't be told, so it counts as breaking",
    };
    let server = match info.details {
        ChangeDetails::Removed => "must do without it",
        ChangeDetails::Added => "must add it",
        ChangeDetails::LessStrict => "must take requests without it",
        _ => "can't be told",
    };
    match info.class {
        ChangeClass::BackwardIncompatible if is_failure(&info.message) => change,
        ChangeClass::BackwardIncompatible => change.client(client),
        ChangeClass::ForwardIncompatible => change.server(server),
        ChangeClass::Incompatible | ChangeClass::Unhandled => change.client(client).server(server),
        ChangeClass::Trivial => change,
    }
}

/// A new status from 400 on breaks nobody: any request can fail in any way, and clients look at the status first.
fn is_failure(message: &str) -> bool {
    message
        .strip_prefix("operation added a new response code ")
        .is_some_and(|status| status.starts_with(['4', '5']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// [`beside::answers`] takes out what drift stops at today; what it stops at tomorrow is said in words, too.
    #[test]
    fn where_drift_stops_is_an_error_and_no_panic() {
        let contract = |media_type: &str| {
            json!({
                "openapi": "3.0.3",
                "info": { "title": "t", "version": "1" },
                "paths": { "/a": { "get": { "responses": {
                    "200": { "description": "d", "content": { media_type: {} } },
                } } } },
            })
        };
        let (old, new) = (contract("text/plain"), contract("text/html"));
        let error = run(&old, &new).expect_err("drift asserts");
        assert!(error.starts_with("drift stops"), "{error}");
        assert_eq!(compare(&old, &new).map(|found| found.changes.len()), Ok(2));
    }
}
