//! What a schema must not say, and references that name nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Lint;
use crate::generator::contract::{Contract, pointer_segment};
use crate::generator::open_values;
use crate::generator::prepare::{is_open_value, resolve};

/// The components with the constants of an extensible enum: their pointers, each with the extensible enum.
pub(super) fn constants(contract: &Contract) -> BTreeMap<String, String> {
    let components = contract
        .value
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    components
        .into_iter()
        .flatten()
        .filter(|(_, schema)| is_open_value(schema))
        .map(|(name, _)| (component(&open_values::constants(name)), component(name)))
        .collect()
}

fn component(name: &str) -> String {
    format!("/components/schemas/{}", pointer_segment(name))
}

impl Lint<'_> {
    pub(super) fn references(&mut self, pointer: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref")
                    && resolve(self.contract, value).is_none()
                {
                    self.report(
                        "unknown-reference",
                        pointer,
                        format!("`{reference}` names nothing in this document"),
                        "references have the form `#/components/schemas/Name`",
                    );
                }
                if let Some(Value::String(reference)) = members.get("$ref")
                    && reference
                        .strip_prefix('#')
                        .is_some_and(|component| self.constants.contains_key(component))
                {
                    self.report(
                        "constants",
                        pointer,
                        format!("this refers to constants, `{reference}`"),
                        "nothing is of their type, since clients throw on a value that they don't list: refer to the open values",
                    );
                }
                // Examples are data: a `$ref` in one is no reference. What is only called so is something else.
                let are_names = ["/properties", "/schemas"]
                    .iter()
                    .any(|end| pointer.ends_with(end));
                for (name, value) in members {
                    if are_names || (name != "example" && name != "examples") {
                        self.references(&format!("{pointer}/{}", pointer_segment(name)), value);
                    }
                }
            }
            Value::Array(elements) => {
                for (index, value) in elements.iter().enumerate() {
                    self.references(&format!("{pointer}/{index}"), value);
                }
            }
            _ => {}
        }
    }

    /// Looks at every schema: the components, and those that stand in an operation.
    pub(super) fn schemas(&mut self) {
        let components = self
            .contract
            .value
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        for (name, schema) in components.into_iter().flatten() {
            self.schema(&component(name), schema, name);
        }
        for root in ["/paths", "/components/responses"] {
            if let Some(value) = self.contract.value.pointer(root) {
                self.schemas_within(root, value);
            }
        }
    }

    fn schemas_within(&mut self, pointer: &str, value: &Value) {
        let Some(members) = value.as_object() else {
            return;
        };
        for (name, value) in members {
            let pointer = format!("{pointer}/{}", pointer_segment(name));
            match name.as_str() {
                // Parameters and headers are plain strings or components, and examples are data.
                "parameters" | "headers" | "example" | "examples" => {}
                "schema" => self.schema(&pointer, value, "the body"),
                _ => self.schemas_within(&pointer, value),
            }
        }
    }

    fn schema(&mut self, pointer: &str, schema: &Value, name: &str) {
        if schema.get("$ref").is_some() {
            return;
        }
        let kind = schema.get("type").and_then(Value::as_str);
        if schema.get("description").is_none() {
            self.report(
                "description",
                pointer,
                format!("`{name}` has no description"),
                "say what it is and where the fact comes from",
            );
        }
        if schema.get("additionalProperties").is_some() {
            self.report(
                "closed-object",
                &format!("{pointer}/additionalProperties"),
                format!("`{name}` sets additionalProperties"),
                "answers grow: leave it unset (`false` refuses new members, `true` breaks the Kotlin generator)",
            );
        }
        for keyword in ["enum", "anyOf", "oneOf"] {
            let is_constants = keyword == "enum" && self.constants.contains_key(pointer);
            if schema.get(keyword).is_some() && !is_constants {
                self.report(
                    "closed-enum",
                    &format!("{pointer}/{keyword}"),
                    format!("`{name}` uses {keyword}"),
                    "clients throw on a value that it doesn't list: write `type: string` with `x-extensible-enum`",
                );
            }
        }
        if matches!(
            schema.get("format").and_then(Value::as_str),
            Some("date-time" | "date")
        ) {
            self.report(
                "date-time",
                &format!("{pointer}/format"),
                format!("`{name}` is a time in RFC 3339"),
                "the service sends times without an offset, on which clients throw: write `x-timestamp: utc` instead of the format",
            );
        }
        if kind == Some("integer") && schema.get("format").is_none_or(|format| format != "int64") {
            self.report(
                "integer-size",
                pointer,
                format!("`{name}` is an integer of unsaid size"),
                "write `format: int64`: versions need it, and clients overflow on less",
            );
        }
        self.known_values(pointer, schema, name);
        self.constants(pointer, schema);
        let required: Vec<_> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (member, schema) in properties.into_iter().flatten() {
            let pointer = format!("{pointer}/properties/{}", pointer_segment(member));
            // A reference to anything at all, such as a link, has no type and so holds null as well.
            let nullable = resolve(self.contract, schema).is_none_or(|schema| {
                schema.get("nullable") == Some(&Value::Bool(true)) || schema.get("type").is_none()
            });
            if !required.contains(&member.as_str()) && !nullable {
                self.report(
                    "nullable",
                    &pointer,
                    format!("the optional member `{member}` of `{name}` can't be null"),
                    "some clients throw on null otherwise: write `nullable: true` beside its type",
                );
            }
            self.schema(&pointer, schema, member);
        }
        if let Some(items) = schema.get("items") {
            self.schema(&format!("{pointer}/items"), items, "an element");
        }
    }

    fn known_values(&mut self, pointer: &str, schema: &Value, name: &str) {
        let Some(list) = schema.get("x-extensible-enum") else {
            return;
        };
        let pointer_list = format!("{pointer}/x-extensible-enum");
        let count = list.as_array().map_or(0, Vec::len);
        let texts: Vec<_> = open_values::values(schema).collect();
        if count == 0 || texts.len() != count {
            self.report(
                "known-values",
                &pointer_list,
                format!("the known values of `{name}` aren't a list of words"),
                "list each known value once, as text",
            );
        }
        if !pointer.starts_with("/components/schemas/")
            || pointer.matches('/').count() != 3
            || schema.get("type").is_none_or(|kind| kind != "string")
        {
            self.report(
                "known-values",
                &pointer_list,
                format!("`{name}` lists known values where it can't be used twice"),
                "make it a component of type string, and refer to it",
            );
        }
        let mut seen = BTreeSet::new();
        for text in texts {
            let rust = open_values::variant(text);
            if rust.is_empty() || !seen.insert(rust.to_lowercase()) {
                self.report(
                    "known-values",
                    &pointer_list,
                    format!(
                        "`{text}` stands twice among the known values of `{name}`, or is no word"
                    ),
                    "values are compared without regard to case: list each once",
                );
            }
        }
    }

    fn constants(&mut self, pointer: &str, schema: &Value) {
        let Some(values) = self.constants.get(pointer).cloned() else {
            return;
        };
        let allowed = ["title", "description", "type", "enum"];
        let members = schema.as_object().into_iter().flatten();
        let other = members
            .map(|(member, _)| member)
            .find(|member| !allowed.contains(&member.as_str()));
        if schema.get("type") != Some(&json!("string")) || other.is_some() {
            self.report(
                "constants",
                pointer,
                "constants are texts in a list, and nothing else".to_owned(),
                "write `type: string` and `enum`, with a description",
            );
        }
        let values = self.contract.value.pointer(&values);
        if schema.get("enum") != values.and_then(|values| values.get("x-extensible-enum")) {
            self.report(
                "constants",
                &format!("{pointer}/enum"),
                "these aren't the known values of the extensible enum".to_owned(),
                "list them once: an anchor at `x-extensible-enum`, and its alias here",
            );
        }
    }
}
