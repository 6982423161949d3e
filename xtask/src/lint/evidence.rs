//! The evidence rules: every statement of the spec cites sources in `x-evidence`, and `x-sources` describes each source once.
//!
//! A statement is one keyword at one place. `x-evidence` belongs to an *owner*: an operation, a component, an object schema, an
//! extensible enum, a server. Its keys name statements of that owner, and its values are lists of source ids:
//!
//! | key | evidence for |
//! |---|---|
//! | `/` | the owner itself |
//! | `/pattern` | the owner's keyword `pattern` |
//! | `id`, `"404"`, `X-Name`, `running` | a property, parameter, response, header, media type or known value |
//! | `id/format`, `links/items` | a keyword of a property |
//! | `200/X-Name` | a header or media type of a response inside the operation |
//! | `/nullable` | `nullable` of the owner and of every property without a separate entry for `nullable` |
//!
//! A keyword without an entry has the evidence of its property. Exceptions are [`STRICT`] keywords and inline items: documentation
//! rarely describes them, so the entry of the property would be the wrong evidence.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::report::{Finding, Place};
use crate::spec::{Kind, Spec, Visited, pointer_segment};

const EVIDENCE: &str = "x-evidence";
const SOURCES: &str = "x-sources";

/// The keywords that need a separate entry.
const STRICT: [&str; 4] = ["format", "nullable", "pattern", "required"];

/// The keywords of a schema that aren't statements: they say nothing about the service, or only their parts are statements.
const NO_STATEMENT: [&str; 10] = [
    "description",
    "example",
    "examples",
    "externalDocs",
    "items",
    "properties",
    "required",
    "title",
    EVIDENCE,
    "x-extensible-enum",
];

/// The former notation of evidence in descriptions, which `x-evidence` replaces.
const FORMER_NOTATION: [&str; 4] = ["[doc]", "[seen]", "[client]", "[guess]"];

/// The kinds of sources, the strongest first. A statement that cites an interpretation counts as an interpretation.
pub const KINDS: [&str; 4] = ["documentation", "observation", "client", "interpretation"];

/// The evidence of a spec.
pub struct Evidence {
    /// The broken rules.
    pub findings: Vec<Finding>,
    /// The number of statements by the kind of their strongest source, in the order of [`KINDS`].
    pub statements: [usize; KINDS.len()],
}

/// Checks the evidence of a spec; `None` if the spec has no `x-sources` and no `x-evidence`.
pub fn check(spec: &Spec) -> Option<Evidence> {
    let mut entries = Vec::new();
    owners(&spec.value, "", &mut entries);
    if spec.value.get(SOURCES).is_none() && entries.is_empty() {
        return None;
    }
    let mut rules = Rules {
        spec,
        kinds: BTreeMap::new(),
        used: BTreeSet::new(),
        evidence: Evidence {
            findings: Vec::new(),
            statements: [0; KINDS.len()],
        },
    };
    rules.check_sources();
    spec.walk(|visited| {
        if visited.kind == Kind::Document {
            rules.check_document(visited);
        }
    });
    rules.check_former_notation(&spec.value, "");
    for owner in entries {
        rules.check_entries(&owner);
    }
    Some(rules.evidence)
}

/// Collects the pointers of every object that has `x-evidence`.
fn owners(value: &Value, pointer: &str, found: &mut Vec<String>) {
    for (key, value) in children(value) {
        if key == EVIDENCE {
            found.push(pointer.to_owned());
        } else {
            owners(
                value,
                &format!("{pointer}/{}", pointer_segment(&key)),
                found,
            );
        }
    }
}

fn children(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(named) => named
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(list) => (0..)
            .map(|index: usize| index.to_string())
            .zip(list)
            .collect(),
        _ => Vec::new(),
    }
}

struct Rules<'s> {
    spec: &'s Spec,
    /// The index in [`KINDS`] of each source id.
    kinds: BTreeMap<&'s str, usize>,
    /// The pointers of the entries that are the evidence of a statement.
    used: BTreeSet<String>,
    evidence: Evidence,
}

impl<'s> Rules<'s> {
    fn add(&mut self, code: &'static str, pointer: &str, message: String, help: &'static str) {
        let finding = Finding::error(code, message).help(help);
        let place = Place::in_spec(self.spec, pointer);
        self.evidence.findings.push(finding.in_spec(place));
    }

