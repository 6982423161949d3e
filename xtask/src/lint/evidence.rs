//! The evidence rules: every statement of the spec cites sources in `x-evidence`, and `x-sources` describes each source once.
//!
//! A statement is one keyword at one place. `x-evidence` belongs to an *owner*: an operation, a component, an object schema, an
//! extensible enum, a server. Its keys name statements of that owner, and its values are lists of source ids:
//!
//! | key | evidence for |
//! |---|---|
//! | `/` | the owner itself |
//! | `/minLength` | the owner's keyword `minLength` |
//! | `id`, `"404"`, `X-Name`, `running` | a property, parameter, response, header, media type or known value |
//! | `id/format`, `links/items` | a keyword of a property |
//! | `200/X-Name` | a header or media type of a response inside the operation |
//! | `/nullable` | a [`STRICT`] keyword of the owner, and of every property without a separate entry for it |
//!
//! A keyword without an entry has the evidence of its property or owner. Exceptions are [`STRICT`] keywords and inline items: documentation
//! rarely describes them, so the entry of the property would be the wrong evidence.

use std::collections::{BTreeMap, BTreeSet};

use crate::generator::lint::constants_of;
use crate::report::{Finding, Place};
use crate::spec::{DOCUMENTATION, Kind, Node, Object, Spec};

const EVIDENCE: &str = "x-evidence";
const SOURCES: &str = "x-sources";
const KNOWN_VALUES: &str = "x-extensible-enum";

/// The keywords that need a separate entry.
const STRICT: [&str; 4] = ["format", "nullable", "pattern", "required"];

/// The former notation of evidence in descriptions, which `x-evidence` replaces.
const FORMER_NOTATION: [&str; 4] = ["[doc]", "[seen]", "[client]", "[guess]"];

/// The kinds of sources, the strongest first. A statement that cites an interpretation counts as an interpretation.
pub const KINDS: [&str; 4] = ["documentation", "observation", "client", "interpretation"];

/// The evidence of a spec.
pub struct Evidence<'s> {
    /// The broken rules.
    pub findings: Vec<Finding>,
    /// The number of statements by the kind of their strongest source, in the order of [`KINDS`].
    pub statements: [usize; KINDS.len()],
    spec: &'s Spec,
    /// The index in [`KINDS`] of each source id.
    kinds: BTreeMap<String, usize>,
    /// Every `x-evidence` of the spec.
    cited: Vec<Node<'s>>,
    /// The pointers of the entries that are the evidence of a statement.
    used: BTreeSet<String>,
}

/// Checks the evidence of a spec; `None` if the spec has no `x-sources` and no `x-evidence`.
pub fn check(spec: &Spec) -> Option<Evidence<'_>> {
    let mut evidence = Evidence {
        findings: Vec::new(),
        statements: [0; KINDS.len()],
        spec,
        kinds: BTreeMap::new(),
        cited: Vec::new(),
        used: BTreeSet::new(),
    };
    evidence.check_parts(&spec.at("")?);
    if evidence.cited.is_empty() && spec.value.get(SOURCES).is_none() {
        return None;
    }
    evidence.check_sources();
    spec.walk(|object| {
        let is_owner = matches!(object.parent, Kind::PathItem | Kind::Components);
        if object.kind == Kind::Document {
            evidence.check_servers(object);
        } else if is_owner && !object.is_reference() && constants_of(object).is_none() {
            evidence.check_object(object, &object.pointer, "");
        }
    });
    evidence.check_entries();
    Some(evidence)
}

impl<'s> Evidence<'s> {
    fn add(&mut self, code: &'static str, pointer: &str, message: String, help: &'static str) {
        let finding = Finding::error(code, message).help(help);
        let place = Place::in_spec(self.spec, pointer);
        self.findings.push(finding.in_spec(place));
    }

    /// Collects every `x-evidence`, and checks descriptions for the former notation.
    fn check_parts(&mut self, parent: &Node<'s>) {
        for part in parent.entries() {
            let key = part.key();
            if key == EVIDENCE {
                self.cited.push(part);
                continue;
            }
            let is_prose = ["description", "summary"].contains(&key.as_str());
            let prose = part.value.as_str().filter(|_| is_prose).unwrap_or_default();
            if let Some(mark) = FORMER_NOTATION.iter().find(|mark| prose.contains(**mark)) {
                let message = format!("the {key} contains {mark}, the former notation of evidence");
                let help = "cite sources in `x-evidence` instead";
                self.add("evidence-mark", &part.pointer, message, help);
            }
            self.check_parts(&part);
        }
    }

