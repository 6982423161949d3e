//! Compares two specs: their operations, and the objects that the operations contain or refer to.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::keywords::{Effect, Side, effect, is_skipped};
use crate::report::{Finding, Place};
use crate::spec::{Kind, Node, Object, Operation, Spec, SpecError, pointer_segment};

const TYPE_NAME: &str = "generated clients have a type of this name";

/// The changes between two specs, without changes of the documentation.
#[derive(Default)]
pub struct Changes {
    /// The place of each change, and the reason why a client that was written for the base may stop working, by JSON pointer and
    /// description. Operations share parts of the spec, so a change may be found several times; it is breaking if it is breaking once.
    list: BTreeMap<(String, String), (Place, Option<&'static str>)>,
    /// The pairs of objects that were already compared as part of a request or of a response. They end the recursion for a schema that
    /// contains itself.
    compared: HashSet<(String, String, Side)>,
}

/// Returns the changes between two specs.
pub fn compare(old: &Spec, new: &Spec) -> Result<Changes, SpecError> {
    let mut changes = Changes::default();
    let version = |spec: &'_ Spec| {
        let version = spec.at("/info/version");
        version.map(|version| version.value.clone())
    };
    if version(old) != version(new)
        && let Some(info) = new.at("/info").or(old.at("/info"))
    {
        let why = "clients send the version that the base names";
        changes.add(&info, "the version of the API was changed", Some(why));
    }
    // The contents of the schemas are compared where operations refer to them.
    for schema in old.at("/components/schemas").iter().flat_map(Node::entries) {
        if new.at(&schema.pointer).is_none() {
            let what = format!("the schema `{}` was removed or renamed", schema.key());
            changes.add(&schema, what, Some(TYPE_NAME));
        }
    }
    let (before, after) = (old.operations()?, new.operations()?);
    let same = |a: &Operation<'_>, b: &Operation<'_>| a.method == b.method && a.path == b.path;
    for old in &before {
        if let Some(new) = after.iter().find(|new| same(old, new)) {
            changes.compare_operations(old, new);
        } else {
            let what = format!("the operation `{}` was removed", old.name());
            changes.add(&old.node, what, Some("clients call it"));
        }
    }
    for new in &after {
        if !before.iter().any(|old| same(old, new)) {
            let what = format!("the operation `{}` was added", new.name());
            changes.add(&new.node, what, None);
        }
    }
    Ok(changes)
}

impl Changes {
    fn add(&mut self, part: &Node<'_>, what: impl Into<String>, breaks: Option<&'static str>) {
        let change = self.list.entry((part.pointer.clone(), what.into()));
        let place = Place::in_spec(part.spec, &part.pointer);
        let (_, known) = change.or_insert((place, breaks));
        *known = known.or(breaks);
    }

    /// Returns the number of changes and the number of breaking changes.
    pub fn count(&self) -> (usize, usize) {
        let breaking = self.list.values().filter(|(_, breaks)| breaks.is_some());
        (self.list.len(), breaking.count())
    }

    /// Returns the changes as notes.
    pub fn findings(self) -> impl Iterator<Item = Finding> {
        self.list.into_iter().map(|((_, what), (place, breaks))| {
            let note = match breaks {
                Some(why) => Finding::note("breaking", format!("{what}: {why}")),
                None => Finding::note("compatible", what),
            };
            note.in_spec(place)
        })
    }

    fn compare_operations(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        self.compare_servers(old, new);
        self.compare_credentials(old, new);
        let [old_object, new_object] =
            [old, new].map(|operation| Object::of(Kind::Operation, operation.node.clone()));
        let [before, after] = [old, new].map(|operation| {
            let nodes = operation.parameters.iter().map(|one| one.node.clone());
            let parameters: Vec<_> = nodes
                .map(|node| Object::of(Kind::Parameter, node))
                .collect();
            parameters
        });
        self.compare_by_name(&old_object, &new_object, &before, &after, Side::Request);
        self.compare_objects(&old_object, &new_object, Side::Request);
    }

    /// Compares two objects of the same kind, and the objects inside.
    fn compare_objects(&mut self, old: &Object<'_>, new: &Object<'_>, side: Side) {
        let (Some(old), Some(new)) = (old.followed(), new.followed()) else {
            return;
        };
        let side = match old.kind {
            Kind::Parameter | Kind::RequestBody => Side::Request,
            Kind::Response | Kind::Header => Side::Response,
            _ => side,
        };
        let pair = (old.pointer.clone(), new.pointer.clone(), side);
        if !self.compared.insert(pair) {
            return;
        }
        if old.kind == Kind::Schema {
            self.compare_type_names(&old, &new);
            self.compare_known_values(&old, &new);
        }
        let keywords = old.entries().into_iter().chain(new.entries());
        let keywords: BTreeSet<String> = keywords.map(|keyword| keyword.key()).collect();
        for keyword in keywords {
            if !is_skipped(old.kind, &keyword) {
                self.compare_keyword(&old, &new, &keyword, side);
            }
        }
    }

