//! Checks that every statement of the spec has evidence. A statement is one keyword at one place in the spec, such as the `type` of a
//! property.
//!
//! Two extensions of the spec contain the evidence. `x-sources`, at the end of the spec, describes each source, such as a web page, under
//! an id. `x-evidence` cites the sources of statements. Each of its keys names statements, and the value is a list of source ids.
//!
//! The object that contains an `x-evidence` is its *owner*. The keys name only statements of the owner. An owner is one of these:
//!
//! * an operation, a component or a server
//! * a parameter of a path
//! * the inline schema of a body
//! * any schema with `properties`
//!
//! | key | the statements that the key names |
//! |---|---|
//! | `/` in a schema or security scheme | the owner's keywords |
//! | `/` in any other owner | the statement that the owner exists |
//! | `/minLength` | the owner's keyword `minLength` |
//! | `id`, `"404"`, `X-Name`, `running` | the property, parameter, response, header, media type or known value of this name |
//! | `id/format`, `links/items` | a keyword of a property |
//! | `200/X-Name`, `200/text/html` | a header or media type of a response, if the owner is an operation |
//! | `/nullable`, or another [`STRICT`] keyword | this keyword of the owner and of each property, except a property with its own key, such as `id/nullable` |
//!
//! If no key names a keyword, the keyword has the evidence of its property or owner. Two kinds of keywords need a key of their own, because
//! documentation rarely describes them:
//!
//! * A [`STRICT`] keyword needs a key that names the keyword.
//! * A keyword in an inline subschema, such as `items`, needs a key that names the keyword or the subschema.
//!
//! There is an exception: in the schema of a parameter or header, the key of the parameter or header is enough for every keyword except
//! `required`.

use std::collections::{BTreeMap, BTreeSet};

use crate::findings::Finding;
use crate::generator::lint::constants_of;
use crate::spec::{DOCUMENTATION, Kind, Node, Object, Spec};

const EVIDENCE: &str = "x-evidence";
const SOURCES: &str = "x-sources";

/// The keywords of schemas that need a key of their own in `x-evidence`. The end of the module's documentation describes an exception.
const STRICT: [&str; 4] = ["format", "nullable", "pattern", "required"];

/// The kinds of sources, the strongest first. If one source of a statement is an interpretation, the statement is an interpretation. Any
/// other statement has the kind of its strongest source.
const KINDS: [&str; 4] = ["documentation", "observation", "client", "interpretation"];
const INTERPRETATION: usize = KINDS.len() - 1;

/// The result of the check of a spec, and the data that the check collects.
pub struct Evidence<'s> {
    /// A finding for each broken rule.
    pub findings: Vec<Finding>,
    /// The number of statements of each kind, in the order of [`KINDS`].
    pub statement_counts: [usize; KINDS.len()],
    spec: &'s Spec,
    /// The kind of each source id, as an index in [`KINDS`].
    kinds: BTreeMap<String, usize>,
    /// The JSON pointers of the `x-evidence` entries that name a statement.
    used: BTreeSet<String>,
}

/// Checks the evidence of a spec. Returns `None` if the spec has neither `x-sources` nor `x-evidence`.
pub fn check(spec: &Spec) -> Option<Evidence<'_>> {
    let mut mappings = Vec::new();
    collect(&spec.at("")?, &mut mappings);
    if mappings.is_empty() && spec.value.get(SOURCES).is_none() {
        return None;
    }
    let mut evidence = Evidence {
        findings: Vec::new(),
        statement_counts: [0; KINDS.len()],
        spec,
        kinds: BTreeMap::new(),
        used: BTreeSet::new(),
    };
    evidence.check_sources();
    for server in spec.at("/servers").iter().flat_map(Node::entries) {
        evidence.check_statement(&server.pointer, &server.pointer, &[own_key("")]);
    }
    spec.walk(|object| {
        // Checks the outermost owners. `check_object` finds the owners inside them.
        let is_outermost_owner = matches!(object.parent, Kind::PathItem | Kind::Components);
        if is_outermost_owner && !object.is_reference() && constants_of(object).is_none() {
            if !matches!(object.kind, Kind::Schema | Kind::SecurityScheme) {
                evidence.check_statement(&object.pointer, &object.pointer, &[own_key("")]);
            }
            evidence.check_object(object, &object.pointer, "");
        }
    });
    for entry in mappings.iter().flat_map(Node::entries) {
        evidence.check_entry(&entry);
    }
    Some(evidence)
}