    fn check_sources(&mut self) {
        for (id, source) in self
            .spec
            .at("")
            .map_or_else(Vec::new, |root| root.children(SOURCES))
        {
            let text = |key: &str| source.text(key).unwrap_or_default();
            let kind = KINDS.iter().position(|kind| *kind == text("kind"));
            let required: &[&str] = match text("kind") {
                "interpretation" => &["title"],
                _ => &["title", "address", "date"],
            };
            if kind.is_none() || required.iter().any(|key| text(key).is_empty()) {
                let message = format!("the description of the source `{id}` is incomplete");
                let help = "write title, address, date and kind as text; the kind is documentation, observation, client, or \
                            interpretation, which needs no address and no date";
                self.add("evidence-source", &source.pointer, message, help);
            }
            self.kinds.insert(id, kind.unwrap_or(KINDS.len() - 1));
        }
    }

    /// Checks that each entry of every `x-evidence` cites sources and belongs to a statement.
    fn check_entries(&mut self) {
        for entry in std::mem::take(&mut self.cited)
            .iter()
            .flat_map(Node::entries)
        {
            let (key, pointer) = (entry.key(), &entry.pointer);
            let ids = ids(&entry);
            let help = "list ids of `x-sources`";
            if ids.is_empty() {
                let message = format!("the entry `{key}` cites no source");
                self.add("evidence-id", pointer, message, help);
            }
            for id in ids {
                if !self.kinds.contains_key(id) {
                    let message = format!("`{id}` isn't an id of `{SOURCES}`");
                    self.add("evidence-id", pointer, message, help);
                }
            }
            if !self.used.contains(pointer) {
                let message = format!("the entry `{key}` belongs to no statement");
                let help = "name a property, parameter, status code, header, media type or known value of the object, or `/keyword`";
                self.add("evidence-key", pointer, message, help);
            }
        }
    }

    /// Checks that a statement has evidence: that the owner's `x-evidence` has one of the keys. The first of these keys is the
    /// statement's evidence.
    fn check_statement(&mut self, pointer: &str, owner: &str, keys: &[String]) {
        let entries = self.spec.at(&format!("{owner}/{EVIDENCE}"));
        let found = |key| entries.as_ref().and_then(|entries| entries.written(key));
        let Some(entry) = keys.iter().find_map(|key| found(key)) else {
            let message = format!(
                "the statement has no evidence: `{EVIDENCE}` of `{owner}` has no `{}`",
                keys.join("` and no `")
            );
            let help = "cite the sources that support it, or `interpretation`";
            return self.add("evidence", pointer, message, help);
        };
        let ids = ids(&entry).into_iter();
        let kinds: Vec<usize> = ids.filter_map(|id| self.kinds.get(id).copied()).collect();
        let interpretation = KINDS.len() - 1;
        let strongest = kinds.iter().copied().min().unwrap_or(interpretation);
        let is_interpretation = kinds.contains(&interpretation);
        let kind = if is_interpretation {
            interpretation
        } else {
            strongest
        };
        self.statements[kind] += 1;
        self.used.insert(entry.pointer);
    }

    fn check_servers(&mut self, document: &Object<'s>) {
        for server in document.written("servers").iter().flat_map(Node::entries) {
            self.check_statement(&server.pointer, &server.pointer, &[own_key("")]);
        }
    }

