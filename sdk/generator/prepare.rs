//! Prepares the spec for progenitor: replaces schemas that progenitor can't express by types of the SDK, and removes parts that the
//! SDK's runtime implements.

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, ReferenceOr, StatusCode};
use progenitor::GenerationSettings;
use quote::quote;
use serde_json::{Value, json};

use super::extensible_enums::{self, is_extensible};
use super::spec::{Kind, Spec, SpecError};

/// The query parameter that the runtime adds to every request.
pub const API_VERSION: &str = "api-version";

/// The only pattern that the spec may use. The SDK's `Identifier` implements it without a regular expression engine, which would be a
/// tenth of the code that a user of the SDK compiles.
pub const IDENTIFIER_PATTERN: &str = r"^[^./\\\s][^/\\\s]*$";

/// The SDK's type for path parameters.
const IDENTIFIER: &str = "Identifier";

/// The extensions that mark a schema as a special type, and the SDK's type for each.
const MARKS: [(&str, &str); 2] = [("x-timestamp", "Timestamp"), ("x-link", "Link")];

/// A spec that progenitor can generate code from.
pub struct Prepared {
    /// The spec for the client, without error responses: the runtime decodes them in any shape before progenitor gets the response.
    pub client: OpenAPI,
    /// The spec for the mocks, with error responses.
    pub mocks: OpenAPI,
    /// The names of the components that are identifiers.
    pub identifiers: Vec<String>,
    /// The component names, each with the type of the SDK that replaces it.
    replacements: Vec<(String, String)>,
}

impl Prepared {
    /// Returns progenitor's settings.
    pub fn settings(&self) -> GenerationSettings {
        let mut settings = GenerationSettings::default();
        settings
            .with_inner_type(quote!(()))
            .with_hooks(progenitor::HooksMode::Expected);
        for (name, rust) in &self.replacements {
            settings.with_replacement(name, rust, [].into_iter());
        }
        settings
    }
}

/// Prepares the spec.
pub fn prepare(spec: &Spec) -> Result<Prepared, SpecError> {
    let mut document = sorted(&spec.value);
    let mut replacements = Vec::new();
    let mut identifiers = Vec::new();
    spec.walk(|visited| {
        let Some(part) = document.pointer_mut(&visited.pointer) else {
            // The object was inside a schema that is replaced already.
            return;
        };
        match visited.kind {
            Kind::Schema => {
                let mark = MARKS.iter().find(|(mark, _)| part.get(mark).is_some());
                let component = (visited.parent == Kind::Components)
                    .then(|| visited.pointer.rsplit('/').next())
                    .flatten();
                if let Some((_, name)) = mark {
                    *part = reference(name);
                } else if let Some(name) = component {
                    if is_extensible(visited.value) {
                        replacements.push((name.to_owned(), format!("crate::Extensible<{name}>")));
                    } else if visited.value.get("pattern").is_some() {
                        replacements.push((name.to_owned(), format!("crate::{IDENTIFIER}")));
                        identifiers.push(name.to_owned());
                    }
                    if is_extensible(visited.value) || part["type"] == "object" {
                        // With `nullable`, progenitor would wrap the component in an `Option`, and again each property of it.
                        remove(part, "nullable");
                    }
                } else if visited.value.get("pattern").is_some() {
                    *part = reference(IDENTIFIER);
                }
            }
            // Every text in a path becomes an identifier, because `..` or a slash would address another resource.
            Kind::Parameter if visited.value.get("in").is_some_and(|place| place == "path") => {
                let schema = spec.resolve(&format!("{}/schema", visited.pointer));
                let is_text = schema.is_some_and(|schema| schema.text("type") == Some("string"));
                if is_text {
                    part["schema"] = reference(IDENTIFIER);
                }
            }
            Kind::PathItem | Kind::Operation => remove_api_version(spec, part),
            _ => {}
        }
    });
    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        // The constants are for other languages. In Rust, they would become a second enum that rejects unknown values.
        for (name, _) in &replacements {
            schemas.remove(&extensible_enums::constants(name));
        }
        for name in MARKS.map(|(_, name)| name).into_iter().chain([IDENTIFIER]) {
            schemas.insert(name.to_owned(), json!({}));
            replacements.push((name.to_owned(), format!("crate::{name}")));
        }
    }
    let mocks: OpenAPI = serde_json::from_value(document)
        .map_err(|error| spec.error("", format!("not an OpenAPI 3.0 document: {error}")))?;
    let mut client = mocks.clone();
    remove_error_responses(&mut client);
    Ok(Prepared {
        client,
        mocks,
        identifiers,
        replacements,
    })
}

/// Removes all responses but those with status code 2xx. progenitor treats `default` as a second success response.
fn remove_error_responses(document: &mut OpenAPI) {
    for item in document.paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        for operation in [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.options,
            &mut item.head,
            &mut item.patch,
            &mut item.trace,
        ]
        .into_iter()
        .flatten()
        {
            operation.responses.default = None;
            operation.responses.responses.retain(|status, _| {
                matches!(status, StatusCode::Code(200..=299) | StatusCode::Range(2))
            });
        }
    }
}

/// Returns the document with its properties in alphabetical order. Without sorting, the generated code would depend on whether a
/// feature of `serde_json` keeps the order of the file.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(properties) => {
            let properties: BTreeMap<_, _> = properties.iter().collect();
            properties
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        Value::Array(elements) => elements.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn reference(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

fn remove(schema: &mut Value, property: &str) {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove(property);
    }
}

fn remove_api_version(spec: &Spec, holder: &mut Value) {
    let parameters = holder.get_mut("parameters").and_then(Value::as_array_mut);
    if let Some(parameters) = parameters {
        parameters.retain(|parameter| {
            let reference = parameter.get("$ref").and_then(Value::as_str);
            let component = reference
                .and_then(|reference| spec.resolve(reference.strip_prefix('#')?))
                .map(|component| component.value);
            component.unwrap_or(parameter)["name"] != API_VERSION
        });
    }
}
