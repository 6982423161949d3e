//! Prepares the spec for progenitor: replaces schemas that progenitor can't express by types of the SDK, and removes parts that the
//! SDK's runtime implements.

use openapiv3::OpenAPI;
use progenitor::GenerationSettings;
use quote::quote;
use serde_json::{Value, json};

use super::extensible_enums;
use super::spec::{Kind, Object, Spec, SpecError};

/// The query parameter that the runtime adds to every request.
pub const API_VERSION: &str = "api-version";

/// The only pattern that the spec may use. The SDK's `Identifier` implements it without a regular expression engine, which would be a
/// tenth of the code that a user of the SDK compiles.
pub const IDENTIFIER_PATTERN: &str = r"^[^./\\\s][^/\\\s]*$";

/// The SDK's type for path parameters.
const IDENTIFIER: &str = "Identifier";

/// The hand-written types of the SDK that replace schemas.
const SPECIAL: [&str; 3] = [IDENTIFIER, "Link", "Timestamp"];

/// Returns the hand-written type that replaces the schema because of an extension.
fn special(schema: &Object<'_>) -> Option<&'static str> {
    let extensions = [("x-timestamp", "Timestamp"), ("x-link", "Link")];
    let found = extensions.into_iter().find(|(key, _)| schema.has(key));
    found.map(|(_, name)| name)
}

/// A spec that progenitor can generate code from.
pub struct Prepared {
    /// The spec for the client, without error responses, because the SDK's runtime parses error responses.
    pub client: OpenAPI,
    /// The spec for the mocks, with error responses.
    pub mocks: OpenAPI,
    /// The names of the components that are identifiers, in alphabetical order.
    pub identifiers: Vec<String>,
    /// The names of the components that are extensible enums, in alphabetical order.
    pub extensible: Vec<String>,
}

impl Prepared {
    /// Returns progenitor's settings, with the types of the SDK that replace components.
    pub fn settings(&self) -> GenerationSettings {
        let mut settings = GenerationSettings::default();
        settings
            .with_inner_type(quote!(()))
            .with_hooks(progenitor::HooksMode::Expected);
        let mut replace = |name: &str, rust: String| {
            settings.with_replacement(name, rust, [].into_iter());
        };
        for name in &self.extensible {
            replace(name, format!("crate::Extensible<{name}>"));
        }
        for name in &self.identifiers {
            replace(name, format!("crate::{IDENTIFIER}"));
        }
        for name in SPECIAL {
            replace(name, format!("crate::{name}"));
        }
        settings
    }
}

/// Prepares the spec.
pub fn prepare(spec: &Spec) -> Result<Prepared, SpecError> {
    let mut document = spec.value.clone();
    let (mut identifiers, mut extensible) = (Vec::new(), Vec::new());
    spec.walk(|object| {
        let Some(part) = document.pointer_mut(&object.pointer) else {
            // The object was inside a schema that is replaced already.
            return;
        };
        match object.kind {
            Kind::Schema if object.parent == Kind::Components => {
                let is_extensible = object.has(extensible_enums::KEYWORD);
                if let Some(name) = special(object) {
                    *part = reference(name);
                } else if is_extensible {
                    extensible.push(object.key());
                } else if object.has("pattern") {
                    identifiers.push(object.key());
                }
                // With `nullable`, progenitor would make the component's type an `Option`, and wrap it in a second `Option` in each
                // optional property of this type.
                let is_wrapped = is_extensible || object.text("type") == Some("object");
                if let Some(schema) = part.as_object_mut().filter(|_| is_wrapped) {
                    schema.remove("nullable");
                }
            }
            Kind::Schema => {
                let identifier = object.has("pattern").then_some(IDENTIFIER);
                if let Some(name) = special(object).or(identifier) {
                    *part = reference(name);
                }
                if object.keyword == "properties" {
                    describe(object, part);
                }
            }
            // Every text in a path becomes an identifier, because `..` or a slash would address another resource.
            Kind::Parameter if object.text("in") == Some("path") => {
                let schema = object.child("schema");
                if schema.is_some_and(|schema| schema.text("type") == Some("string")) {
                    part["schema"] = reference(IDENTIFIER);
                }
            }
            Kind::PathItem | Kind::Operation => remove_api_version(object, part),
            _ => {}
        }
    });
    identifiers.sort();
    extensible.sort();
    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        // The constants are for other languages. In Rust, they would become a second enum that rejects unknown values.
        for name in &extensible {
            schemas.remove(&extensible_enums::constants(name));
        }
        for name in SPECIAL {
            schemas.insert(name.to_owned(), json!({}));
        }
    }
    let mocks = document.clone();
    // progenitor treats `default` as a second success response.
    for operation in spec.operations()? {
        let pointer = format!("{}/responses", operation.node.pointer);
        let responses = document
            .pointer_mut(&pointer)
            .and_then(Value::as_object_mut);
        if let Some(responses) = responses {
            responses.retain(|status, _| status.starts_with('2'));
        }
    }
    let parse = |mut document: Value| {
        // Without sorting, the generated code would depend on whether a feature of `serde_json` keeps the order of the file.
        document.sort_all_objects();
        let parsed: Result<OpenAPI, _> = serde_json::from_value(document);
        parsed.map_err(|error| spec.error("", format!("not an OpenAPI 3.0 document: {error}")))
    };
    Ok(Prepared {
        client: parse(document)?,
        mocks: parse(mocks)?,
        identifiers,
        extensible,
    })
}

fn reference(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

/// Gives a property its description, or for a reference the first paragraph of the target's description. progenitor documents a
/// reference only inside `allOf`.
fn describe(property: &Object<'_>, part: &mut Value) {
    let target = property.followed();
    let text = target
        .as_ref()
        .and_then(|target| target.text("description"));
    let Some(text) = text.map(str::trim) else {
        return;
    };
    if part.get("$ref").is_some() {
        *part = json!({"allOf": [part.take()]});
    }
    let paragraph = text
        .split("\n\n")
        .next()
        .filter(|_| property.is_reference());
    part["description"] = paragraph.unwrap_or(text).into();
}

fn remove_api_version(holder: &Object<'_>, part: &mut Value) {
    for (index, parameter) in holder.children("parameters") {
        if parameter.text("name") == Some(API_VERSION)
            && let (Ok(index), Some(list)) =
                (index.parse::<usize>(), part["parameters"].as_array_mut())
        {
            list.remove(index);
            return;
        }
    }
}