    fn check_sources(&mut self) {
        let sources = self.spec.value.get(SOURCES).and_then(Value::as_object);
        for (id, source) in sources.into_iter().flatten() {
            let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
            let kind = KINDS.iter().position(|kind| *kind == text("kind"));
            self.kinds.insert(id, kind.unwrap_or(KINDS.len() - 1));
            let wanted: &[&str] = match text("kind") {
                "interpretation" => &["title"],
                _ => &["title", "address", "date"],
            };
            if kind.is_none() || wanted.iter().any(|key| text(key).is_empty()) {
                let message = format!("the description of the source `{id}` is incomplete");
                let help = "write title, address, date and kind as text; the kind is documentation, observation, client, or \
                            interpretation, which needs no address and no date";
                self.add(
                    "evidence-source",
                    &format!("/{SOURCES}/{}", pointer_segment(id)),
                    message,
                    help,
                );
            }
        }
    }

    fn check_former_notation(&mut self, value: &Value, pointer: &str) {
        for (key, value) in children(value) {
            let pointer = format!("{pointer}/{}", pointer_segment(&key));
            let is_prose = ["description", "summary"].contains(&key.as_str());
            let prose = value.as_str().filter(|_| is_prose).unwrap_or_default();
            if let Some(mark) = FORMER_NOTATION.iter().find(|mark| prose.contains(**mark)) {
                let message = format!("the {key} contains {mark}, the former notation of evidence");
                self.add(
                    "evidence-mark",
                    &pointer,
                    message,
                    "cite sources in `x-evidence` instead",
                );
            }
            self.check_former_notation(value, &pointer);
        }
    }

    fn check_entries(&mut self, owner: &str) {
        let at = format!("{owner}/{EVIDENCE}");
        let entries = self.spec.value.pointer(&at).and_then(Value::as_object);
        for (key, ids) in entries.into_iter().flatten() {
            let pointer = format!("{at}/{}", pointer_segment(key));
            let ids: Vec<Option<&str>> = match ids.as_array() {
                Some(ids) => ids.iter().map(Value::as_str).collect(),
                None => Vec::new(),
            };
            if ids.is_empty() {
                let message = format!("the entry `{key}` cites no source");
                self.add("evidence-id", &pointer, message, "list ids of `x-sources`");
            }
            for id in ids {
                if id.is_none_or(|id| !self.kinds.contains_key(id)) {
                    let message = format!("`{}` isn't an id of `{SOURCES}`", id.unwrap_or("?"));
                    self.add("evidence-id", &pointer, message, "list ids of `x-sources`");
                }
            }
            if !self.used.contains(&pointer) {
                let message = format!("the entry `{key}` belongs to no statement");
                let help = "name a property, parameter, status code, header, media type or known value of the object, or `/keyword`";
                self.add("evidence-key", &pointer, message, help);
            }
        }
    }

    /// Checks that a statement has evidence: that the owner's `x-evidence` has one of the keys. The first key that exists counts.
    fn check_statement(&mut self, pointer: &str, owner: &str, keys: &[String]) {
        let at = format!("{owner}/{EVIDENCE}");
        let entries = self.spec.value.pointer(&at).and_then(Value::as_object);
        let found = keys.iter().find_map(|key| Some((key, entries?.get(key)?)));
        let Some((key, ids)) = found else {
            let message = format!(
                "the statement has no evidence: `{EVIDENCE}` of `{owner}` has no `{}`",
                keys.join("` and no `")
            );
            let help = "cite the sources that support it, or `interpretation`";
            return self.add("evidence", pointer, message, help);
        };
        self.used.insert(format!("{at}/{}", pointer_segment(key)));
        let ids = ids
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let kinds: Vec<usize> = ids.filter_map(|id| self.kinds.get(id).copied()).collect();
        let interpretation = KINDS.len() - 1;
        let kind = if kinds.contains(&interpretation) {
            interpretation
        } else {
            kinds.into_iter().min().unwrap_or(interpretation)
        };
        self.evidence.statements[kind] += 1;
    }

    fn check_document(&mut self, document: &Visited<'s>) {
        let servers = document.value.get("servers").and_then(Value::as_array);
        for index in 0..servers.map_or(0, Vec::len) {
            let pointer = format!("/servers/{index}");
            self.check_statement(&pointer, &pointer, &[own_key("")]);
        }
        for child in document.children() {
            for owner in child.children() {
                if !owner.is_reference() && !self.is_constants(&owner) {
                    self.check_object(&owner, &owner.pointer, "");
                }
            }
        }
    }

    /// Returns whether a schema only repeats the known values of an extensible enum, which has the evidence.
    fn is_constants(&self, schema: &Visited<'s>) -> bool {
        let name = schema.pointer.strip_prefix("/components/schemas/Known");
        let values = name.map(|name| format!("/components/schemas/{name}/x-extensible-enum"));
        values.is_some_and(|values| self.spec.value.pointer(&values).is_some())
    }

