//! A walk over everything in the contract that can hold a schema, an example or a reference.

use serde_json::{Map, Value};

use crate::generator::contract::pointer_segment;

/// What an object of the contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A schema that isn't part of another one.
    Schema,
    /// A schema inside a schema.
    Subschema,
    /// Anything else: a parameter, a header, a media type, an operation, …
    Other,
}

/// What only holds data, which may look like anything.
const DATA: &[&str] = &["default", "enum", "example", "value"];
/// Keywords with a schema.
const SCHEMA: &[&str] = &["additionalProperties", "items", "not"];
/// Keywords with a list of schemas.
const SCHEMAS: &[&str] = &["allOf", "anyOf", "oneOf"];
/// Members whose own members are named by the author; a schema called `example` must not be taken for an example.
const NAMES: &[&str] = &[
    "callbacks",
    "content",
    "encoding",
    "examples",
    "headers",
    "links",
    "parameters",
    "paths",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
];

/// What is called with the JSON pointer, the members and the role of an object.
pub type Visit<'a, 'v> = dyn FnMut(&str, &'v Map<String, Value>, Role) + 'a;

/// Calls `visit` with the JSON pointer, the members and the role of every object that can matter.
pub fn walk<'v>(contract: &'v Value, visit: &mut Visit<'_, 'v>) {
    go(contract, "", Role::Other, visit);
}

fn go<'v>(value: &'v Value, pointer: &str, role: Role, visit: &mut Visit<'_, 'v>) {
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                go(element, &format!("{pointer}/{index}"), role, visit);
            }
        }
        Value::Object(members) => {
            visit(pointer, members, role);
            for (key, member) in members {
                let key = key.as_str();
                if DATA.contains(&key) || key.starts_with("x-") {
                    continue;
                }
                let at = format!("{pointer}/{}", pointer_segment(key));
                let role = match key {
                    "schema" | "schemas" => Role::Schema,
                    "properties" => Role::Subschema,
                    _ if SCHEMA.contains(&key) || SCHEMAS.contains(&key) => Role::Subschema,
                    _ => Role::Other,
                };
                match member {
                    Value::Object(named) if NAMES.contains(&key) => {
                        for (name, member) in named {
                            go(
                                member,
                                &format!("{at}/{}", pointer_segment(name)),
                                role,
                                visit,
                            );
                        }
                    }
                    _ => go(member, &at, role, visit),
                }
            }
        }
        _ => {}
    }
}