/// Collects every `x-evidence` inside `parent`. An `x-evidence` in an object that can't be an owner is also collected, so that
/// `check_entry` reports its keys.
fn collect<'s>(parent: &Node<'s>, mappings: &mut Vec<Node<'s>>) {
    for entry in parent.entries() {
        if entry.key() == EVIDENCE {
            mappings.push(entry);
        } else {
            collect(&entry, mappings);
        }
    }
}

impl<'s> Evidence<'s> {
    fn add(&mut self, code: &'static str, pointer: &str, message: String, help: &'static str) {
        let finding = Finding::error(code, message).help(help);
        self.findings.push(finding.in_spec(self.spec, pointer));
    }

    fn check_sources(&mut self) {
        let sources = self.spec.at(&format!("/{SOURCES}"));
        for source in sources.iter().flat_map(Node::entries) {
            let id = source.key();
            let text = |key: &str| source.text(key).unwrap_or_default();
            let kind = KINDS.iter().position(|kind| *kind == text("kind"));
            let required: &[&str] = match kind {
                Some(INTERPRETATION) => &["title"],
                _ => &["title", "address", "date"],
            };
            if kind.is_none() || required.iter().any(|key| text(key).is_empty()) {
                let message = format!("the description of the source `{id}` is incomplete");
                let help = "write title, address, date and kind as text; the kind is documentation, observation, client or \
                            interpretation; an interpretation needs no address and no date";
                self.add("evidence-source", &source.pointer, message, help);
            }
            self.kinds.insert(id, kind.unwrap_or(INTERPRETATION));
        }
    }

    /// Checks that an entry of `x-evidence` cites sources and names a statement.
    fn check_entry(&mut self, entry: &Node<'s>) {
        let (key, pointer) = (entry.key(), &entry.pointer);
        let ids = ids(entry);
        let unknown = ids.iter().find(|id| !self.kinds.contains_key(**id));
        let help = "write a list of ids that `x-sources` contains";
        if ids.is_empty() {
            let message = format!("the entry `{key}` cites no source");
            self.add("evidence-id", pointer, message, help);
        } else if let Some(id) = unknown {
            let message = format!("`{id}` isn't an id of `{SOURCES}`");
            self.add("evidence-id", pointer, message, help);
        }
        if !self.used.contains(pointer) {
            let message = format!("the key `{key}` names no statement");
            let help = "use the name of a property, parameter, status code, header, media type or known value of the object, or a keyword with a slash, such as `/minLength`";
            self.add("evidence-key", pointer, message, help);
        }
    }

    /// Checks that a statement has evidence: the owner's `x-evidence` must have one of the `keys`. If there are several, the first counts.
    fn check_statement(&mut self, pointer: &str, owner: &str, keys: &[String]) {
        let entries = self.spec.at(&format!("{owner}/{EVIDENCE}"));
        let entry = |key| entries.as_ref().and_then(|entries| entries.written(key));
        let Some(entry) = keys.iter().find_map(|key| entry(key)) else {
            let message = format!(
                "the statement has no evidence: `{EVIDENCE}` of `{owner}` must have the key `{}`",
                keys.join("` or `")
            );
            let help = "cite the sources that support the statement; if no source supports it, cite `interpretation`";
            return self.add("evidence", pointer, message, help);
        };
        let ids = ids(&entry).into_iter();
        let kinds: Vec<usize> = ids.filter_map(|id| self.kinds.get(id).copied()).collect();
        let kind = match kinds.iter().min() {
            Some(strongest) if !kinds.contains(&INTERPRETATION) => *strongest,
            _ => INTERPRETATION,
        };
        self.statement_counts[kind] += 1;
        self.used.insert(entry.pointer);
    }

