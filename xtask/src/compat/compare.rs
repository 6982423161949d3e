//! Compares two specs: their operations, and the objects that the operations contain or refer to, such as parameters and schemas.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use super::keyword_changes::{self, Side, is_skipped};
use crate::findings::{Finding, Place};
use crate::spec::{Kind, Node, Object, Operation, Spec, SpecError, pointer_segment};

/// The code of the finding for a change that breaks clients.
pub const BREAKING: &str = "breaking";

/// The reason why clients break if a schema is renamed.
const TYPE_NAME: &str = "generated clients have a type of this name";

/// The changes between two specs, without changes of the documentation.
#[derive(Default)]
struct Changes {
    /// The key is the JSON pointer and the description of the change. The value is the place of the change and, for a breaking change, the
    /// reason why it breaks clients. A change of a schema that requests and responses share is breaking if it breaks requests or responses.
    list: BTreeMap<(String, String), (Place, Option<&'static str>)>,
    /// The pairs of objects that were already compared: the JSON pointers in the old and in the new spec, and whether the objects are part
    /// of requests or of responses. No pair is compared twice, so a schema that contains itself causes no endless recursion.
    compared: HashSet<(String, String, Side)>,
}

/// Objects by their names in messages, such as ``query parameter `api-version` ``.
type Named<'s> = BTreeMap<String, Object<'s>>;

/// Returns a note for each change from the spec `old` to the spec `new`. If the change breaks clients, the note has the code
/// [`BREAKING`].
pub fn compare(old: &Spec, new: &Spec) -> Result<Vec<Finding>, SpecError> {
    let mut changes = Changes::default();
    let [before, after] = [old, new].map(|spec| spec.value.pointer("/info/version"));
    if before != after
        && let Some(info) = new.at("/info").or(old.at("/info"))
    {
        let why = "clients send the version that the base names";
        changes.add(&info, "the version of the API was changed", Some(why));
    }
    // The contents of a schema are compared below, as a part of each operation that refers to the schema.
    for schema in old.at("/components/schemas").iter().flat_map(Node::entries) {
        if new.at(&schema.pointer).is_none() {
            let what = format!("the schema `{}` was removed or renamed", schema.key());
            changes.add(&schema, what, Some(TYPE_NAME));
        }
    }
    let (before, after) = (old.operations()?, new.operations()?);
    for old in &before {
        // The pointer contains the path and the method, so the same operation has the same pointer in both specs.
        let pointer = &old.node.pointer;
        if let Some(new) = after.iter().find(|new| new.node.pointer == *pointer) {
            changes.compare_operations(old, new);
        } else {
            let what = format!("the operation `{}` was removed", old.name);
            changes.add(&old.node, what, Some("clients call it"));
        }
    }
    for new in after {
        if old.at(&new.node.pointer).is_none() {
            let what = format!("the operation `{}` was added", new.name);
            changes.add(&new.node, what, None);
        }
    }
    let changes = changes.list.into_iter();
    let notes = changes.map(|((_, what), (place, breaks))| {
        let note = match breaks {
            Some(why) => Finding::note(BREAKING, format!("{what}: {why}")),
            None => Finding::note("compatible", what),
        };
        Finding {
            spec_place: Some(place),
            ..note
        }
    });
    Ok(notes.collect())
}

impl Changes {
    fn add(&mut self, node: &Node<'_>, what: impl Into<String>, breaks: Option<&'static str>) {
        let change = self.list.entry((node.pointer.clone(), what.into()));
        let place = Place::in_spec(node.spec, &node.pointer);
        let (_, known) = change.or_insert((place, breaks));
        *known = known.or(breaks);
    }

    fn compare_operations(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        self.compare_servers(old, new);
        self.compare_credentials(old, new);
        let [before, after] = [old, new].map(|operation| {
            let parameters = operation.parameters.iter().map(|parameter| {
                let name = format!("{} parameter `{}`", parameter.place, parameter.name);
                (name, Object::of(Kind::Parameter, parameter.node.clone()))
            });
            parameters.collect()
        });
        self.compare_named(&old.node, &new.node, &before, &after, Side::Request);
        let [old, new] =
            [old, new].map(|operation| Object::of(Kind::Operation, operation.node.clone()));
        self.compare_objects(&old, &new, Side::Request);
    }

