//! What a changed schema means. drift says that a schema was changed and from which side it is read; which keyword it was, and
//! what follows for the two ends, is decided here.

use serde_json::{Map, Value};

use super::change::Change;

/// Keywords that are words for people, or drift's own business because it follows them.
const IGNORED: &[&str] = &[
    "description",
    "example",
    "examples",
    "externalDocs",
    "items",
    "properties",
    "required",
    "title",
];

/// The smaller the value, the looser; nothing is loosest.
const LOWER_BOUNDS: &[&str] = &["minItems", "minLength", "minProperties", "minimum"];
/// The larger the value, the looser; nothing is loosest.
const UPPER_BOUNDS: &[&str] = &["maxItems", "maxLength", "maxProperties", "maximum"];
/// `true` is stricter.
const SWITCHES: &[&str] = &["exclusiveMaximum", "exclusiveMinimum", "uniqueItems"];

/// From where a schema is reached.
#[derive(Clone, Copy, Default)]
pub struct Sides {
    /// From a parameter or a request's body: clients write it.
    pub request: bool,
    /// From an answer: clients read it.
    pub answer: bool,
}

/// Which values a change lets through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shift {
    Stricter,
    Looser,
    Other,
}

/// What was changed between two schemas at the same place, without what is below them. Words for people give nothing.
pub fn compare(pointer: &str, old: &Value, new: &Value, sides: Sides) -> Vec<Change> {
    let empty = Map::new();
    let old = old.as_object().unwrap_or(&empty);
    let new = new.as_object().unwrap_or(&empty);
    let mut changes = Vec::new();
    properties(pointer, old, new, sides, &mut changes);
    known_values(pointer, old, new, &mut changes);
    if old.contains_key("items") != new.contains_key("items") {
        let what = "the description of the elements was added or removed";
        changes.push(shifted(pointer, what, Shift::Other, sides));
    }
    let mut keywords: Vec<&String> = old.keys().chain(new.keys()).collect();
    keywords.sort();
    keywords.dedup();
    for keyword in keywords {
        let (before, after) = (old.get(keyword), new.get(keyword));
        let ignored = IGNORED.contains(&keyword.as_str()) || keyword.starts_with("x-");
        if before == after || ignored {
            continue;
        }
        let what = format!("`{keyword}` was {}, now {}", shown(before), shown(after));
        let shift = shift(keyword, before, after);
        changes.push(shifted(pointer, what, shift, sides));
    }
    changes
}

fn properties(
    pointer: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    sides: Sides,
    changes: &mut Vec<Change>,
) {
    let named = |schema: &Map<String, Value>| -> Vec<String> {
        let properties = schema.get("properties").and_then(Value::as_object);
        properties
            .map(|properties| properties.keys().cloned().collect())
            .unwrap_or_default()
    };
    let (before, after) = (named(old), named(new));
    let (must_before, must_after) = (required(old), required(new));
    for name in before.iter().filter(|name| !after.contains(name)) {
        let mut change = Change::new(pointer, format!("the property `{name}` was removed"));
        if sides.answer {
            change = change.client("who reads it finds nothing");
        }
        if sides.request {
            change = change.client("who sends it is no longer heard");
        }
        changes.push(change);
    }
    for name in after.iter().filter(|name| !before.contains(name)) {
        let required = must_after.contains(name);
        let what = if required {
            format!("the required property `{name}` was added")
        } else {
            format!("the property `{name}` was added")
        };
        let mut change = Change::new(pointer, what);
        if sides.answer && required {
            change = change.server("must always send it");
        }
        if sides.request {
            change = change.server("must understand it");
            if required {
                change = change.client("doesn't send it");
            }
        }
        changes.push(change);
    }
    let stays = |name: &&String| before.contains(name) && after.contains(name);
    for name in must_after
        .iter()
        .filter(|name| !must_before.contains(name))
        .filter(stays)
    {
        let what = format!("the property `{name}` is now required");
        changes.push(shifted(pointer, what, Shift::Stricter, sides));
    }
    for name in must_before
        .iter()
        .filter(|name| !must_after.contains(name))
        .filter(stays)
    {
        let what = format!("the property `{name}` is no longer required");
        changes.push(shifted(pointer, what, Shift::Looser, sides));
    }
}

fn required(schema: &Map<String, Value>) -> Vec<String> {
    texts(schema.get("required"))
}

/// The values of an open set may come and go: whoever reads them must take any other, too.
fn known_values(
    pointer: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    changes: &mut Vec<Change>,
) {
    const KEYWORD: &str = "x-extensible-enum";
    let (before, after) = (texts(old.get(KEYWORD)), texts(new.get(KEYWORD)));
    for value in after.iter().filter(|value| !before.contains(value)) {
        let what = format!("the known value `{value}` was added to an open set");
        changes.push(Change::new(pointer, what));
    }
    for value in before.iter().filter(|value| !after.contains(value)) {
        let what = format!(
            "the known value `{value}` was removed from an open set; it may still come, as an unknown one"
        );
        changes.push(Change::new(pointer, what));
    }
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|text| Some(text.as_str()?.to_owned()))
        .collect()
}

/// What a keyword's change lets through.
fn shift(keyword: &str, before: Option<&Value>, after: Option<&Value>) -> Shift {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let truth = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let stricter = if LOWER_BOUNDS.contains(&keyword) {
        number(after).unwrap_or(f64::NEG_INFINITY) > number(before).unwrap_or(f64::NEG_INFINITY)
    } else if UPPER_BOUNDS.contains(&keyword) {
        number(after).unwrap_or(f64::INFINITY) < number(before).unwrap_or(f64::INFINITY)
    } else if SWITCHES.contains(&keyword) {
        truth(after)
    } else if keyword == "nullable" {
        !truth(after)
    } else if keyword == "enum" {
        let all = Vec::new();
        let list = |value: Option<&'_ Value>| value.and_then(Value::as_array).cloned();
        match (list(before), list(after)) {
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (before, after) => {
                let (before, after) = (before.unwrap_or(all.clone()), after.unwrap_or(all));
                let fewer = before.iter().any(|value| !after.contains(value));
                let more = after.iter().any(|value| !before.contains(value));
                if fewer && more {
                    return Shift::Other;
                }
                fewer
            }
        }
    } else if matches!(keyword, "pattern" | "format") && before.is_none() {
        true
    } else if matches!(keyword, "pattern" | "format") && after.is_none() {
        false
    } else {
        return Shift::Other;
    };
    if stricter {
        Shift::Stricter
    } else {
        Shift::Looser
    }
}

fn shifted(pointer: &str, what: impl Into<String>, shift: Shift, sides: Sides) -> Change {
    let mut change = Change::new(pointer, what);
    let (stricter, looser) = (shift != Shift::Looser, shift != Shift::Stricter);
    if sides.request && stricter {
        change = change.client("what it sends may be refused");
    }
    if sides.answer && looser {
        change = change.client("what it gets may be something that it doesn't expect");
    }
    if (sides.request && looser) || (sides.answer && stricter) {
        let what = match (sides.request && looser, sides.answer && stricter) {
            (true, false) => "must take what it refused",
            (false, true) => "must not send what it could",
            _ => "must take what it refused, and not send what it could",
        };
        change = change.server(what);
    }
    change
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"))
}
