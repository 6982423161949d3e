//! Compares the current spec with the *base*, an earlier version of the spec. Compares the operations and all objects in them, such as
//! parameters and schemas.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use super::keyword_changes::{self, Side, is_skipped};
use crate::findings::{Finding, Place};
use crate::spec::{Kind, Node, Object, Operation, Spec, SpecError, pointer_segment};

/// The code of the finding for a change that breaks clients.
pub const BREAKING: &str = "breaking";

/// Why removing or renaming a schema breaks clients.
const TYPE_NAME_REASON: &str = "programs may use the generated type with the former name";

/// The changes from the base to the current spec, except changes of documentation. In the methods, `base` is an operation or object of the
/// base, and `current` is the same operation or object in the current spec.
#[derive(Default)]
struct Changes {
    /// The key is the JSON pointer and the description of the change. The value is the place of the change and, if the change breaks clients,
    /// the reason.
    ///
    /// Requests and responses can use the same schema. A change of this schema is breaking if it breaks the requests or the responses.
    list: BTreeMap<(String, String), (Place, Option<&'static str>)>,
    /// The pairs of objects that were already compared: the JSON pointer in the base, the JSON pointer in the current spec, and whether a
    /// request or a response uses the objects. Without this set, a schema that contains itself would cause an endless recursion.
    compared: HashSet<(String, String, Side)>,
}

/// Objects by their names in messages, such as ``query parameter `api-version` ``.
type Named<'s> = BTreeMap<String, Object<'s>>;

/// Returns a note for each change from the base to the current spec. If the change breaks clients, the note has the code [`BREAKING`].
pub fn compare(base_spec: &Spec, current_spec: &Spec) -> Result<Vec<Finding>, SpecError> {
    let mut changes = Changes::default();
    let [before, after] = [base_spec, current_spec].map(|spec| spec.value.pointer("/info/version"));
    if before != after
        && let Some(info) = current_spec.at("/info").or(base_spec.at("/info"))
    {
        let why = "clients send the former version";
        changes.add(&info, "the version of the API was changed", Some(why));
    }
    // Only the names of the schemas are compared here. `compare_operations` compares the contents of the schemas that operations use.
    let schemas = base_spec.at("/components/schemas");
    for schema in schemas.iter().flat_map(Node::entries) {
        if current_spec.at(&schema.pointer).is_none() {
            let what = format!("the schema `{}` was removed or renamed", schema.key());
            changes.add(&schema, what, Some(TYPE_NAME_REASON));
        }
    }
    let (before, after) = (base_spec.operations()?, current_spec.operations()?);
    for base in &before {
        // The pointer contains the path and the method, so the same operation has the same pointer in both specs.
        let pointer = &base.node.pointer;
        let mut after = after.iter();
        if let Some(current) = after.find(|current| current.node.pointer == *pointer) {
            changes.compare_operations(base, current);
        } else {
            let what = format!("the operation `{}` was removed", base.name);
            changes.add(&base.node, what, Some("clients call it"));
        }
    }
    for current in after {
        if base_spec.at(&current.node.pointer).is_none() {
            let what = format!("the operation `{}` was added", current.name);
            changes.add(&current.node, what, None);
        }
    }
    let changes = changes.list.into_iter();
    let notes = changes.map(|((_, what), (place, reason))| {
        let note = match reason {
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
    /// Adds a change. `reason` says why the change breaks clients. A backward compatible change has no reason.
    fn add(&mut self, node: &Node<'_>, what: impl Into<String>, reason: Option<&'static str>) {
        let change = self.list.entry((node.pointer.clone(), what.into()));
        let place = Place::in_spec(node.spec, &node.pointer);
        let (_, stored_reason) = change.or_insert((place, reason));
        *stored_reason = stored_reason.or(reason);
    }

    fn compare_operations(&mut self, base: &Operation<'_>, current: &Operation<'_>) {
        self.compare_servers(base, current);
        self.compare_credentials(base, current);
        let [before, after] = [base, current].map(|operation| {
            let parameters = operation.parameters.iter().map(|parameter| {
                let name = format!("{} parameter `{}`", parameter.place, parameter.name);
                (name, Object::of(Kind::Parameter, parameter.node.clone()))
            });
            parameters.collect()
        });
        self.compare_named(&base.node, &current.node, &before, &after, Side::Request);
        let [base, current] =
            [base, current].map(|operation| Object::of(Kind::Operation, operation.node.clone()));
        self.compare_objects(&base, &current, Side::Request);
    }

    /// Compares two objects of the same kind, and the objects that they contain.
    fn compare_objects(&mut self, base: &Object<'_>, current: &Object<'_>, side: Side) {
        // A `$ref` is replaced by its target. A `$ref` without a target is compared like any other keyword.
        let [base, current] =
            [base, current].map(|object| object.followed().unwrap_or_else(|| object.clone()));
        let side = match (base.kind, base.keyword) {
            (Kind::Parameter | Kind::RequestBody, _) => Side::Request,
            (Kind::Response | Kind::Header, _) => Side::Response,
            _ => side,
        };
        let pair = (base.pointer.clone(), current.pointer.clone(), side);
        if !self.compared.insert(pair) {
            return;
        }
        if base.kind == Kind::Schema {
            self.compare_type_names(&base, &current);
            self.compare_known_values(&base, &current);
        }
        let keywords = base.entries().into_iter().chain(current.entries());
        let keywords: BTreeSet<String> = keywords.map(|keyword| keyword.key()).collect();
        for keyword in keywords {
            if !is_skipped(base.kind, &keyword) {
                self.compare_keyword(&base, &current, &keyword, side);
            }
        }
    }

    fn compare_keyword(
        &mut self,
        base: &Object<'_>,
        current: &Object<'_>,
        keyword: &str,
        side: Side,
    ) {
        let [before, after] = [base, current].map(|object| {
            let mut inside = object.objects();
            inside.retain(|child| child.keyword == keyword);
            inside
        });
        if matches!(
            keyword,
            "content" | "headers" | "properties" | "requestBody" | "responses"
        ) {
            let [before, after] = [before, after].map(|objects| {
                let named = objects.into_iter();
                let named = named.map(|object| (printed_name(&object), object));
                named.collect()
            });
            return self.compare_named(base, current, &before, &after, side);
        }
        let are_schemas = before.iter().all(|child| child.kind == Kind::Schema);
        if are_schemas && !before.is_empty() && before.len() == after.len() {
            // If the schema in `not` accepts fewer values, its parent accepts more values. Therefore the sides are exchanged.
            let side = match (keyword, side) {
                ("not", Side::Request) => Side::Response,
                ("not", Side::Response) => Side::Request,
                _ => side,
            };
            for (base, current) in before.iter().zip(&after) {
                self.compare_objects(base, current, side);
            }
            return;
        }
        let [before, after] =
            [base, current].map(|object| keyword_changes::value(object.value, keyword));
        if before != after {
            let reason = keyword_changes::breaking_reason(base.kind, keyword, before, after, side);
            let text =
                |value: Option<&Value>| value.map_or("absent".into(), |it| format!("`{it}`"));
            let what = format!("`{keyword}` was {}, now {}", text(before), text(after));
            self.add(current, what, reason);
        }
    }

    /// Compares the objects in two parents, such as the properties of two schemas. Objects with the same name are compared with each other.
    /// An object that only one parent has is a change.
    fn compare_named(
        &mut self,
        base_parent: &Node<'_>,
        current_parent: &Node<'_>,
        before: &Named<'_>,
        after: &Named<'_>,
        side: Side,
    ) {
        for (name, base) in before {
            let Some(current) = after.get(name) else {
                let what = format!("the {name} was removed");
                let reason = match base.kind {
                    Kind::Response => (!is_error(base)).then_some("clients expect it"),
                    Kind::Header => Some("clients may read it"),
                    Kind::MediaType => Some("clients send or read it"),
                    Kind::Schema => Some("clients may read or send it"),
                    _ => Some("clients send it"),
                };
                self.add(current_parent, what, reason);
                continue;
            };
            let was_required = is_required(base_parent, base);
            let now_required = is_required(current_parent, current);
            if base.kind == Kind::Schema && was_required != now_required {
                let state = if now_required { "required" } else { "optional" };
                let what = format!("the {name} was made {state}");
                let reason = side.breaking_reason(now_required, was_required);
                self.add(current_parent, what, reason);
            }
            self.compare_objects(base, current, side);
        }
        let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
        for (name, current) in added {
            let is_sent = side == Side::Request;
            let now_required = is_required(current_parent, current);
            let reason = match current.kind {
                Kind::Response => (!is_error(current)).then_some("clients don't expect it"),
                Kind::MediaType => {
                    (!is_sent && !before.is_empty()).then_some("clients may not be able to read it")
                }
                Kind::Header => None,
                _ => (is_sent && now_required).then_some("clients don't send it"),
            };
            let how = if now_required { " as required" } else { "" };
            self.add(current_parent, format!("the {name} was added{how}"), reason);
        }
    }

    /// Adds a change if a schema of the base has lost or changed its name. The name of a component is its key. The name of any other
    /// schema is its title. Ignores removed components, because the function [`compare`] adds a change for them.
    fn compare_type_names(&mut self, base: &Node<'_>, current: &Node<'_>) {
        let is_component =
            |schema: &Node<'_>| schema.pointer == format!("/components/schemas/{}", schema.key());
        let name = |schema: &Node<'_>| {
            let component = is_component(schema).then(|| schema.key());
            component.or(schema.text("title").map(ToOwned::to_owned))
        };
        let was_removed = is_component(base) && current.spec.at(&base.pointer).is_none();
        if let Some(before) = name(base).filter(|_| name(base) != name(current) && !was_removed) {
            let after =
                name(current).map_or("unnamed".to_owned(), |name| format!("the type `{name}`"));
            let what = format!("the type `{before}` is now {after}");
            self.add(current, what, Some(TYPE_NAME_REASON));
        }
    }

    /// Compares the known values of an extensible enum. Any change is backward compatible, because clients accept unknown values.
    fn compare_known_values(&mut self, base: &Node<'_>, current: &Node<'_>) {
        let keyword = "x-extensible-enum";
        let (before, after) = (texts(base, keyword), texts(current, keyword));
        for value in after.difference(&before) {
            let what = format!("the known value `{value}` was added");
            self.add(current, what, None);
        }
        for value in before.difference(&after) {
            let what = format!("the known value `{value}` was removed");
            self.add(current, what, None);
        }
    }

    fn compare_servers(&mut self, base: &Operation<'_>, current: &Operation<'_>) {
        let [(_, before), (node, after)] = [base, current].map(|operation| {
            let (node, servers) = inherited(operation, "servers");
            let servers = servers.iter();
            let servers =
                servers.map(|server| ["url", "variables"].map(|key| server.value.get(key)));
            (node, servers.collect::<Vec<_>>())
        });
        if before != after {
            let why = "clients send requests to the former servers";
            self.add(&node, "the servers were changed", Some(why));
        }
    }

    /// Compares the alternatives in the list `security`. A request needs the credentials of only one alternative.
    fn compare_credentials(&mut self, base: &Operation<'_>, current: &Operation<'_>) {
        let no_credentials = json!({});
        let [(_, before), (node, after)] = [base, current].map(|operation| {
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
            let why = "the service may reject the former credentials";
            let reason = (!before.iter().all(is_accepted)).then_some(why);
            let what = "the credentials that a request needs were changed";
            self.add(&node, what, reason);
        }
    }
}

/// Returns the list `servers` or `security` that applies to an operation, and the elements of this list. Looks for the list in the operation,
/// then in the path item, then in the spec. If there is no list, returns the operation and no elements.
fn inherited<'s>(operation: &Operation<'s>, keyword: &str) -> (Node<'s>, Vec<Node<'s>>) {
    let node = &operation.node;
    let item = node.pointer.rsplit_once('/').map_or("", |(item, _)| item);
    let mut owners = [node.pointer.as_str(), item, ""].into_iter();
    match owners.find_map(|owner| node.spec.at(&format!("{owner}/{keyword}"))) {
        Some(list) => (list.clone(), list.entries()),
        None => (node.clone(), Vec::new()),
    }
}

/// Returns an alternative in the list `security`, with the definitions of its security schemes. Each key of the result is the name of a
/// scheme. The value of the key consists of the scopes and the scheme's definition without documentation.
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
fn printed_name(object: &Object<'_>) -> String {
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

/// Returns whether a response is an error response. Clients must expect an error response with any status code, so adding or removing
/// an error response breaks no client.
fn is_error(response: &Object<'_>) -> bool {
    let status = response.key();
    status.starts_with(['4', '5']) || status == "default"
}

fn texts<'s>(schema: &Node<'s>, keyword: &str) -> BTreeSet<&'s str> {
    let texts = schema.list(keyword).iter().filter_map(Value::as_str);
    texts.collect()
}