    /// Checks the statements of an object and of the objects inside. `scope` is the object's key in the owner's `x-evidence`; it is
    /// empty for the owner itself.
    fn check_object(&mut self, object: &Visited<'s>, owner: &str, scope: &str) {
        match object.kind {
            Kind::Schema => return self.check_schema(object, owner, scope),
            Kind::SecurityScheme => {
                for keyword in keywords(object.value) {
                    let pointer = format!("{}/{}", object.pointer, pointer_segment(keyword));
                    self.check_statement(&pointer, owner, &[format!("/{keyword}"), own_key("")]);
                }
            }
            Kind::MediaType | Kind::PathItem => {}
            _ if scope.is_empty() => {
                self.check_statement(&object.pointer, owner, &[own_key("")]);
                if object.value.get("required") == Some(&Value::Bool(true)) {
                    let pointer = format!("{}/required", object.pointer);
                    self.check_statement(&pointer, owner, &["/required".to_owned(), own_key("")]);
                }
            }
            _ => {}
        }
        for child in object.children() {
            let last = child.pointer.rsplit('/').next().unwrap_or_default();
            let last = last.replace("~1", "/").replace("~0", "~");
            let inner = match child.kind {
                Kind::Parameter => {
                    let node = self.spec.resolve(&child.pointer);
                    node.and_then(|node| node.text("name"))
                        .unwrap_or(&last)
                        .to_owned()
                }
                Kind::Response | Kind::Header | Kind::MediaType | Kind::RequestBody => {
                    part_key(scope, &last)
                }
                Kind::Schema if child.parent == Kind::MediaType => String::new(),
                Kind::Schema => format!("{scope}/schema"),
                Kind::Operation => String::new(),
                _ => continue,
            };
            if child.kind != Kind::Schema && child.kind != Kind::Operation {
                self.check_statement(&child.pointer, owner, std::slice::from_ref(&inner));
            }
            if child.is_reference() {
                continue;
            }
            // An operation and an inline schema of a body are owners themselves.
            let owner = if inner.is_empty() {
                &child.pointer
            } else {
                owner
            };
            self.check_object(&child, owner, &inner);
        }
    }

    fn check_schema(&mut self, schema: &Visited<'s>, owner: &str, scope: &str) {
        let at = |keyword: &str| format!("{}/{}", schema.pointer, pointer_segment(keyword));
        for keyword in keywords(schema.value).filter(|keyword| !NO_STATEMENT.contains(keyword)) {
            let mut keys = vec![format!("{scope}/{keyword}")];
            keys.push(if STRICT.contains(&keyword) {
                format!("/{keyword}")
            } else {
                own_key(scope)
            });
            // The schema of a parameter or header has the evidence of the parameter or header.
            keys.extend(scope.strip_suffix("/schema").map(own_key));
            self.check_statement(&at(keyword), owner, &keys);
        }
        for (index, value) in texts(schema.value, "x-extensible-enum") {
            self.check_statement(
                &format!("{}/{index}", at("x-extensible-enum")),
                owner,
                &[part_key(scope, value)],
            );
        }
        for (index, property) in texts(schema.value, "required") {
            let keys = [format!("{property}/required"), "/required".to_owned()];
            self.check_statement(
                &format!("{}/{index}", at("required")),
                &schema.pointer,
                &keys,
            );
        }
        for child in schema.children() {
            let path = &child.pointer[schema.pointer.len()..];
            if let Some(property) = path.strip_prefix("/properties/") {
                let property = property.replace("~1", "/").replace("~0", "~");
                self.check_statement(
                    &child.pointer,
                    &schema.pointer,
                    std::slice::from_ref(&property),
                );
                if !child.is_reference() {
                    self.check_schema(&child, &schema.pointer, &property);
                }
            } else if child.is_reference() {
                self.check_statement(
                    &child.pointer,
                    owner,
                    &[format!("{scope}{path}"), own_key(scope)],
                );
            } else {
                self.check_schema(&child, owner, &format!("{scope}{path}"));
            }
        }
    }
}

/// Returns the key in `x-evidence` of the object at `scope`.
fn own_key(scope: &str) -> String {
    if scope.is_empty() { "/" } else { scope }.to_owned()
}

/// Returns the key in `x-evidence` of the part `name` of the object at `scope`.
fn part_key(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}/{name}")
    }
}

fn keywords(value: &Value) -> impl Iterator<Item = &str> {
    let named = value.as_object().into_iter().flat_map(Map::keys);
    named
        .map(String::as_str)
        .filter(|keyword| !["description", EVIDENCE].contains(keyword))
}

fn texts<'v>(value: &'v Value, list: &str) -> impl Iterator<Item = (usize, &'v str)> {
    let list = value
        .get(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    list.enumerate()
        .filter_map(|(index, text)| Some((index, text.as_str()?)))
}
