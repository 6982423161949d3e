//! The contract as progenitor takes it: what it can't express is replaced by types of the SDK, and what the SDK's runtime
//! does by itself is taken out.

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, Operation as ApiOperation, PathItem, ReferenceOr, StatusCode};
use progenitor::GenerationSettings;
use quote::quote;
use serde_json::{Map, Value, json};

use super::contract::{Contract, ContractError, pointer_segment};
use super::open_values;

/// The HTTP methods that a path item can have.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The query parameter that the runtime adds to every request.
pub const API_VERSION: &str = "api-version";

/// The contract's marks for what a JSON type can't say, and the SDK's type for each.
const MARKS: [(&str, &str); 2] = [("x-timestamp", "Timestamp"), ("x-link", "Link")];

/// A contract that is ready for progenitor, and what its code must still be told.
pub struct Prepared {
    /// What progenitor makes the client from: successful answers only, since the runtime reads failures of any shape before
    /// progenitor sees the answer.
    pub spec: OpenAPI,
    /// What progenitor makes the mocks from, failures included.
    pub mocks: OpenAPI,
    /// Every operation.
    pub operations: Vec<Operation>,
    /// The open values by component name.
    pub open_values: BTreeMap<String, Value>,
    /// The components that are a type of the SDK: component name, Rust type.
    replacements: Vec<(String, String)>,
}

/// An operation of the contract.
pub struct Operation {
    /// Its operationId.
    pub id: String,
    /// Its path template.
    pub path: String,
    /// Where it stands in the contract.
    pub pointer: String,
}

impl Prepared {
    /// What progenitor is told beside the contract.
    pub fn settings(&self) -> GenerationSettings {
        let mut settings = GenerationSettings::default();
        settings
            .with_inner_type(quote!(crate::call::Call))
            .with_hooks(progenitor::HooksMode::Expected);
        for (name, rust) in &self.replacements {
            settings.with_replacement(name, rust, [].into_iter());
        }
        settings
    }
}

/// Makes the contract ready for progenitor.
pub fn prepare(contract: &Contract) -> Result<Prepared, ContractError> {
    let mut document = sorted(&contract.value);
    let mut replacements = Vec::new();
    let mut open_values = BTreeMap::new();

    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        for (name, schema) in schemas.iter_mut() {
            if is_open_value(schema) {
                // On a component, `nullable` would become a newtype around an `Option`; each use of it is an `Option` anyway.
                remove(schema, "nullable");
                replacements.push((name.clone(), format!("crate::Extensible<{name}>")));
                open_values.insert(name.clone(), schema.clone());
            } else if schema.get("type").is_some_and(|kind| kind == "object") {
                remove(schema, "nullable");
            }
        }
        // The constants are for other languages: here the list itself becomes an enum, and a second, closed one only misleads.
        for name in open_values.keys() {
            schemas.remove(&open_values::constants(name));
        }
        for schema in schemas.values_mut() {
            replace_marked(schema);
        }
        for (_, name) in MARKS {
            schemas.insert(name.to_owned(), json!({}));
            replacements.push((name.to_owned(), format!("crate::{name}")));
        }
    }

    let mut operations = Vec::new();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths {
            let pointer = format!("/paths/{}", pointer_segment(path));
            let Some(item) = item.as_object_mut() else {
                continue;
            };
            remove_api_version(contract, item);
            for method in METHODS {
                let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
                    continue;
                };
                remove_api_version(contract, operation);
                operations.push(Operation {
                    id: operation
                        .get("operationId")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned(),
                    path: path.clone(),
                    pointer: format!("{pointer}/{method}"),
                });
            }
        }
    }

    let mocks: OpenAPI = serde_json::from_value(document)
        .map_err(|error| contract.error("", format!("not an OpenAPI 3.0 document: {error}")))?;
    let mut spec = mocks.clone();
    for item in spec.paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        for operation in operations_of(item) {
            // To progenitor, `default` beside a 2xx is a second success type.
            operation.responses.default = None;
            let responses = &mut operation.responses.responses;
            responses.retain(|status, _| {
                matches!(status, StatusCode::Code(200..=299) | StatusCode::Range(2))
            });
        }
    }
    Ok(Prepared {
        spec,
        mocks,
        operations,
        open_values,
        replacements,
    })
}

/// The same document with its members in alphabetical order. Whether `serde_json` keeps the file's order is up to the features
/// of a build, and the code must not depend on that.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            members
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        Value::Array(elements) => elements.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut ApiOperation> {
    [
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
}

/// Whether a schema is a string whose known values are listed in `x-extensible-enum`.
pub fn is_open_value(schema: &Value) -> bool {
    schema.get("x-extensible-enum").is_some()
}

fn remove(schema: &mut Value, member: &str) {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove(member);
    }
}

/// Turns each marked schema into a reference to the SDK's own type.
fn replace_marked(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            match MARKS.iter().find(|(mark, _)| members.contains_key(*mark)) {
                Some((_, name)) => {
                    *schema = json!({"$ref": format!("#/components/schemas/{name}")});
                }
                None => members.values_mut().for_each(replace_marked),
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(replace_marked),
        _ => {}
    }
}

fn remove_api_version(contract: &Contract, holder: &mut Map<String, Value>) {
    if let Some(parameters) = holder.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.retain(|parameter| {
            resolve(contract, parameter)
                .and_then(|parameter| parameter.get("name"))
                .is_none_or(|name| name != API_VERSION)
        });
    }
}

/// What a `$ref` names, or the value itself when it is no reference.
pub fn resolve<'a>(contract: &'a Contract, value: &'a Value) -> Option<&'a Value> {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => contract.value.pointer(reference.strip_prefix('#')?),
        None => Some(value),
    }
}
