//! Prepares the spec for the code generator progenitor. Hand-written types of the SDK replace the schemas that progenitor can't express.
//! The result is two specs: one for the client, and one for the mocks, with which users of the SDK test their programs:
//!
//! | part of the spec | in the client's spec | in the mocks' spec | reason |
//! |---|---|---|---|
//! | query parameter `api-version` | no | no | hand-written code adds it |
//! | error responses | no | yes | hand-written code of the client parses them |

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use openapiv3::OpenAPI;
use progenitor::GenerationSettings;
use serde_json::{Value, json};

use super::extensible_enums;
use super::spec::{Kind, Node, Object, Spec, SpecError};

/// The query parameter that hand-written code of the SDK adds to every request.
pub const API_VERSION: &str = "api-version";

/// The only pattern that the spec may use. The SDK's type `Identifier` checks this pattern with hand-written code. Other patterns would
/// need a regular expression engine. The engine would be a tenth of the code that a user of the SDK compiles.
pub const IDENTIFIER_PATTERN: &str = r"^[^./\\\s][^/\\\s]*$";

/// The SDK's type for path arguments, such as a publisher's or an offer's id.
const IDENTIFIER: &str = "Identifier";

/// Pairs of a keyword and a hand-written type of the SDK. The type replaces every schema that has the keyword.
pub const REPLACEMENTS: [(&str, &str); 3] = [
    ("x-link", "Link"),
    ("x-timestamp", "Timestamp"),
    ("pattern", IDENTIFIER),
];

/// The two prepared versions of the spec that progenitor reads, and progenitor's settings.
pub struct Prepared<'s> {
    /// The spec for the client, without error responses: hand-written code of the SDK parses them.
    pub client: OpenAPI,
    /// The spec for the mocks, with error responses.
    pub mocks: OpenAPI,
    /// progenitor's settings. They name the SDK's type for each replaced schema.
    pub settings: GenerationSettings,
    /// The schemas of `components` that a type of the SDK replaces: extensible enums, and the schemas with a keyword of
    /// [`REPLACEMENTS`]. The key is the name that progenitor gives the schema's type.
    pub replaced: BTreeMap<String, Node<'s>>,
}

