//! Compares two schemas, and decides which changes are breaking.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::change::{Changes, changed_keywords, pairs, parts};
use crate::spec::Node;

/// The keywords that don't restrict values, or that have a specific rule.
const IGNORED_KEYWORDS: &[&str] = &[
    "description",
    "example",
    "externalDocs",
    "properties",
    "required",
    "title",
];
/// The keywords whose value is a schema.
const SCHEMA_KEYWORDS: &[&str] = &["additionalProperties", "items", "not"];
/// The keywords whose value is a list of schemas.
const SCHEMA_LIST_KEYWORDS: &[&str] = &["allOf", "anyOf", "oneOf"];
/// The keywords of which a larger value is stricter.
const MINIMA: &[&str] = &["minItems", "minLength", "minProperties", "minimum"];
/// The keywords of which a smaller value is stricter.
const MAXIMA: &[&str] = &["maxItems", "maxLength", "maxProperties", "maximum"];
/// The keywords of which any value is stricter than none.
const RESTRICTING_KEYWORDS: &[&str] =
    &["additionalProperties", "enum", "format", "items", "pattern"];

/// Who writes the values of a schema.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client.
    Request,
    /// The service.
    Response,
}

/// The effect of a change on the set of valid values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Some values are no longer valid.
    Stricter,
    /// Additional values are valid.
    Looser,
    /// Both, or unknown.
    Other,
}

impl Shift {
    /// Returns the reason why a change breaks clients; `None` if it is backward compatible.
    pub fn breaks(self, side: Side) -> Option<&'static str> {
        match (side, self) {
            (Side::Request, Self::Looser) | (Side::Response, Self::Stricter) => None,
            (Side::Request, _) => Some("the service may reject a request that was valid"),
            (Side::Response, _) => Some("a response may have values that clients don't expect"),
        }
    }
}

/// Compares two schemas and all schemas inside.
pub fn compare(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    let compared = HashSet::new();
    Comparison { changes, compared }.schema(old, new, side);
}

struct Comparison<'c> {
    changes: &'c mut Changes,
    /// The pairs of schemas that were compared already. They end the recursion for a schema that contains itself.
    compared: HashSet<(String, String, Side)>,
}

impl Comparison<'_> {
    fn schema(&mut self, old: &Node<'_>, new: &Node<'_>, side: Side) {
        let pair = (old.pointer.clone(), new.pointer.clone(), side);
        if !self.compared.insert(pair) {
            return;
        }
        self.type_name(old, new);
        self.properties(old, new, side);
        self.known_values(old, new);
        for keyword in SCHEMA_KEYWORDS {
            let (Some(old), Some(new)) = (old.child(keyword), new.child(keyword)) else {
                continue;
            };
            // A stricter schema in `not` makes more values valid.
            let side = match (side, *keyword) {
                (Side::Request, "not") => Side::Response,
                (Side::Response, "not") => Side::Request,
                _ => side,
            };
            if old.value.is_object() && new.value.is_object() {
                self.schema(&old, &new, side);
            }
        }
        for keyword in SCHEMA_LIST_KEYWORDS {
            let (old, new) = (old.children(keyword), new.children(keyword));
            for ((_, old), (_, new)) in old.iter().zip(&new).filter(|_| old.len() == new.len()) {
                self.schema(old, new, side);
            }
        }
        for (keyword, what, [before, after]) in changed_keywords(old, new) {
            if keyword == "deprecated" {
                self.changes.add(new, what, None);
            } else if let Some(shift) = shift(keyword, before, after) {
                self.changes.add(new, what, shift.breaks(side));
            }
        }
    }

    /// Compares the name of the type that generated clients have: the name of the component, or the title. A removed component is
    /// reported elsewhere.
    fn type_name(&mut self, old: &Node<'_>, new: &Node<'_>) {
        let was_removed = is_component(old) && new.spec.at(&old.pointer).is_none();
        let (before, after) = (name(old), name(new));
        if let Some(before) = before.filter(|_| before != after && !was_removed) {
            let what = match after {
                Some(after) => format!("the type `{before}` is now the type `{after}`"),
                None => format!("the type `{before}` has no name now"),
            };
            let why = "generated clients have a type of this name";
            self.changes.add(new, what, Some(why));
        }
    }

    fn properties(&mut self, old: &Node<'_>, new: &Node<'_>, side: Side) {
        let (old_required, new_required) = (texts(old, "required"), texts(new, "required"));
        for (name, before, after) in pairs(&parts(old, "properties"), &parts(new, "properties")) {
            let required = (old_required.contains(name), new_required.contains(name));
            let (what, breaks) = match (before, after, required) {
                (_, None, _) => ("removed", Some("clients may read or send it")),
                (None, _, (_, false)) => ("added as optional", None),
                (None, _, (_, true)) if side == Side::Response => ("added as required", None),
                (None, _, (_, true)) => ("added as required", Some("clients don't send it")),
                (_, _, (false, true)) => ("made required", Shift::Stricter.breaks(side)),
                (_, _, (true, false)) => ("made optional", Shift::Looser.breaks(side)),
                _ => ("", None),
            };
            if !what.is_empty() {
                self.changes
                    .add(new, format!("the property `{name}` was {what}"), breaks);
            }
            if let (Some(before), Some(after)) = (before, after) {
                self.schema(before, after, side);
            }
        }
    }

    /// Compares the known values of an extensible enum. Any change is backward compatible, because clients accept unknown values.
    fn known_values(&mut self, old: &Node<'_>, new: &Node<'_>) {
        const KEYWORD: &str = "x-extensible-enum";
        let (before, after) = (texts(old, KEYWORD), texts(new, KEYWORD));
        for value in after.difference(&before) {
            self.changes
                .add(new, format!("the known value `{value}` was added"), None);
        }
        for value in before.difference(&after) {
            self.changes
                .add(new, format!("the known value `{value}` was removed"), None);
        }
    }
}

