//! Translates the schemas of the spec to JSON Schemas, and compiles each schema at its first use.
//!
//! The schemas of OpenAPI 3.0 follow JSON Schema draft 4. For example, `exclusiveMinimum` is a boolean, and the keywords next to `$ref` are
//! ignored. But draft 4 doesn't know the keyword `nullable` and the formats `int32` and `int64`. Therefore, [`Schemas::new`] copies the
//! spec and translates this keyword and both formats in the copy. Each schema has the same JSON pointer in the spec and in the copy.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Registry, ValidationError, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::generator::spec::{Kind, Node, Spec, SpecError};

/// The URI of the spec in the registry of schemas. This URI is only a name: nothing is loaded from it.
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

/// A reason why a value is invalid against a schema.
pub struct Violation {
    /// The JSON pointer of the invalid part of the value.
    pub value: String,
    /// The JSON pointer of the violated keyword in the spec.
    pub spec: String,
    pub keyword: String,
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

    /// Returns the JSON pointer and the message of each error in the schemas.
    pub fn invalid_schemas(&self) -> Vec<(String, String)> {
        let mut invalid: Vec<(String, String)> = Vec::new();
        for root in &self.roots {
            let Some(schema) = self.translated.pointer(root) else {
                continue;
            };
            for error in jsonschema::draft4::meta::validator().iter_errors(schema) {
                let pointer = format!("{root}{}", error.instance_path());
                invalid.push((pointer, error.to_string()));
            }
        }
        // The meta-schema accepts some schemas that can't be compiled. For example, a pattern can be too large for the regex engine.
        for root in &self.roots {
            let Err(error) = self.compile(root) else {
                continue;
            };
            let mut pointer = error.schema_path().to_string();
            if pointer.is_empty() {
                pointer.clone_from(root);
            }
            // Broken references are left out, because `lint::broken_references` reports them.
            let is_reference = matches!(error.kind(), ValidationErrorKind::Referencing(_));
            if !is_reference && !invalid.iter().any(|(known, _)| *known == pointer) {
                invalid.push((pointer, error.to_string()));
            }
        }
        invalid
    }

    /// Validates `value` against the schema at the JSON pointer `pointer`, and returns the violations. If the schema
    /// is invalid, returns no violation.
    ///
    /// For a parameter or header, `value` was decoded from text. `texts` has this text, or one text for each element of an array. A message
    /// then quotes a short number as it was sent, such as `1e3` instead of `1000`. For any other value, `texts` is empty.
    pub fn violations(&self, pointer: &str, value: &Value, texts: &[&str]) -> Vec<Violation> {
        let Some(validator) = self.validator(pointer) else {
            return Vec::new();
        };
        let violation = |error: ValidationError<'_>| {
            let value = error.instance_path().to_string();
            let index = value.trim_start_matches('/').parse().unwrap_or(0);
            let quoted = quoted(error.instance(), texts.get(index).copied());
            Violation {
                value,
                spec: error.schema_path().to_string(),
                keyword: error.kind().keyword().trim_matches('"').to_owned(),
                message: error.masked_with(quoted).to_string(),
            }
        };
        validator.iter_errors(value).map(violation).collect()
    }

    /// Returns `schemas`, and these subschemas of each returned schema:
    ///
    /// * the subschemas of `allOf`
    /// * the subschemas of `anyOf` or `oneOf` that accept `value`, or all of these subschemas if none accepts `value`
    ///
    /// Follows references.
    pub fn composed<'s>(&self, mut schemas: Vec<Node<'s>>, value: &Value) -> Vec<Node<'s>> {
        let accepts = |schema: &Node<'s>| {
            let validator = self.validator(&schema.pointer);
            validator.is_none_or(|validator| validator.is_valid(value))
        };
        let subschemas = |schema: &Node<'s>, keyword| -> Vec<Node<'s>> {
            let named = schema.children(keyword).into_iter();
            named.map(|(_, subschema)| subschema).collect()
        };
        let mut composed: Vec<Node<'s>> = Vec::new();
        schemas.reverse();
        while let Some(schema) = schemas.pop() {
            if composed.iter().any(|known| known.pointer == schema.pointer) {
                continue;
            }
            let mut found = subschemas(&schema, "allOf");
            for keyword in ["anyOf", "oneOf"] {
                let listed = subschemas(&schema, keyword).into_iter();
                let (accepting, other): (Vec<_>, Vec<_>) = listed.partition(accepts);
                found.extend(if accepting.is_empty() {
                    other
                } else {
                    accepting
                });
            }
            schemas.extend(found.into_iter().rev());
            composed.push(schema);
        }
        composed
    }

    fn validator(&self, pointer: &str) -> Option<Rc<Validator>> {
        let mut compiled = self.compiled.borrow_mut();
        let validator = compiled.entry(pointer.to_owned());
        validator
            .or_insert_with(|| self.compile(pointer).ok().map(Rc::new))
            .clone()
    }

    fn compile(&self, pointer: &str) -> Result<Validator, ValidationError<'static>> {
        const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/');
        let fragment = utf8_percent_encode(pointer, ENCODED);
        jsonschema::options()
            .with_draft(Draft::Draft4)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .offline()
            .build(&json!({ "$ref": format!("{SPEC_URI}#{fragment}") }))
    }
}

/// Translates `nullable`, `int32` and `int64` in a schema, but not in its subschemas.
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

/// Returns a value as a message shows it: a short scalar as JSON, and any other value as "the value". If a number was decoded from the text
/// `sent`, returns this text instead of the number.
fn quoted(value: &Value, sent: Option<&str>) -> String {
    let text = match (value, sent) {
        (Value::Number(_), Some(sent)) => sent.to_owned(),
        _ => value.to_string(),
    };
    if value.is_object() || value.is_array() || text.len() > MAX_QUOTED_LENGTH {
        return "the value".to_owned();
    }
    text
}