/// Returns the name of the hand-written type of the SDK that replaces a schema.
pub fn hand_written_type(schema: &Node<'_>) -> Option<&'static str> {
    let mut replacements = REPLACEMENTS.into_iter();
    let (_, name) = replacements.find(|(keyword, _)| schema.has(keyword))?;
    Some(name)
}

/// Returns the prepared spec.
pub fn prepare(spec: &Spec) -> Result<Prepared<'_>, SpecError> {
    let mut document = spec.value.clone();
    let (mut replaced, mut constants) = (BTreeMap::new(), Vec::new());
    let mut settings = GenerationSettings::default();
    settings.with_derive("PartialEq");
    let mut replace = |name: &str, rust: &str| {
        settings.with_replacement(name, format!("crate::{rust}"), [].into_iter());
    };
    spec.walk(|object| {
        let Some(part) = document.pointer_mut(&object.pointer) else {
            // The object isn't in `document` any more, because a type of the SDK has replaced a schema around the object.
            return;
        };
        let hand_written = hand_written_type(object);
        match object.kind {
            Kind::Schema if object.parent == Kind::Components => {
                // The name that progenitor gives the component's type.
                let name = object.key().to_upper_camel_case();
                let is_extensible = object.has(extensible_enums::KEYWORD);
                if is_extensible {
                    replace(&name, &format!("Extensible<crate::types::{name}>"));
                } else if let Some(rust) = hand_written {
                    replace(&name, rust);
                }
                if is_extensible || hand_written.is_some() {
                    constants.push(format!("Known{}", object.key()));
                    replaced.insert(name, object.node.clone());
                }
                // With `nullable`, progenitor would make the component's type an `Option`. An optional property with this type would then
                // be an `Option<Option<…>>`.
                let has_own_type = is_extensible || object.text("type") == Some("object");
                if let Some(schema) = part.as_object_mut().filter(|_| has_own_type) {
                    schema.remove("nullable");
                }
            }
            Kind::Schema => {
                if let Some(name) = hand_written {
                    *part = reference(name);
                }
                if object.keyword == "properties" {
                    describe(object, part);
                }
                if object.keyword != "allOf" && refers_to_null(object) {
                    if part.get("$ref").is_some() {
                        *part = json!({"allOf": [part.take()]});
                    }
                    part["nullable"] = true.into();
                }
            }
            // Every path argument of type string becomes an `Identifier`, because `..` or a slash would address another resource.
            Kind::Parameter if object.text("in") == Some("path") => {
                let schema = object.child("schema");
                if schema.is_some_and(|schema| schema.text("type") == Some("string")) {
                    part["schema"] = reference(IDENTIFIER);
                }
            }
            _ => {}
        }
    });
    // Removing a parameter changes the JSON pointers of the parameters after it. The first walk needs these pointers, so the second walk
    // removes the parameters.
    spec.walk(|object| {
        if let Kind::PathItem | Kind::Operation = object.kind
            && let Some(part) = document.pointer_mut(&object.pointer)
        {
            remove_api_version(object, part);
        }
    });
    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        // The schemas `Known…` are for other languages. progenitor would generate a second enum, which rejects unknown values.
        for name in constants {
            schemas.remove(&name);
        }
        for (_, name) in REPLACEMENTS {
            replace(name, name);
            schemas.insert(name.to_owned(), json!({}));
        }
    }
    let mocks = document.clone();
    // Removes the error responses from the client's spec. progenitor supports only one success response of an operation, but would treat
    // the error response `default` as a second one.
    for operation in spec.operations()? {
        let responses = document
            .pointer_mut(&format!("{}/responses", operation.node.pointer))
            .and_then(Value::as_object_mut);
        if let Some(responses) = responses {
            responses.retain(|status, _| status.starts_with('2'));
        }
    }
    let parse = |mut document: Value| {
        // Another crate in the build can turn on `serde_json`'s feature `preserve_order`. Without sorting, the feature would change the
        // order of the generated code.
        document.sort_all_objects();
        let parsed: Result<OpenAPI, _> = serde_json::from_value(document);
        parsed.map_err(|error| spec.error("", format!("not an OpenAPI 3.0 document: {error}")))
    };
    Ok(Prepared {
        client: parse(document)?,
        mocks: parse(mocks)?,
        settings,
        replaced,
    })
}

fn reference(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

/// Sets the description in `part`, the prepared version of a property. A reference gets the first paragraph of the target's description.
/// progenitor ignores a description beside `$ref`. Therefore, this function moves a `$ref` in `part` into `allOf`.
fn describe(property: &Object<'_>, part: &mut Value) {
    let Some(target) = property
        .followed()
        .filter(|target| target.has("description"))
    else {
        return;
    };
    let mut text = target.description();
    if property.is_reference() {
        text = text.split("\n\n").next().unwrap_or_default();
    }
    if part.get("$ref").is_some() {
        *part = json!({"allOf": [part.take()]});
    }
    part["description"] = text.into();
}

/// Returns whether the schema is a reference to an object of `components` that can be null. [`prepare`] removes `nullable` from this object.
fn refers_to_null(schema: &Object<'_>) -> bool {
    let target = schema.followed().filter(|_| schema.is_reference());
    target.is_some_and(|target| {
        target.text("type") == Some("object") && target.value.get("nullable") == Some(&true.into())
    })
}

fn remove_api_version(owner: &Object<'_>, part: &mut Value) {
    let mut parameters = owner.children("parameters").into_iter();
    let found = parameters.find(|(_, parameter)| parameter.text("name") == Some(API_VERSION));
    let index = found.and_then(|(index, _)| index.parse().ok());
    let list = part.get_mut("parameters").and_then(Value::as_array_mut);
    if let (Some(index), Some(list)) = (index, list) {
        list.remove(index);
    }
}
