//! The contract as the checks see it: operations with their parameters, and references followed.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::Value;

use super::codes;
use super::finding::Found;
use super::walk::walk;
use crate::generator::contract::{Contract, ContractError, pointer_segment};

/// The methods that OpenAPI knows.
const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// A contract and what is in it.
pub struct Document<'c> {
    /// The contract.
    pub contract: &'c Contract,
    /// Every operation.
    pub operations: Vec<Operation>,
    /// Everything in the contract by its JSON pointer. Walking down from the top each time took a fifth of a run.
    parts: HashMap<String, &'c Value>,
}

/// One operation.
pub struct Operation {
    /// Where it is in the contract.
    pub pointer: String,
    /// The method, in capitals.
    pub method: String,
    /// The path with its templates.
    pub path: String,
    /// What a request's path must look like; one group per template.
    pub shape: Regex,
    /// The templates' names.
    pub templates: Vec<String>,
    /// The path's and its own parameters.
    pub parameters: Vec<Parameter>,
}

/// One parameter.
pub struct Parameter {
    /// Where it is in the contract, references followed.
    pub pointer: String,
    /// Its name; of a header in lower case.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub place: String,
    /// Whether it must be there.
    pub required: bool,
}

impl<'c> Document<'c> {
    /// Finds the operations. What makes the file no OpenAPI 3.0 contract at all is an error.
    pub fn new(contract: &'c Contract) -> Result<Self, ContractError> {
        let version = contract.value.get("openapi").and_then(Value::as_str);
        if !version.is_some_and(|version| version.starts_with("3.0.")) {
            let message = "not an OpenAPI 3.0 contract: `openapi` must be 3.0.x";
            return Err(contract.error("/openapi", message));
        }
        let Some(paths) = contract.value.get("paths").and_then(Value::as_object) else {
            let message =
                "not an OpenAPI contract: `paths` must be a mapping of paths to operations";
            return Err(contract.error("/paths", message));
        };
        let mut document = Self {
            contract,
            operations: Vec::new(),
            parts: HashMap::new(),
        };
        document.index(&contract.value, String::new());
        for path in paths.keys() {
            let at = format!("/paths/{}", pointer_segment(path));
            for method in METHODS {
                let pointer = format!("{at}/{method}");
                if document.get(&pointer).is_some_and(Value::is_object) {
                    let operation = document.operation(&at, pointer, method, path)?;
                    document.operations.push(operation);
                }
            }
        }
        Ok(document)
    }

    fn index(&mut self, value: &'c Value, pointer: String) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.index(member, format!("{pointer}/{}", pointer_segment(name)));
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.index(element, format!("{pointer}/{index}"));
                }
            }
            _ => {}
        }
        self.parts.insert(pointer, value);
    }

    fn operation(
        &self,
        at: &str,
        pointer: String,
        method: &str,
        path: &str,
    ) -> Result<Operation, ContractError> {
        let mut shape = String::from("^");
        let mut templates = Vec::new();
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(self
                    .contract
                    .error(at, "the path has a `{` without its `}`"));
            };
            shape += &regex::escape(before);
            shape += "([^/]+)";
            templates.push(name.to_owned());
            rest = after;
        }
        shape += &regex::escape(rest);
        shape += "$";
        let shape = compiled(shape).map_err(|error| {
            self.contract
                .error(at, format!("the path can't be used: {error}"))
        })?;
        // An operation's own parameter replaces the path's of the same name and place.
        let mut parameters = self.parameters(&pointer);
        for inherited in self.parameters(at) {
            let same = |own: &Parameter| own.name == inherited.name && own.place == inherited.place;
            if !parameters.iter().any(same) {
                parameters.push(inherited);
            }
        }
        Ok(Operation {
            pointer,
            method: method.to_uppercase(),
            path: path.to_owned(),
            shape,
            templates,
            parameters,
        })
    }

    fn parameters(&self, owner: &str) -> Vec<Parameter> {
        let count = self
            .get(&format!("{owner}/parameters"))
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        (0..count)
            .filter_map(|index| self.resolve(&format!("{owner}/parameters/{index}")))
            .filter_map(|(pointer, value)| {
                let text = |key: &str| value.get(key)?.as_str();
                let place = text("in")?.to_owned();
                let name = text("name")?;
                Some(Parameter {
                    pointer,
                    name: if place == "header" {
                        name.to_lowercase()
                    } else {
                        name.to_owned()
                    },
                    required: value.get("required") == Some(&Value::Bool(true)),
                    place,
                })
            })
            .collect()
    }

    /// What stands at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&'c Value> {
        self.parts.get(pointer).copied()
    }

    /// What stands at a JSON pointer, references followed, and where that is. A broken reference gives nothing: it is a
    /// finding of its own.
    pub fn resolve(&self, pointer: &str) -> Option<(String, &'c Value)> {
        let mut pointer = pointer.to_owned();
        // A chain is one or two links long; a longer one is a circle.
        for _ in 0..16 {
            let value = self.get(&pointer)?;
            match value.get("$ref").and_then(Value::as_str) {
                None => return Some((pointer, value)),
                Some(reference) => pointer = target(reference)?,
            }
        }
        None
    }

    /// The member `key` of what stands at a JSON pointer, references followed.
    pub fn member(&self, pointer: &str, key: &str) -> Option<(String, &'c Value)> {
        self.resolve(&format!("{pointer}/{}", pointer_segment(key)))
    }

    /// Every reference that leads nowhere.
    pub fn broken_references(&self) -> Vec<Found> {
        let mut found = Vec::new();
        walk(&self.contract.value, &mut |pointer, members, _| {
            let Some(reference) = members.get("$ref").and_then(Value::as_str) else {
                return;
            };
            if self.resolve(pointer).is_none() {
                let why = if target(reference).is_none() {
                    "leads out of the contract; only `#/…` can be followed"
                } else {
                    "leads nowhere, or around in a circle"
                };
                found.push(Found::contract(
                    codes::BROKEN_REFERENCE,
                    format!("{pointer}/$ref"),
                    format!("`{reference}` {why}"),
                ));
            }
        });
        found
    }
}

/// A path's regular expression. Whoever looks at many versions of a contract needs the same ones every time, and to compile
/// them takes longer than all else here.
fn compiled(shape: String) -> Result<Regex, regex::Error> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known.get(&shape) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(&shape)?;
    known.insert(shape, regex.clone());
    Ok(regex)
}

/// The JSON pointer in a reference to a part of the same document.
fn target(reference: &str) -> Option<String> {
    let pointer = reference.strip_prefix('#')?;
    let pointer = percent_decode_str(pointer).decode_utf8().ok()?;
    pointer.starts_with('/').then(|| pointer.into_owned())
}
