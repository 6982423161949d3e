//! Decides whether a change of a keyword's value in the spec breaks clients, and why.

use serde_json::Value;

use crate::spec::{DOCUMENTATION, Kind};

/// The place of a value: a request, which a client writes, or a response, which the service writes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Request,
    Response,
}

impl Side {
    /// Returns why a change of the spec breaks clients; `None` if the change is backward compatible.
    ///
    /// * `fewer_values`: some values that were valid are now invalid.
    /// * `more_values`: some values that were invalid are now valid.
    pub fn breaking_reason(self, fewer_values: bool, more_values: bool) -> Option<&'static str> {
        match self {
            Self::Request => {
                fewer_values.then_some("the service may reject a request that was valid")
            }
            Self::Response => {
                more_values.then_some("a response may have values that clients don't expect")
            }
        }
    }
}

/// Returns whether a keyword is excluded from the general comparison of two objects in the spec. Excluded are:
///
/// * keywords without an effect on clients, such as `description`
/// * keywords that `compare.rs` compares in separate functions, such as `parameters`
pub fn is_skipped(kind: Kind, keyword: &str) -> bool {
    DOCUMENTATION.contains(&keyword) && keyword != "tags"
        || keyword.starts_with("x-")
        || matches!(
            (kind, keyword),
            (_, "bearerFormat" | "links")
                | (Kind::Operation, "parameters" | "security" | "servers")
                | (Kind::Parameter, "in" | "name")
                | (Kind::Schema, "required")
        )
}

/// Returns the value of a keyword. Returns `None` if the keyword is absent, or if its value is the default `false`.
pub fn value<'v>(object: &'v Value, keyword: &str) -> Option<&'v Value> {
    let is_false_by_default = matches!(
        keyword,
        "deprecated"
            | "exclusiveMaximum"
            | "exclusiveMinimum"
            | "nullable"
            | "required"
            | "uniqueItems"
    );
    let value = object.get(keyword)?;
    (!is_false_by_default || *value != Value::Bool(false)).then_some(value)
}

/// Returns why the change of a keyword's value breaks clients; `None` if the change is backward compatible.
pub fn breaking_reason(
    kind: Kind,
    keyword: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    side: Side,
) -> Option<&'static str> {
    let (was_added, was_removed) = (before.is_none(), after.is_none());
    let was_added_or_removed = was_added || was_removed;
    let numbers = |absent| {
        let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(absent);
        (number(before), number(after))
    };
    let (fewer_values, more_values) = match keyword {
        "deprecated" => (false, false),
        "operationId" => {
            return Some("programs may call the generated method with the former name");
        }
        "tags" => return Some("some generated clients have a class for each tag"),
        "required" => (was_added, was_removed),
        "schema" if was_added_or_removed => (was_added, was_removed),
        _ if kind != Kind::Schema => return Some("clients were written for the former value"),
        "minItems" | "minLength" | "minProperties" | "minimum" => {
            let (before, after) = numbers(f64::NEG_INFINITY);
            (before < after, after < before)
        }
        "maxItems" | "maxLength" | "maxProperties" | "maximum" => {
            let (before, after) = numbers(f64::INFINITY);
            (after < before, before < after)
        }
        "nullable" => (was_removed, was_added),
        "additionalProperties"
        | "enum"
        | "exclusiveMaximum"
        | "exclusiveMinimum"
        | "format"
        | "items"
        | "pattern"
        | "uniqueItems"
            if was_added_or_removed =>
        {
            (was_added, was_removed)
        }
        "enum" => {
            let values = |list: Option<&Value>| list.and_then(Value::as_array).cloned();
            let [before, after] = [before, after].map(|list| values(list).unwrap_or_default());
            let lacks_any =
                |list: &[Value], values: &[Value]| values.iter().any(|value| !list.contains(value));
            (lacks_any(&after, &before), lacks_any(&before, &after))
        }
        _ => (true, true),
    };
    side.breaking_reason(fewer_values, more_values)
}
