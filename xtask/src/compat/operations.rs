//! The differences between the operations of two specs: their parameters, bodies, responses, servers and credentials.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::change::{Change, Changes};
use super::schemas::{self, Shift, Side};
use crate::spec::{Node, Operation, Spec, SpecError, pointer_segment};

/// Keywords that don't say what goes over the wire.
const DOCUMENTATION: &[&str] = &[
    "bearerFormat",
    "description",
    "example",
    "examples",
    "externalDocs",
    "links",
    "summary",
    "tags",
];

/// Returns the differences between two specs. What only the documentation says is none.
pub fn compare(old: &Spec, new: &Spec) -> Result<Vec<Change>, SpecError> {
    let mut changes = Changes::default();
    let version = |spec: &Spec| spec.value.pointer("/info/version").cloned();
    if version(old) != version(new) {
        let why = "clients send the version that the base names";
        changes.breaking("/info/version", "the version of the API was changed", why);
    }
    schema_names(old, new, &mut changes);
    let (before, after) = (old.operations()?, new.operations()?);
    let same = |a: &Operation<'_>, b: &Operation<'_>| a.method == b.method && a.path == b.path;
    for old in &before {
        match after.iter().find(|new| same(old, new)) {
            Some(new) => operation(old, new, &mut changes),
            None => changes.breaking(
                &old.node.pointer,
                format!("the operation `{}` was removed", old.name()),
                "the client calls it",
            ),
        }
    }
    for new in after
        .iter()
        .filter(|new| !before.iter().any(|old| same(old, new)))
    {
        let what = format!("the operation `{}` was added", new.name());
        changes.compatible(&new.node.pointer, what);
    }
    Ok(changes.finish())
}

/// Generated clients name their types after the schemas.
fn schema_names(old: &Spec, new: &Spec, changes: &mut Changes) {
    const SCHEMAS: &str = "/components/schemas";
    let schemas = old.value.pointer(SCHEMAS).and_then(Value::as_object);
    for name in schemas.into_iter().flat_map(Map::keys) {
        let pointer = format!("{SCHEMAS}/{}", pointer_segment(name));
        if new.at(&pointer).is_none() {
            let what = format!("the schema `{name}` was removed or renamed");
            changes.breaking(&pointer, what, "generated clients have a type of this name");
        }
    }
}

fn operation(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    let at = &new.node.pointer;
    if old.id != new.id {
        let what = format!("`operationId` was `{}`, now `{}`", old.id, new.id);
        changes.breaking(at, what, "generated clients have a method of this name");
    }
    servers(old, new, changes);
    credentials(old, new, changes);
    parameters(old, new, changes);
    request_body(&old.node, &new.node, changes);
    responses(&old.node, &new.node, changes);
    let compared = [
        "operationId",
        "parameters",
        "requestBody",
        "responses",
        "security",
        "servers",
    ];
    other_keywords(&old.node, &new.node, &compared, changes);
}

/// Returns a keyword of the operation, of its path item or of the document: the nearest counts.
fn inherited(operation: &Operation<'_>, keyword: &str) -> (String, Option<Value>) {
    let node = &operation.node;
    let item = node.pointer.rsplit_once('/').map_or("", |(item, _)| item);
    [node.pointer.as_str(), item, ""]
        .iter()
        .map(|owner| format!("{owner}/{keyword}"))
        .find_map(|at| Some((at.clone(), Some(node.spec.at(&at)?.value.clone()))))
        .unwrap_or((format!("/{keyword}"), None))
}

fn servers(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    let (_, before) = inherited(old, "servers");
    let (at, after) = inherited(new, "servers");
    let plain = |servers: Option<Value>| {
        let mut servers = servers.unwrap_or_default();
        for server in servers.as_array_mut().into_iter().flatten() {
            server
                .as_object_mut()
                .map(|server| server.remove("description"));
        }
        servers
    };
    if plain(before) != plain(after) {
        changes.breaking(
            &at,
            "the servers were changed",
            "the client calls the servers of the base",
        );
    }
}

fn credentials(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    let (_, before) = inherited(old, "security");
    let (at, after) = inherited(new, "security");
    // Each alternative is enough by itself; without any, no credential is needed.
    let alternatives = |security: Option<Value>| match security {
        Some(Value::Array(alternatives)) if !alternatives.is_empty() => alternatives,
        _ => vec![json!({})],
    };
    let (before, after) = (alternatives(before), alternatives(after));
    if before != after {
        let still = |alternative: &Value| after.contains(alternative) || after.contains(&json!({}));
        let what = "the credentials that a request needs were changed".to_owned();
        let why = "a request with the credentials of the base may be refused";
        let breaks = !before.iter().all(still);
        changes.add(&at, what, breaks.then(|| why.to_owned()));
    }
    let names = |alternatives: &[Value]| -> BTreeSet<String> {
        let alternatives = alternatives.iter().filter_map(Value::as_object);
        alternatives.flat_map(Map::keys).cloned().collect()
    };
    for name in names(&before).intersection(&names(&after)) {
        let pointer = format!("/components/securitySchemes/{}", pointer_segment(name));
        if let (Some(old), Some(new)) = (
            old.node.spec.resolve(&pointer),
            new.node.spec.resolve(&pointer),
        ) {
            other_keywords(&old, &new, &[], changes);
        }
    }
}