    /// Checks the statements of an object and of the objects inside it. `scope` is the object's key in the owner's `x-evidence`. If the
    /// object is the owner, `scope` is empty.
    fn check_object(&mut self, object: &Object<'s>, owner: &str, scope: &str) {
        if matches!(object.kind, Kind::Schema | Kind::SecurityScheme) {
            self.check_keywords(object, owner, scope);
        }
        for child in object.objects() {
            let name = child.followed().and_then(|child| child.text("name"));
            let inside = &child.pointer[object.pointer.len()..];
            let (owner, keys) = match (child.kind, child.keyword) {
                (Kind::Parameter, _) => (owner, vec![name.unwrap_or_default().to_owned()]),
                (Kind::Schema, "properties") => (object.pointer.as_str(), vec![child.key()]),
                (Kind::Schema, "schema") if object.kind == Kind::MediaType => {
                    // The inline schema of a body is an owner.
                    (child.pointer.as_str(), vec![String::new()])
                }
                (Kind::Schema, _) => (owner, vec![format!("{scope}{inside}"), own_key(scope)]),
                (Kind::Example, _) => continue,
                _ => (owner, vec![part_key(scope, &child.key())]),
            };
            let is_subschema = child.kind == Kind::Schema && child.keyword != "properties";
            if !is_subschema || (object.kind == Kind::Schema && child.is_reference()) {
                self.check_statement(&child.pointer, owner, &keys);
            }
            if !child.is_reference() {
                self.check_object(&child, owner, &keys[0]);
            }
        }
    }

    fn check_keywords(&mut self, object: &Object<'s>, owner: &str, scope: &str) {
        let children = object.objects();
        for keyword in object.entries() {
            let name = keyword.key();
            let contains_objects = children.iter().any(|child| child.keyword == name);
            if contains_objects || DOCUMENTATION.contains(&name.as_str()) || name == EVIDENCE {
                continue;
            }
            let texts = keyword.entries().into_iter();
            let texts = texts.filter_map(|text| Some((text.value.as_str()?, text.pointer)));
            match name.as_str() {
                "x-extensible-enum" => texts.for_each(|(text, pointer)| {
                    self.check_statement(&pointer, owner, &[part_key(scope, text)]);
                }),
                "required" => texts.for_each(|(text, pointer)| {
                    let keys = [format!("{text}/required"), "/required".to_owned()];
                    self.check_statement(&pointer, &object.pointer, &keys);
                }),
                _ => {
                    let is_strict = object.kind == Kind::Schema && STRICT.contains(&name.as_str());
                    let fallback = if is_strict {
                        format!("/{name}")
                    } else {
                        own_key(scope)
                    };
                    let mut keys = vec![format!("{scope}/{name}"), fallback];
                    // In the schema of a parameter or header, the key of the parameter or header is enough, even for a keyword in `STRICT`.
                    keys.extend(scope.strip_suffix("/schema").map(own_key));
                    self.check_statement(&keyword.pointer, owner, &keys);
                }
            }
        }
    }
}

/// Returns the source ids of an entry of `x-evidence`. For an id that isn't text, returns `?`. `check_entry` reports `?` as an unknown id.
fn ids<'s>(entry: &Node<'s>) -> Vec<&'s str> {
    let ids = entry.value.as_array().into_iter().flatten();
    ids.map(|id| id.as_str().unwrap_or("?")).collect()
}

/// Returns the key in `x-evidence` that names the object at `scope`.
fn own_key(scope: &str) -> String {
    if scope.is_empty() { "/" } else { scope }.to_owned()
}

/// Returns the key in `x-evidence` that names a part of the object at `scope`. `name` is, for example, a property's name.
fn part_key(scope: &str, name: &str) -> String {
    let separator = if scope.is_empty() { "" } else { "/" };
    format!("{scope}{separator}{name}")
}