    fn compare_keyword(&mut self, old: &Object<'_>, new: &Object<'_>, keyword: &str, side: Side) {
        let [before, after] = [old, new].map(|object| {
            let mut inside = object.objects();
            inside.retain(|child| child.keyword == keyword && child.followed().is_some());
            inside
        });
        let is_named = match old.kind {
            Kind::Operation => matches!(keyword, "requestBody" | "responses"),
            Kind::Schema => keyword == "properties",
            _ => matches!(keyword, "content" | "headers"),
        };
        if is_named {
            return self.compare_by_name(old, new, &before, &after, side);
        }
        let is_schema = before
            .first()
            .is_some_and(|child| child.kind == Kind::Schema);
        if is_schema && before.len() == after.len() {
            // A stricter schema in `not` makes more values valid.
            let side = match (keyword, side) {
                ("not", Side::Request) => Side::Response,
                ("not", Side::Response) => Side::Request,
                _ => side,
            };
            for (old, new) in before.iter().zip(&after) {
                self.compare_objects(old, new, side);
            }
            return;
        }
        let is_resolved = before.len() == after.len();
        let (before, after) = (old.value.get(keyword), new.value.get(keyword));
        let effect = effect(old.kind, keyword, before, after);
        if before == after && !is_resolved {
            let what =
                format!("the reference in `{keyword}` has a target in one of the specs only");
            return self.add(
                new,
                what,
                Some("clients were written for the former target"),
            );
        }
        if before == after || effect == Effect::None {
            return;
        }
        let breaks = effect.breaks(side);
        let [before, after] = [before, after]
            .map(|value| value.map_or("absent".to_owned(), |value| format!("`{value}`")));
        self.add(
            new,
            format!("`{keyword}` was {before}, now {after}"),
            breaks,
        );
    }