fn parameters(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    for before in &old.parameters {
        let same = new
            .parameters
            .iter()
            .find(|after| after.name == before.name && after.place == before.place);
        let Some(after) = same else {
            let what = format!(
                "the {} parameter `{}` was removed",
                before.place, before.name
            );
            changes.breaking(&old.node.pointer, what, "the client sends it");
            continue;
        };
        value(&before.node, &after.node, Side::Request, changes);
    }
    for after in &new.parameters {
        if old
            .parameters
            .iter()
            .any(|before| after.name == before.name && after.place == before.place)
        {
            continue;
        }
        let required = if after.required {
            "required"
        } else {
            "optional"
        };
        let what = format!(
            "the {required} {} parameter `{}` was added",
            after.place, after.name
        );
        let why = "the client doesn't send it".to_owned();
        changes.add(&new.node.pointer, what, after.required.then_some(why));
    }
}

/// Compares two parameters or two headers.
fn value(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    required(old, new, side, changes);
    schema(old, new, side, changes);
    content(old, new, side, changes);
    other_keywords(
        old,
        new,
        &["content", "in", "name", "required", "schema"],
        changes,
    );
}

fn required(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    let (before, after) = (old.is("required"), new.is("required"));
    if before != after {
        let shift = if after {
            Shift::Stricter
        } else {
            Shift::Looser
        };
        let what = format!("`required` was `{before}`, now `{after}`");
        changes.add(&new.pointer, what, shift.breaks(side));
    }
}

fn request_body(old: &Node<'_>, new: &Node<'_>, changes: &mut Changes) {
    match (old.child("requestBody"), new.child("requestBody")) {
        (Some(old), Some(new)) => {
            required(&old, &new, Side::Request, changes);
            content(&old, &new, Side::Request, changes);
            other_keywords(&old, &new, &["content", "required"], changes);
        }
        (Some(old), None) => changes.breaking(
            &old.pointer,
            "the request body was removed",
            "the client sends one",
        ),
        (None, Some(body)) => {
            let why = "the client sends none".to_owned();
            changes.add(
                &body.pointer,
                "a request body was added".to_owned(),
                body.is("required").then_some(why),
            );
        }
        (None, None) => {}
    }
}

fn responses(old: &Node<'_>, new: &Node<'_>, changes: &mut Changes) {
    let (before, after) = (named(old, "responses"), named(new, "responses"));
    // Clients look at the status code first, and any request can fail.
    let is_error = |status: &str| status.starts_with(['4', '5']) || status == "default";
    for (status, old) in &before {
        if let Some(new) = after.get(status) {
            headers(old, new, changes);
            content(old, new, Side::Response, changes);
            other_keywords(old, new, &["content", "headers"], changes);
            continue;
        }
        let why = "the client expects it".to_owned();
        let what = format!("the response {status} was removed");
        changes.add(&new.pointer, what, (!is_error(status)).then_some(why));
    }
    for status in after.keys().filter(|status| !before.contains_key(*status)) {
        let why = "the client doesn't expect it".to_owned();
        let what = format!("the response {status} was added");
        changes.add(&new.pointer, what, (!is_error(status)).then_some(why));
    }
}

fn headers(old: &Node<'_>, new: &Node<'_>, changes: &mut Changes) {
    let by_name = |node| -> BTreeMap<String, Node<'_>> {
        let headers = named(node, "headers").into_iter();
        headers
            .map(|(name, header)| (name.to_ascii_lowercase(), header))
            .collect()
    };
    let (before, after) = (by_name(old), by_name(new));
    for (name, old) in &before {
        match after.get(name) {
            Some(new) => value(old, new, Side::Response, changes),
            None => changes.breaking(
                &new.pointer,
                format!("the header `{name}` was removed"),
                "the client may read it",
            ),
        }
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        changes.compatible(&new.pointer, format!("the header `{name}` was added"));
    }
}

fn content(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    let (before, after) = (named(old, "content"), named(new, "content"));
    for (name, old) in &before {
        if let Some(new) = after.get(name) {
            schema(old, new, side, changes);
            other_keywords(old, new, &["schema"], changes);
            continue;
        }
        let what = format!("the content type `{name}` was removed");
        changes.breaking(&new.pointer, what, "the client sends or reads it");
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        let what = format!("the content type `{name}` was added");
        let unexpected = side == Side::Response && !before.is_empty();
        changes.add(
            &new.pointer,
            what,
            unexpected.then(|| "the client may not be able to read it".to_owned()),
        );
    }
}

fn schema(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    match (old.child("schema"), new.child("schema")) {
        (Some(old), Some(new)) => schemas::compare(&old, &new, side, changes),
        (None, None) => {}
        (Some(_), None) => changes.add(
            &new.pointer,
            "the schema was removed".to_owned(),
            Shift::Looser.breaks(side),
        ),
        (None, Some(_)) => changes.add(
            &new.pointer,
            "a schema was added".to_owned(),
            Shift::Stricter.breaks(side),
        ),
    }
}

/// Compares the keywords that have no rule of their own. What a change of them means is unknown, so it is breaking.
fn other_keywords(old: &Node<'_>, new: &Node<'_>, compared: &[&str], changes: &mut Changes) {
    for (keyword, before, after) in schemas::different(old, new) {
        if compared.contains(&keyword) || DOCUMENTATION.contains(&keyword) {
            continue;
        }
        let what = schemas::replaced(keyword, before, after);
        if keyword == "deprecated" {
            changes.compatible(&new.pointer, what);
        } else {
            changes.breaking(
                &new.pointer,
                what,
                "the client was written for the former value",
            );
        }
    }
}

/// Returns the entries of a mapping by name, with references followed.
fn named<'s>(node: &Node<'s>, keyword: &str) -> BTreeMap<String, Node<'s>> {
    let Some(entries) = node.written(keyword) else {
        return BTreeMap::new();
    };
    let names = entries.value.as_object().into_iter().flat_map(Map::keys);
    names
        .filter_map(|name| Some((name.clone(), entries.child(name)?)))
        .collect()
}