fn is_component(schema: &Node<'_>) -> bool {
    schema.pointer.starts_with("/components/schemas/") && schema.pointer.split('/').count() == 4
}

fn name<'n>(schema: &'n Node<'_>) -> Option<&'n str> {
    if is_component(schema) {
        return schema.pointer.rsplit('/').next();
    }
    schema.text("title")
}

fn texts<'s>(schema: &Node<'s>, keyword: &str) -> BTreeSet<&'s str> {
    let list = schema.value.get(keyword).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Returns the effect of a different value of a keyword; `None` if both values mean the same, or if their schemas were compared.
fn shift(keyword: &str, before: Option<&Value>, after: Option<&Value>) -> Option<Shift> {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let schemas = |value: Option<&Value>| match value {
        Some(Value::Object(_)) => Some(1),
        Some(Value::Array(schemas)) => Some(schemas.len()),
        _ => None,
    };
    let holds_schemas =
        SCHEMA_KEYWORDS.contains(&keyword) || SCHEMA_LIST_KEYWORDS.contains(&keyword);
    let stricter = match keyword {
        _ if IGNORED_KEYWORDS.contains(&keyword) => return None,
        _ if holds_schemas && schemas(before).is_some() && schemas(before) == schemas(after) => {
            return None;
        }
        _ if MINIMA.contains(&keyword) => number(before) < number(after),
        _ if MAXIMA.contains(&keyword) => {
            number(after).unwrap_or(f64::INFINITY) < number(before).unwrap_or(f64::INFINITY)
        }
        "exclusiveMaximum" | "exclusiveMinimum" | "nullable" | "uniqueItems" => {
            let truth = |value: Option<&Value>| value == Some(&Value::Bool(true));
            if truth(before) == truth(after) {
                return None;
            }
            truth(after) != (keyword == "nullable")
        }
        "additionalProperties" if after == Some(&Value::Bool(false)) => true,
        "additionalProperties" if before == Some(&Value::Bool(false)) => false,
        _ if RESTRICTING_KEYWORDS.contains(&keyword) && before.is_none() => true,
        _ if RESTRICTING_KEYWORDS.contains(&keyword) && after.is_none() => false,
        "enum" => return Some(enum_shift(before, after)),
        _ => return Some(Shift::Other),
    };
    Some(if stricter {
        Shift::Stricter
    } else {
        Shift::Looser
    })
}

/// Returns the effect of a different list of allowed values.
fn enum_shift(before: Option<&Value>, after: Option<&Value>) -> Shift {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (before, after) = (list(before), list(after));
    let fewer = before.iter().any(|value| !after.contains(value));
    let more = after.iter().any(|value| !before.contains(value));
    match (fewer, more) {
        (true, false) => Shift::Stricter,
        (false, true) => Shift::Looser,
        _ => Shift::Other,
    }
}
