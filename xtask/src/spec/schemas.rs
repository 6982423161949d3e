//! The schemas of the spec as JSON Schemas, each compiled at its first use.
//!
//! A schema of OpenAPI 3.0 is a schema of JSON Schema draft 4 (boolean `exclusiveMinimum`, `$ref` that ignores its neighbours) with
//! some additional keywords. [`Schemas::new`] translates these keywords in a copy of the spec. References still work in the copy,
//! and JSON pointers into it are valid in the spec.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Registry, ValidationError, Validator};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::generator::spec::{Kind, Node, Spec, SpecError};

/// The URI of the spec in the registry of schemas; nothing is fetched from it.
const SPEC_URI: &str = "spec:/";

/// The maximum length, in bytes, of a value that a message quotes.
const MAX_QUOTED_LENGTH: usize = 60;

/// The schemas of a spec.
pub struct Schemas {
    translated: Value,
    registry: Registry<'static>,
    /// The JSON pointers of the schemas that aren't part of another schema.
    roots: Vec<String>,
    compiled: RefCell<HashMap<String, Option<Rc<Validator>>>>,
}

/// A violation of a schema by a value.
pub struct Violation {
    /// The JSON pointer in the value.
    pub value: String,
    /// The JSON pointer of the keyword in the spec.
    pub spec: String,
    /// The keyword.
    pub keyword: String,
    /// The description of the violation.
    pub message: String,
}

impl Schemas {
    /// Translates all schemas, without compiling them.
    pub fn new(spec: &Spec) -> Result<Self, SpecError> {
        let mut roots = Vec::new();
        let mut translated = spec.value.clone();
        spec.walk(|visited| {
            if visited.kind != Kind::Schema {
                return;
            }
            if visited.parent != Kind::Schema {
                roots.push(visited.pointer.clone());
            }
            if let Some(Value::Object(schema)) = translated.pointer_mut(&visited.pointer) {
                translate(schema);
            }
        });
        let registry = Registry::new()
            .draft(Draft::Draft4)
            .add(SPEC_URI, Draft::Draft4.create_resource(translated.clone()))
            .and_then(jsonschema::RegistryBuilder::prepare)
            .map_err(|error| spec.error("", format!("the schemas can't be read: {error}")))?;
        Ok(Self {
            translated,
            registry,
            roots,
            compiled: RefCell::default(),
        })
    }

    /// Returns the JSON pointer and a message for each invalid schema.
    pub fn invalid_schemas(&self) -> Vec<(String, String)> {
        let mut invalid: Vec<(String, String)> = Vec::new();
        for root in &self.roots {
            let Some(schema) = self.translated.pointer(root) else {
                continue;
            };
            for error in jsonschema::draft4::meta::validator().iter_errors(schema) {
                let place = format!("{root}{}", error.instance_path());
                invalid.push((place, error.to_string()));
            }
        }
        // The meta-schema accepts more than the compiler, such as a pattern that is no regular expression.
        for root in &self.roots {
            let Err(error) = self.compile(root) else {
                continue;
            };
            let mut place = error.schema_path().to_string();
            if place.is_empty() {
                place.clone_from(root);
            }
            let reference = matches!(error.kind(), ValidationErrorKind::Referencing(_));
            if !reference && !invalid.iter().any(|(known, _)| *known == place) {
                invalid.push((place, error.to_string()));
            }
        }
        invalid
    }

    /// Returns every violation of the schema at `pointer` by `value`; none if the schema itself is invalid.
    pub fn violations(&self, pointer: &str, value: &Value) -> Vec<Violation> {
        let Some(validator) = self.validator(pointer) else {
            return Vec::new();
        };
        validator
            .iter_errors(value)
            .map(|error| Violation {
                value: error.instance_path().to_string(),
                spec: error.schema_path().to_string(),
                keyword: error.kind().keyword().trim_matches('"').to_owned(),
                message: error.masked_with(quoted(error.instance())).to_string(),
            })
            .collect()
    }

    /// Returns whether `value` is valid against the schema at `pointer`.
    pub fn accepts(&self, pointer: &str, value: &Value) -> bool {
        self.validator(pointer)
            .is_none_or(|validator| validator.is_valid(value))
    }

    /// Returns a schema and its subschemas in `allOf`, `anyOf` and `oneOf`, with references followed. Subschemas in `anyOf` and `oneOf`
    /// that don't accept `value` are left out, unless none accepts it.
    pub fn composed<'s>(&self, schema: Node<'s>, value: Option<&Value>) -> Vec<Node<'s>> {
        let mut found = Vec::new();
        self.compose(schema, value, &mut found);
        found
    }

    fn compose<'s>(&self, schema: Node<'s>, value: Option<&Value>, found: &mut Vec<Node<'s>>) {
        if found.iter().any(|known| known.pointer == schema.pointer) {
            return;
        }
        let keywords = ["allOf", "anyOf", "oneOf"];
        let composed = keywords.map(|keyword| (keyword, schema.children(keyword)));
        found.push(schema);
        for (keyword, parts) in composed {
            let accepts = |(_, part): &(String, Node<'s>)| {
                keyword == "allOf" || value.is_none_or(|value| self.accepts(&part.pointer, value))
            };
            let any_accepts = parts.iter().any(accepts);
            for part in parts {
                if !any_accepts || accepts(&part) {
                    self.compose(part.1, value, found);
                }
            }
        }
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

    fn compile(&self, pointer: &str) -> Result<Validator, ValidationError<'static>> {
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
            .build(&json!({ "$ref": format!("{SPEC_URI}#{fragment}") }))
    }
}

/// Translates the keywords `nullable` and `format` of a schema, but not of the schemas inside.
fn translate(schema: &mut Map<String, Value>) {
    if schema.remove("nullable") == Some(Value::Bool(true))
        && let Some(kind @ Value::String(_)) = schema.get("type").cloned()
    {
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
    let (minimum, maximum) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    schema.entry("minimum").or_insert(minimum.into());
    schema.entry("maximum").or_insert(maximum.into());
}

/// Returns how a message names a value: with its text if the text is short.
fn quoted(value: &Value) -> String {
    match value {
        Value::Object(_) | Value::Array(_) => None,
        _ => Some(value.to_string()),
    }
    .filter(|text| text.len() <= MAX_QUOTED_LENGTH)
    .unwrap_or_else(|| "the value".to_owned())
}
