//! The effect on clients when the value of a keyword changes.

use serde_json::Value;

use crate::spec::{DOCUMENTATION, Kind};

/// Who writes a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client.
    Request,
    /// The service.
    Response,
}

/// The effect of a change on clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    None,
    Compatible,
    Breaking(&'static str),
    /// Some values are no longer valid.
    Stricter,
    /// Additional values are valid.
    Looser,
    /// The set of valid values changed in an unknown way: values may have become valid, invalid, or both.
    Other,
}

impl Effect {
    /// Returns `Stricter` or `Looser`.
    pub fn stricter_if(is_stricter: bool) -> Self {
        if is_stricter {
            Self::Stricter
        } else {
            Self::Looser
        }
    }

    /// Returns the reason why a change breaks clients; `None` if it is backward compatible.
    pub fn breaks(self, side: Side) -> Option<&'static str> {
        match (self, side) {
            (Self::None | Self::Compatible, _)
            | (Self::Looser, Side::Request)
            | (Self::Stricter, Side::Response) => None,
            (Self::Breaking(why), _) => Some(why),
            (_, Side::Request) => Some("the service may reject a request that was valid"),
            (_, Side::Response) => Some("a response may have values that clients don't expect"),
        }
    }
}

/// Returns whether a keyword is only documentation, or is compared by a separate function in `compare.rs`.
pub fn is_skipped(kind: Kind, keyword: &str) -> bool {
    DOCUMENTATION.contains(&keyword)
        || keyword.starts_with("x-")
        || matches!(
            (kind, keyword),
            (_, "bearerFormat" | "links")
                | (Kind::Operation, "parameters" | "security" | "servers")
                | (Kind::Parameter, "in" | "name")
                | (Kind::Schema, "required")
        )
}

/// Returns the effect of a changed value of a keyword in an object.
pub fn effect(kind: Kind, keyword: &str, before: Option<&Value>, after: Option<&Value>) -> Effect {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let upper = |value| number(value).unwrap_or(f64::INFINITY);
    let is_true = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let is_false = |value: Option<&Value>| value == Some(&Value::Bool(false));
    let is_added_or_removed = before.is_none() || after.is_none();
    match keyword {
        "deprecated" => Effect::Compatible,
        "required" if is_true(before) == is_true(after) => Effect::None,
        "required" => Effect::stricter_if(is_true(after)),
        "operationId" => Effect::Breaking("generated clients have a method of this name"),
        "schema" if kind != Kind::Schema && is_added_or_removed => {
            Effect::stricter_if(before.is_none())
        }
        // The effect of the change is unknown.
        _ if kind != Kind::Schema => Effect::Breaking("clients were written for the former value"),
        "minItems" | "minLength" | "minProperties" | "minimum" => {
            Effect::stricter_if(number(before) < number(after))
        }
        "maxItems" | "maxLength" | "maxProperties" | "maximum" => {
            Effect::stricter_if(upper(after) < upper(before))
        }
        "exclusiveMaximum" | "exclusiveMinimum" | "nullable" | "uniqueItems"
            if is_true(before) == is_true(after) =>
        {
            Effect::None
        }
        "exclusiveMaximum" | "exclusiveMinimum" | "uniqueItems" => {
            Effect::stricter_if(is_true(after))
        }
        "nullable" => Effect::stricter_if(is_true(before)),
        "additionalProperties" if is_false(after) => Effect::stricter_if(true),
        "additionalProperties" if is_false(before) => Effect::stricter_if(false),
        "additionalProperties" | "enum" | "format" | "items" | "pattern" if is_added_or_removed => {
            Effect::stricter_if(before.is_none())
        }
        "enum" => {
            let has_all = |list: Option<&Value>, of: Option<&Value>| {
                let list = list.and_then(Value::as_array);
                let of = of.and_then(Value::as_array).into_iter().flatten();
                list.is_some_and(|list| of.into_iter().all(|value| list.contains(value)))
            };
            match (has_all(before, after), has_all(after, before)) {
                (true, false) => Effect::Stricter,
                (false, true) => Effect::Looser,
                _ => Effect::Other,
            }
        }
        _ => Effect::Other,
    }
}
