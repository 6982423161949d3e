//! The differences between two schemas, and which of them break a client.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::change::Changes;
use crate::spec::{Node, pointer_segment};

/// Keywords that don't say which values are valid, or that have a rule of their own.
const SKIPPED: &[&str] = &[
    "description",
    "example",
    "externalDocs",
    "properties",
    "required",
    "title",
];
/// Keywords whose value is a schema. A stricter schema in `not` allows more values.
const ONE: &[&str] = &["additionalProperties", "items", "not"];
/// Keywords whose value is a list of schemas.
const LISTS: &[&str] = &["allOf", "anyOf", "oneOf"];
/// A larger value is stricter.
const MINIMA: &[&str] = &["minItems", "minLength", "minProperties", "minimum"];
/// A smaller value is stricter.
const MAXIMA: &[&str] = &["maxItems", "maxLength", "maxProperties", "maximum"];
/// `true` is stricter, and the default is `false`.
const SWITCHES: &[&str] = &["exclusiveMaximum", "exclusiveMinimum", "uniqueItems"];

/// Who writes the values of a schema.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client.
    Request,
    /// The service.
    Response,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Request => Self::Response,
            Self::Response => Self::Request,
        }
    }
}

/// Which values a change allows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Only some of those that were valid.
    Stricter,
    /// All that were valid, and more.
    Looser,
    /// Others, or it can't be told.
    Other,
}

impl Shift {
    /// Returns why a change breaks a client, if it does.
    pub fn breaks(self, side: Side) -> Option<String> {
        let why = match (side, self) {
            (Side::Request, Self::Looser) | (Side::Response, Self::Stricter) => return None,
            (Side::Request, _) => "a request that was valid may be refused",
            (Side::Response, _) => "a response may hold what the client doesn't expect",
        };
        Some(why.to_owned())
    }
}

/// Compares two schemas and all that they hold.
pub fn compare(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    let mut comparison = Comparison {
        side,
        changes,
        compared: HashSet::new(),
    };
    comparison.schema(old, new);
}

struct Comparison<'c> {
    side: Side,
    changes: &'c mut Changes,
    /// The pairs of schemas that were compared already: a schema may hold itself.
    compared: HashSet<(String, String)>,
}

impl Comparison<'_> {
    fn schema(&mut self, old: &Node<'_>, new: &Node<'_>) {
        if !self
            .compared
            .insert((old.pointer.clone(), new.pointer.clone()))
        {
            return;
        }
        self.properties(old, new);
        self.known_values(old, new);
        for keyword in ONE {
            if let (Some(old), Some(new)) = (old.child(keyword), new.child(keyword))
                && old.value.is_object()
                && new.value.is_object()
            {
                let side = self.side;
                if *keyword == "not" {
                    self.side = side.other();
                }
                self.schema(&old, &new);
                self.side = side;
            }
        }
        for keyword in LISTS {
            let (old, new) = (list(old, keyword), list(new, keyword));
            for (old, new) in old.iter().zip(&new).filter(|_| old.len() == new.len()) {
                self.schema(old, new);
            }
        }
        for (keyword, before, after) in different(old, new) {
            if SKIPPED.contains(&keyword) {
                continue;
            }
            if keyword == "deprecated" {
                self.changes
                    .compatible(&new.pointer, replaced(keyword, before, after));
            } else if let Some(shift) = shift(keyword, before, after) {
                self.shifted(new, replaced(keyword, before, after), shift);
            }
        }
    }

    fn shifted(&mut self, schema: &Node<'_>, what: String, shift: Shift) {
        self.changes
            .add(&schema.pointer, what, shift.breaks(self.side));
    }

    fn properties(&mut self, old: &Node<'_>, new: &Node<'_>) {
        let (before, after) = (names(old), names(new));
        let required = |schema: &Node<'_>, name: &&str| texts(schema, "required").contains(*name);
        for name in before.difference(&after) {
            let why = "the client may read or send it";
            self.changes.breaking(
                &new.pointer,
                format!("the property `{name}` was removed"),
                why,
            );
        }
        for name in after.difference(&before) {
            let breaks = self.side == Side::Request && required(new, name);
            let kind = if required(new, name) {
                "required"
            } else {
                "optional"
            };
            let what = format!("the {kind} property `{name}` was added");
            self.changes.add(
                &new.pointer,
                what,
                breaks.then(|| "the client doesn't send it".to_owned()),
            );
        }
        for name in before.intersection(&after) {
            match (required(old, name), required(new, name)) {
                (false, true) => self.shifted(
                    new,
                    format!("the property `{name}` is now required"),
                    Shift::Stricter,
                ),
                (true, false) => self.shifted(
                    new,
                    format!("the property `{name}` is now optional"),
                    Shift::Looser,
                ),
                _ => {}
            }
            let at = |schema: &Node<'_>| {
                format!("{}/properties/{}", schema.pointer, pointer_segment(name))
            };
            if let (Some(old), Some(new)) = (old.spec.resolve(&at(old)), new.spec.resolve(&at(new)))
            {
                self.schema(&old, &new);
            }
        }
    }

    /// The known values of an extensible enum may come and go: clients accept any other value, too.
    fn known_values(&mut self, old: &Node<'_>, new: &Node<'_>) {
        const KEYWORD: &str = "x-extensible-enum";
        let (before, after) = (texts(old, KEYWORD), texts(new, KEYWORD));
        for value in after.difference(&before) {
            self.changes
                .compatible(&new.pointer, format!("the known value `{value}` was added"));
        }
        for value in before.difference(&after) {
            let what = format!("the known value `{value}` was removed; it is an unknown value now");
            self.changes.compatible(&new.pointer, what);
        }
    }
}