    /// Compares the objects that have the same name in two parents, and reports the names that only one parent has.
    fn compare_by_name(
        &mut self,
        old_parent: &Object<'_>,
        new_parent: &Object<'_>,
        before: &[Object<'_>],
        after: &[Object<'_>],
        side: Side,
    ) {
        for old in before {
            let name = label(old);
            let Some(new) = after.iter().find(|new| label(new) == name) else {
                let what = format!("the {name} was removed");
                self.add(new_parent, what, removal_breaks(old));
                continue;
            };
            let is_required = is_required(new_parent, new);
            if old.kind == Kind::Schema && self::is_required(old_parent, old) != is_required {
                let state = if is_required { "required" } else { "optional" };
                let breaks = Effect::stricter_if(is_required).breaks(side);
                self.add(new_parent, format!("the {name} was made {state}"), breaks);
            }
            self.compare_objects(old, new, side);
        }
        for new in after {
            let name = label(new);
            if before.iter().any(|old| label(old) == name) {
                continue;
            }
            let is_sent = side == Side::Request;
            let (how, breaks) = match new.kind {
                Kind::Parameter | Kind::RequestBody | Kind::Schema => {
                    if is_required(new_parent, new) {
                        (" as required", is_sent.then_some("clients don't send it"))
                    } else {
                        (" as optional", None)
                    }
                }
                Kind::Response => ("", (!is_error(new)).then_some("clients don't expect it")),
                Kind::MediaType => {
                    let is_unexpected = !is_sent && !before.is_empty();
                    (
                        "",
                        is_unexpected.then_some("clients may not be able to read it"),
                    )
                }
                _ => ("", None),
            };
            self.add(new_parent, format!("the {name} was added{how}"), breaks);
        }
    }

    /// Compares the name of a schema's type in generated clients: the name of the component, or the title. [`compare`] reports removed
    /// components.
    fn compare_type_names(&mut self, old: &Node<'_>, new: &Node<'_>) {
        let is_component =
            |schema: &Node<'_>| schema.pointer == format!("/components/schemas/{}", schema.key());
        let name = |schema: &Node<'_>| {
            let component = is_component(schema).then(|| schema.key());
            component.or(schema.text("title").map(ToOwned::to_owned))
        };
        let was_removed = is_component(old) && new.spec.at(&old.pointer).is_none();
        let (before, after) = (name(old), name(new));
        if let Some(before) = before.clone().filter(|_| before != after && !was_removed) {
            let what = match after {
                Some(after) => format!("the type `{before}` is now the type `{after}`"),
                None => format!("the type `{before}` has no name now"),
            };
            self.add(new, what, Some(TYPE_NAME));
        }
    }

    /// Compares the known values of an extensible enum. Any change is backward compatible, because clients accept unknown values.
    fn compare_known_values(&mut self, old: &Node<'_>, new: &Node<'_>) {
        let keyword = "x-extensible-enum";
        let (before, after) = (texts(old, keyword), texts(new, keyword));
        for value in after.symmetric_difference(&before) {
            let how = if after.contains(value) {
                "added"
            } else {
                "removed"
            };
            self.add(new, format!("the known value `{value}` was {how}"), None);
        }
    }

    fn compare_servers(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let addresses = |servers: &[Node<'_>]| -> Vec<[Option<Value>; 2]> {
            let address =
                |server: &Node<'_>| ["url", "variables"].map(|key| server.value.get(key).cloned());
            servers.iter().map(address).collect()
        };
        let (_, before) = inherited(old, "servers");
        let (at, after) = inherited(new, "servers");
        if addresses(&before) != addresses(&after) {
            let why = "clients call the servers of the base";
            self.add(&at, "the servers were changed", Some(why));
        }
    }

    fn compare_credentials(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let (_, before) = inherited(old, "security");
        let (at, after) = inherited(new, "security");
        // Each alternative suffices alone. An empty list means that no credential is needed.
        let [before, after] = [before, after].map(|alternatives| {
            let values = alternatives.iter().map(|node| node.value.clone());
            let mut values: Vec<Value> = values.collect();
            if values.is_empty() {
                values.push(json!({}));
            }
            values
        });
        if before != after {
            let is_accepted =
                |alternative: &Value| after.contains(alternative) || after.contains(&json!({}));
            let why = "the service may reject a request with the credentials of the base";
            let breaks = (!before.iter().all(is_accepted)).then_some(why);
            let what = "the credentials that a request needs were changed";
            self.add(&at, what, breaks);
        }
        for name in before
            .iter()
            .filter_map(Value::as_object)
            .flat_map(Map::keys)
        {
            let pointer = format!("/components/securitySchemes/{}", pointer_segment(name));
            let is_needed = after
                .iter()
                .any(|alternative| alternative.get(name).is_some());
            if let (true, Some(old), Some(new)) = (
                is_needed,
                old.node.spec.at(&pointer),
                new.node.spec.at(&pointer),
            ) {
                let [old, new] = [old, new].map(|node| Object::of(Kind::SecurityScheme, node));
                self.compare_objects(&old, &new, Side::Request);
            }
        }
    }
}

/// Returns the elements of a list and its place. The list is the operation's, its path item's or the document's, in this order. If
/// none of them has the list, the place is the operation.
fn inherited<'s>(operation: &Operation<'s>, keyword: &str) -> (Node<'s>, Vec<Node<'s>>) {
    let node = &operation.node;
    let item = node.pointer.rsplit_once('/').map_or("", |(item, _)| item);
    let mut owners = [node.pointer.as_str(), item, ""].into_iter();
    match owners.find_map(|owner| node.spec.at(&format!("{owner}/{keyword}"))) {
        Some(list) => (list.clone(), list.entries()),
        None => (node.clone(), Vec::new()),
    }
}

/// Returns the name of an object in messages.
fn label(object: &Object<'_>) -> String {
    let key = object.key();
    match object.kind {
        Kind::Parameter => {
            let text = |keyword| object.text(keyword).unwrap_or_default();
            let name = match text("in") {
                "header" => text("name").to_lowercase(),
                _ => text("name").to_owned(),
            };
            format!("{} parameter `{name}`", text("in"))
        }
        Kind::RequestBody => "request body".to_owned(),
        Kind::Response => format!("response {key}"),
        Kind::Header => format!("header `{}`", key.to_lowercase()),
        Kind::MediaType => format!("content type `{key}`"),
        _ => format!("property `{key}`"),
    }
}

fn is_required(parent: &Object<'_>, object: &Object<'_>) -> bool {
    match object.kind {
        Kind::Schema => texts(parent, "required").contains(object.key().as_str()),
        _ => object
            .followed()
            .is_some_and(|object| object.is("required")),
    }
}

/// Returns the reason why the removal of an object breaks clients.
fn removal_breaks(object: &Object<'_>) -> Option<&'static str> {
    match object.kind {
        Kind::Response => (!is_error(object)).then_some("clients expect it"),
        Kind::Header => Some("clients may read it"),
        Kind::MediaType => Some("clients send or read it"),
        Kind::Schema => Some("clients may read or send it"),
        _ => Some("clients send it"),
    }
}

/// Returns whether a response is an error response. Adding or removing one breaks no client, because clients must expect an error
/// response with any status code.
fn is_error(response: &Object<'_>) -> bool {
    let status = response.key();
    status.starts_with(['4', '5']) || status == "default"
}

fn texts<'s>(schema: &Node<'s>, keyword: &str) -> BTreeSet<&'s str> {
    let list = schema.value.get(keyword).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.collect()
}