    /// Checks the statements of an object and of the objects inside. `scope` is the object's key in the owner's `x-evidence`; it is
    /// empty for the owner itself.
    fn check_object(&mut self, object: &Object<'s>, owner: &str, scope: &str) {
        match object.kind {
            Kind::Schema => return self.check_schema(object, owner, scope),
            Kind::SecurityScheme => {
                for keyword in keywords(object) {
                    let keys = [format!("/{}", keyword.key()), own_key("")];
                    self.check_statement(&keyword.pointer, owner, &keys);
                }
            }
            _ if scope.is_empty() => {
                self.check_statement(&object.pointer, owner, &[own_key("")]);
                if object.is("required") {
                    let keys = ["/required".to_owned(), own_key("")];
                    self.check_statement(&format!("{}/required", object.pointer), owner, &keys);
                }
            }
            _ => {}
        }
        for child in object.objects() {
            let key = match child.kind {
                Kind::Parameter => {
                    let name = child
                        .followed()
                        .and_then(|parameter| parameter.text("name"));
                    name.map_or_else(|| child.key(), ToOwned::to_owned)
                }
                Kind::Response | Kind::Header | Kind::MediaType | Kind::RequestBody => {
                    part_key(scope, &child.key())
                }
                // The inline schema of a body is an owner itself.
                Kind::Schema if child.parent == Kind::MediaType => String::new(),
                Kind::Schema => format!("{scope}/schema"),
                _ => continue,
            };
            if child.kind != Kind::Schema {
                self.check_statement(&child.pointer, owner, std::slice::from_ref(&key));
            }
            let owner = if key.is_empty() {
                &child.pointer
            } else {
                owner
            };
            if !child.is_reference() {
                self.check_object(&child, owner, &key);
            }
        }
    }

    fn check_schema(&mut self, schema: &Object<'s>, owner: &str, scope: &str) {
        let children = schema.objects();
        for keyword in keywords(schema) {
            let name = keyword.key();
            let is_structure = children.iter().any(|child| child.keyword == name);
            if is_structure || ["required", KNOWN_VALUES].contains(&name.as_str()) {
                continue;
            }
            let mut keys = vec![format!("{scope}/{name}")];
            keys.push(if STRICT.contains(&name.as_str()) {
                format!("/{name}")
            } else {
                own_key(scope)
            });
            // The schema of a parameter or header has the evidence of the parameter or header.
            keys.extend(scope.strip_suffix("/schema").map(own_key));
            self.check_statement(&keyword.pointer, owner, &keys);
        }
        for value in schema.written(KNOWN_VALUES).iter().flat_map(Node::entries) {
            let key = part_key(scope, value.value.as_str().unwrap_or_default());
            self.check_statement(&value.pointer, owner, &[key]);
        }
        for name in schema.written("required").iter().flat_map(Node::entries) {
            let property = name.value.as_str().unwrap_or_default();
            let keys = [format!("{property}/required"), "/required".to_owned()];
            self.check_statement(&name.pointer, &schema.pointer, &keys);
        }
        for child in children {
            let is_property = child.keyword == "properties";
            let (owner, key) = match &child.pointer[schema.pointer.len()..] {
                _ if is_property => (schema.pointer.as_str(), child.key()),
                path => (owner, format!("{scope}{path}")),
            };
            if is_property {
                self.check_statement(&child.pointer, owner, std::slice::from_ref(&key));
            } else if child.is_reference() {
                self.check_statement(&child.pointer, owner, &[key.clone(), own_key(scope)]);
            }
            if !child.is_reference() {
                self.check_schema(&child, owner, &key);
            }
        }
    }
}

/// Returns the source ids of an entry of `x-evidence`; `?` for an id that isn't text.
fn ids<'s>(entry: &Node<'s>) -> Vec<&'s str> {
    let ids = entry.value.as_array().into_iter().flatten();
    ids.map(|id| id.as_str().unwrap_or("?")).collect()
}

/// Returns the key in `x-evidence` of the object at `scope`.
fn own_key(scope: &str) -> String {
    if scope.is_empty() { "/" } else { scope }.to_owned()
}

/// Returns the key in `x-evidence` of the part `name` of the object at `scope`.
fn part_key(scope: &str, name: &str) -> String {
    let separator = if scope.is_empty() { "" } else { "/" };
    format!("{scope}{separator}{name}")
}

/// Returns the keywords of an object that aren't documentation.
fn keywords<'s>(object: &Object<'s>) -> impl Iterator<Item = Node<'s>> {
    let is_other = |name: &str| !DOCUMENTATION.contains(&name) && name != EVIDENCE;
    let keywords = object.entries().into_iter();
    keywords.filter(move |keyword| is_other(&keyword.key()))
}
