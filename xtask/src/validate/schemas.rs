//! The contract's schemas as JSON Schema, each compiled once, when it is first needed.
//!
//! OpenAPI 3.0's schemas are JSON Schema draft 4 (boolean `exclusiveMinimum`, `$ref` that ignores its neighbours) with a
//! few words of their own. They are translated where they stand, in a copy of the contract, so that `$ref` keeps working and
//! the place that the validator names is the place in the contract.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Registry, Validator};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::codes;
use super::finding::Found;
use super::walk::{Role, walk};
use crate::generator::contract::{Contract, ContractError};

/// What the contract is called among schemas; nothing is ever fetched.
const HOME: &str = "contract:/";

/// The longest value that a message repeats.
const SHORT: usize = 60;

/// The contract's schemas.
pub struct Schemas {
    translated: Value,
    registry: Registry<'static>,
    roots: Vec<String>,
    compiled: RefCell<HashMap<String, Option<Rc<Validator>>>>,
}

/// A disagreement of a value with a schema.
pub struct Violation {
    /// Where in the value.
    pub value: String,
    /// The keyword in the contract.
    pub contract: String,
    /// The keyword's name.
    pub keyword: String,
    /// What is the matter.
    pub message: String,
}

impl Schemas {
    /// Translates all schemas; compiles none.
    pub fn new(contract: &Contract) -> Result<Self, ContractError> {
        let mut roots = Vec::new();
        let mut all = Vec::new();
        walk(&contract.value, &mut |pointer, _, role| {
            if role == Role::Schema {
                roots.push(pointer.to_owned());
            }
            if role != Role::Other {
                all.push(pointer.to_owned());
            }
        });
        let mut translated = contract.value.clone();
        for pointer in &all {
            if let Some(Value::Object(schema)) = translated.pointer_mut(pointer) {
                translate(schema);
            }
        }
        let registry = Registry::new()
            .draft(Draft::Draft4)
            .add(HOME, Draft::Draft4.create_resource(translated.clone()))
            .and_then(jsonschema::RegistryBuilder::prepare)
            .map_err(|error| contract.error("", format!("the schemas can't be read: {error}")))?;
        Ok(Self {
            translated,
            registry,
            roots,
            compiled: RefCell::default(),
        })
    }

    /// Every schema that isn't one.
    pub fn broken(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut places = HashSet::new();
        for root in &self.roots {
            let Some(schema) = self.translated.pointer(root) else {
                continue;
            };
            for error in jsonschema::draft4::meta::validator().iter_errors(schema) {
                let place = format!("{root}{}", error.instance_path());
                places.insert(place.clone());
                found.push(Found::contract(
                    codes::BROKEN_SCHEMA,
                    place,
                    error.to_string(),
                ));
            }
        }
        // What the schema of schemas lets pass, such as a pattern that is no regular expression.
        for root in &self.roots {
            let Err(error) = self.compile(root) else {
                continue;
            };
            let known = matches!(error.kind(), ValidationErrorKind::Referencing(_));
            let place = error.schema_path().to_string();
            let place = if place.is_empty() {
                root.clone()
            } else {
                place
            };
            if !known && places.insert(place.clone()) {
                found.push(Found::contract(
                    codes::BROKEN_SCHEMA,
                    place,
                    error.to_string(),
                ));
            }
        }
        found
    }

    /// Everything in `value` that disagrees with the schema at `pointer`. A broken schema gives nothing: it is a finding of
    /// its own. Values are repeated in messages only if they are `shown`.
    pub fn violations(&self, pointer: &str, value: &Value, shown: bool) -> Vec<Violation> {
        let Some(validator) = self.validator(pointer) else {
            return Vec::new();
        };
        validator
            .iter_errors(value)
            .map(|error| Violation {
                value: error.instance_path().to_string(),
                contract: error.schema_path().to_string(),
                keyword: error.kind().keyword().trim_matches('"').to_owned(),
                message: error
                    .masked_with(name_of(error.instance(), shown))
                    .to_string(),
            })
            .collect()
    }

    /// Whether `value` agrees with the schema at `pointer`.
    pub fn agrees(&self, pointer: &str, value: &Value) -> bool {
        self.validator(pointer)
            .is_none_or(|validator| validator.is_valid(value))
    }

    fn validator(&self, pointer: &str) -> Option<Rc<Validator>> {
        if let Some(known) = self.compiled.borrow().get(pointer) {
            return known.clone();
        }
        let compiled = self.compile(pointer).ok().map(Rc::new);
        self.compiled
            .borrow_mut()
            .insert(pointer.to_owned(), compiled.clone());
        compiled
    }

    fn compile(&self, pointer: &str) -> Result<Validator, jsonschema::ValidationError<'static>> {
        let fragment: String = pointer
            .split('/')
            .map(|segment| utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string())
            .collect::<Vec<_>>()
            .join("/");
        jsonschema::options()
            .with_draft(Draft::Draft4)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .offline()
            .build(&json!({ "$ref": format!("{HOME}#{fragment}") }))
    }
}

fn translate(schema: &mut Map<String, Value>) {
    if schema.remove("nullable") == Some(Value::Bool(true))
        && let Some(kind @ Value::String(_)) = schema.get("type").cloned()
    {
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
    let (low, high) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    schema.entry("minimum").or_insert(low.into());
    schema.entry("maximum").or_insert(high.into());
}

fn name_of(value: &Value, shown: bool) -> String {
    let text = match value {
        Value::Object(_) | Value::Array(_) => None,
        _ => Some(value.to_string()),
    };
    match text {
        Some(text) if shown && text.len() <= SHORT => text,
        _ => "the value".to_owned(),
    }
}