    /// Compares two objects of the same kind, and the objects inside.
    fn compare_objects(&mut self, old: &Object<'_>, new: &Object<'_>, side: Side) {
        // A `$ref` is replaced by its target. A `$ref` without a target is compared like any other keyword.
        let [old, new] =
            [old, new].map(|object| object.followed().unwrap_or_else(|| object.clone()));
        let side = match (old.kind, old.keyword) {
            (Kind::Parameter | Kind::RequestBody, _) => Side::Request,
            (Kind::Response | Kind::Header, _) => Side::Response,
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
            inside.retain(|child| child.keyword == keyword);
            inside
        });
        if matches!(
            keyword,
            "content" | "headers" | "properties" | "requestBody" | "responses"
        ) {
            let [before, after] = [before, after].map(|objects| {
                let named = objects.into_iter().map(|object| (label(&object), object));
                named.collect()
            });
            return self.compare_named(old, new, &before, &after, side);
        }
        let are_schemas = before.iter().all(|child| child.kind == Kind::Schema);
        if are_schemas && !before.is_empty() && before.len() == after.len() {
            // If the schema in `not` becomes stricter, more values are valid. This breaks responses instead of requests.
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
        let [before, after] =
            [old, new].map(|object| keyword_changes::value(object.value, keyword));
        if before != after {
            let breaks = keyword_changes::breaks(old.kind, keyword, before, after, side);
            let text =
                |value: Option<&Value>| value.map_or("absent".into(), |it| format!("`{it}`"));
            let what = format!("`{keyword}` was {}, now {}", text(before), text(after));
            self.add(new, what, breaks);
        }
    }

    /// Compares the objects that have the same name in two parents, and adds a change for each name that only one parent has.
    fn compare_named(
        &mut self,
        old_parent: &Node<'_>,
        new_parent: &Node<'_>,
        before: &Named<'_>,
        after: &Named<'_>,
        side: Side,
    ) {
        for (name, old) in before {
            let Some(new) = after.get(name) else {
                let what = format!("the {name} was removed");
                let breaks = match old.kind {
                    Kind::Response => (!is_error(old)).then_some("clients expect it"),
                    Kind::Header => Some("clients may read it"),
                    Kind::MediaType => Some("clients send or read it"),
                    Kind::Schema => Some("clients may read or send it"),
                    _ => Some("clients send it"),
                };
                self.add(new_parent, what, breaks);
                continue;
            };
            let is_required = is_required(new_parent, new);
            if old.kind == Kind::Schema && self::is_required(old_parent, old) != is_required {
                let state = if is_required { "required" } else { "optional" };
                let what = format!("the {name} was made {state}");
                self.add(new_parent, what, side.breaks(is_required, !is_required));
            }
            self.compare_objects(old, new, side);
        }
        let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
        for (name, new) in added {
            let is_sent = side == Side::Request;
            let is_required = is_required(new_parent, new);
            let breaks = match new.kind {
                Kind::Response => (!is_error(new)).then_some("clients don't expect it"),
                Kind::MediaType => {
                    (!is_sent && !before.is_empty()).then_some("clients may not be able to read it")
                }
                Kind::Header => None,
                _ => (is_sent && is_required).then_some("clients don't send it"),
            };
            let how = if is_required { " as required" } else { "" };
            self.add(new_parent, format!("the {name} was added{how}"), breaks);
        }
    }

    /// Compares the names of the type that generated clients have for a schema. The name is that of the component, or the title of a schema
    /// that isn't a component. Removed components are ignored here, because the function [`compare`] reports them.
    fn compare_type_names(&mut self, old: &Node<'_>, new: &Node<'_>) {
        let is_component =
            |schema: &Node<'_>| schema.pointer == format!("/components/schemas/{}", schema.key());
        let name = |schema: &Node<'_>| {
            let component = is_component(schema).then(|| schema.key());
            component.or(schema.text("title").map(ToOwned::to_owned))
        };
        let was_removed = is_component(old) && new.spec.at(&old.pointer).is_none();
        if let Some(before) = name(old).filter(|_| name(old) != name(new) && !was_removed) {
            let after = name(new).map_or("unnamed".to_owned(), |name| format!("the type `{name}`"));
            let what = format!("the type `{before}` is now {after}");
            self.add(new, what, Some(TYPE_NAME));
        }
    }