/// Returns the keywords, extensions apart, that have different values.
pub fn different<'s>(
    old: &Node<'s>,
    new: &Node<'s>,
) -> Vec<(&'s str, Option<&'s Value>, Option<&'s Value>)> {
    let keywords = |node: &Node<'s>| node.value.as_object().into_iter().flat_map(Map::keys);
    let keywords: BTreeSet<&String> = keywords(old).chain(keywords(new)).collect();
    keywords
        .into_iter()
        .filter(|keyword| !keyword.starts_with("x-"))
        .map(|keyword| {
            (
                keyword.as_str(),
                old.value.get(keyword),
                new.value.get(keyword),
            )
        })
        .filter(|(_, before, after)| before != after)
        .collect()
}

/// Returns the sentence that a keyword has another value.
pub fn replaced(keyword: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    let shown =
        |value: Option<&Value>| value.map_or("absent".to_owned(), |value| format!("`{value}`"));
    format!("`{keyword}` was {}, now {}", shown(before), shown(after))
}

fn names<'s>(schema: &Node<'s>) -> BTreeSet<&'s str> {
    let properties = schema.value.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

fn texts<'s>(schema: &Node<'s>, keyword: &str) -> BTreeSet<&'s str> {
    let list = schema.value.get(keyword).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn list<'s>(schema: &Node<'s>, keyword: &str) -> Vec<Node<'s>> {
    schema
        .children(keyword)
        .into_iter()
        .map(|(_, schema)| schema)
        .collect()
}

/// Returns what a different value of a keyword allows; `None` if both mean the same, or if the schemas in it were compared.
fn shift(keyword: &str, before: Option<&Value>, after: Option<&Value>) -> Option<Shift> {
    let number = |value: Option<&Value>, default| value.and_then(Value::as_f64).unwrap_or(default);
    let truth = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let elements = |value: Option<&Value>| value.and_then(Value::as_array).map(Vec::len);
    let stricter = match keyword {
        _ if ONE.contains(&keyword) && both(before, after, Value::is_object) => return None,
        _ if LISTS.contains(&keyword) && elements(before) == elements(after) => return None,
        _ if MINIMA.contains(&keyword) => {
            number(after, f64::NEG_INFINITY) > number(before, f64::NEG_INFINITY)
        }
        _ if MAXIMA.contains(&keyword) => {
            number(after, f64::INFINITY) < number(before, f64::INFINITY)
        }
        "nullable" if truth(before) == truth(after) => return None,
        "nullable" => truth(before),
        _ if SWITCHES.contains(&keyword) && truth(before) == truth(after) => return None,
        _ if SWITCHES.contains(&keyword) => truth(after),
        "enum" => return Some(listed(before, after)),
        "additionalProperties" if after == Some(&Value::Bool(false)) => true,
        "additionalProperties" if before == Some(&Value::Bool(false)) => false,
        "format" | "items" | "pattern" | "additionalProperties" if before.is_none() => true,
        "format" | "items" | "pattern" | "additionalProperties" if after.is_none() => false,
        _ => return Some(Shift::Other),
    };
    Some(if stricter {
        Shift::Stricter
    } else {
        Shift::Looser
    })
}

fn both(before: Option<&Value>, after: Option<&Value>, is: fn(&Value) -> bool) -> bool {
    before.is_some_and(is) && after.is_some_and(is)
}

/// Returns what another list of allowed values allows.
fn listed(before: Option<&Value>, after: Option<&Value>) -> Shift {
    let list = |value: Option<&'_ Value>| value.and_then(Value::as_array).cloned();
    let (Some(before), Some(after)) = (list(before), list(after)) else {
        return if after.is_some() {
            Shift::Stricter
        } else {
            Shift::Looser
        };
    };
    let fewer = before.iter().any(|value| !after.contains(value));
    let more = after.iter().any(|value| !before.contains(value));
    match (fewer, more) {
        (true, false) => Shift::Stricter,
        (false, true) => Shift::Looser,
        _ => Shift::Other,
    }
}