    /// Compares the known values of an extensible enum. Any change is backward compatible, because clients accept unknown values.
    fn compare_known_values(&mut self, old: &Node<'_>, new: &Node<'_>) {
        let keyword = "x-extensible-enum";
        let (before, after) = (texts(old, keyword), texts(new, keyword));
        for value in after.difference(&before) {
            self.add(new, format!("the known value `{value}` was added"), None);
        }
        for value in before.difference(&after) {
            self.add(new, format!("the known value `{value}` was removed"), None);
        }
    }

    fn compare_servers(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let [(_, before), (node, after)] = [old, new].map(|operation| {
            let (node, servers) = inherited(operation, "servers");
            let servers = servers.iter();
            let servers =
                servers.map(|server| ["url", "variables"].map(|key| server.value.get(key)));
            (node, servers.collect::<Vec<_>>())
        });
        if before != after {
            let why = "clients call the servers of the base";
            self.add(&node, "the servers were changed", Some(why));
        }
    }

    /// Compares the alternatives of `security`. A request needs the credentials of one alternative.
    fn compare_credentials(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let no_credentials = json!({});
        let [(_, before), (node, after)] = [old, new].map(|operation| {
            let (node, list) = inherited(operation, "security");
            let mut alternatives: Vec<Value> = list.iter().map(with_schemes).collect();
            if alternatives.is_empty() {
                alternatives.push(no_credentials.clone());
            }
            (node, alternatives)
        });
        if before != after {
            let is_accepted = |alternative: &Value| {
                after.contains(alternative) || after.contains(&no_credentials)
            };
            let why = "the service may reject a request with the credentials of the base";
            let breaks = (!before.iter().all(is_accepted)).then_some(why);
            let what = "the credentials that a request needs were changed";
            self.add(&node, what, breaks);
        }
    }
}

/// Returns the list `keyword` that applies to an operation, and the elements of this list. The operation's own list applies, else the list
/// of the path item, else the list of the spec. If none of these lists exists, returns the operation and no elements.
fn inherited<'s>(operation: &Operation<'s>, keyword: &str) -> (Node<'s>, Vec<Node<'s>>) {
    let node = &operation.node;
    let item = node.pointer.rsplit_once('/').map_or("", |(item, _)| item);
    let mut owners = [node.pointer.as_str(), item, ""].into_iter();
    match owners.find_map(|owner| node.spec.at(&format!("{owner}/{keyword}"))) {
        Some(list) => (list.clone(), list.entries()),
        None => (node.clone(), Vec::new()),
    }
}

/// Returns an alternative of `security`, with the definition of each security scheme that the alternative names, without documentation.
fn with_schemes(alternative: &Node<'_>) -> Value {
    let credentials = alternative.entries().into_iter().map(|scopes| {
        let name = scopes.key();
        let pointer = format!("/components/securitySchemes/{}", pointer_segment(&name));
        let scheme = scopes.spec.at(&pointer).and_then(Node::followed);
        let mut scheme = scheme.map(|scheme| scheme.value.clone());
        if let Some(scheme) = scheme.as_mut().and_then(Value::as_object_mut) {
            scheme.retain(|keyword, _| !is_skipped(Kind::SecurityScheme, keyword));
        }
        (name, json!([scopes.value, scheme]))
    });
    credentials.collect()
}

/// Returns the name of an object in messages.
fn label(object: &Object<'_>) -> String {
    let key = object.key();
    match object.kind {
        Kind::RequestBody => "request body".to_owned(),
        Kind::Response => format!("response {key}"),
        Kind::Header => format!("header `{}`", key.to_lowercase()),
        Kind::MediaType => format!("content type `{key}`"),
        _ => format!("property `{key}`"),
    }
}

fn is_required(parent: &Node<'_>, object: &Object<'_>) -> bool {
    match object.kind {
        Kind::Schema => texts(parent, "required").contains(object.key().as_str()),
        _ => object
            .followed()
            .is_some_and(|object| object.is("required")),
    }
}

/// Returns whether a response is an error response. Adding or removing an error response breaks no client, because clients must
/// expect error responses with any status code.
fn is_error(response: &Object<'_>) -> bool {
    let status = response.key();
    status.starts_with(['4', '5']) || status == "default"
}

fn texts<'s>(schema: &Node<'s>, keyword: &str) -> BTreeSet<&'s str> {
    let texts = schema.list(keyword).iter().filter_map(Value::as_str);
    texts.collect()
}
