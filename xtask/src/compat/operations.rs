//! Compares the operations of two specs: their parameters, bodies, responses, servers and credentials.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::change::{Changes, Parts, changed_keywords, pairs, parts};
use super::schemas::{self, Shift, Side};
use crate::spec::{Node, Operation, Spec, SpecError, pointer_segment};

/// The keywords that only document.
const DOCUMENTATION_KEYWORDS: &[&str] = &[
    "bearerFormat",
    "description",
    "example",
    "examples",
    "externalDocs",
    "links",
    "summary",
    "tags",
];

/// Returns the changes between two specs. Changes of the documentation are left out.
pub fn compare(old: &Spec, new: &Spec) -> Result<Changes, SpecError> {
    let mut changes = Changes::default();
    let version = |spec: &'_ Spec| {
        spec.at("/info/version")
            .map(|version| version.value.clone())
    };
    if version(old) != version(new)
        && let Some(info) = new.at("/info").or(old.at("/info"))
    {
        let why = "clients send the version that the base names";
        changes.add(&info, "the version of the API was changed", Some(why));
    }
    schema_names(old, new, &mut changes);
    let (before, after) = (old.operations()?, new.operations()?);
    let same = |a: &Operation<'_>, b: &Operation<'_>| a.method == b.method && a.path == b.path;
    for old in &before {
        if let Some(new) = after.iter().find(|new| same(old, new)) {
            compare_operation(old, new, &mut changes);
        } else {
            let what = format!("the operation `{}` was removed", old.name());
            changes.add(&old.node, what, Some("clients call it"));
        }
    }
    for new in after
        .iter()
        .filter(|new| !before.iter().any(|old| same(old, new)))
    {
        changes.add(
            &new.node,
            format!("the operation `{}` was added", new.name()),
            None,
        );
    }
    Ok(changes)
}

/// Compares the names of the schemas. Their contents are compared where operations refer to them.
fn schema_names(old: &Spec, new: &Spec, changes: &mut Changes) {
    let Some(schemas) = old.at("/components/schemas") else {
        return;
    };
    for name in schemas.value.as_object().into_iter().flat_map(Map::keys) {
        if let Some(schema) = schemas.written(name)
            && new.at(&schema.pointer).is_none()
        {
            let what = format!("the schema `{name}` was removed or renamed");
            changes.add(
                &schema,
                what,
                Some("generated clients have a type of this name"),
            );
        }
    }
}

fn compare_operation(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    if old.id != new.id {
        let what = format!("`operationId` was `{}`, now `{}`", old.id, new.id);
        changes.add(
            &new.node,
            what,
            Some("generated clients have a method of this name"),
        );
    }
    servers(old, new, changes);
    credentials(old, new, changes);
    parameters(old, new, changes);
    let (old, new) = (&old.node, &new.node);
    match (old.child("requestBody"), new.child("requestBody")) {
        (Some(old), Some(new)) => compare_part(&old, &new, Side::Request, changes),
        (Some(old), None) => changes.add(
            &old,
            "the request body was removed",
            Some("clients send one"),
        ),
        (None, Some(body)) => {
            let breaks = body.is("required").then_some("clients send none");
            changes.add(&body, "a request body was added", breaks);
        }
        (None, None) => {}
    }
    responses(old, new, changes);
    let compared = [
        "operationId",
        "parameters",
        "requestBody",
        "responses",
        "security",
        "servers",
    ];
    other_keywords(old, new, &compared, changes);
}

/// Returns the value of a keyword and its place. The value is the operation's, its path item's or the document's, in this order.
/// If none of them has the keyword, the place is the operation.
fn inherited<'s>(operation: &Operation<'s>, keyword: &str) -> (Node<'s>, Option<&'s Value>) {
    let node = &operation.node;
    let item = node.pointer.rsplit_once('/').map_or("", |(item, _)| item);
    let value = [node.pointer.as_str(), item, ""]
        .iter()
        .find_map(|owner| node.spec.at(&format!("{owner}/{keyword}")));
    match value {
        Some(found) => (found.clone(), Some(found.value)),
        None => (node.clone(), None),
    }
}

fn servers(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    let (_, before) = inherited(old, "servers");
    let (at, after) = inherited(new, "servers");
    let undocumented = |servers: Option<&Value>| {
        let mut servers = servers.cloned().unwrap_or_default();
        let objects = servers.as_array_mut().into_iter().flatten();
        for server in objects.filter_map(Value::as_object_mut) {
            server.retain(|keyword, _| keyword != "description" && !keyword.starts_with("x-"));
        }
        servers
    };
    if undocumented(before) != undocumented(after) {
        changes.add(
            &at,
            "the servers were changed",
            Some("clients call the servers of the base"),
        );
    }
}

fn credentials(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    let (_, before) = inherited(old, "security");
    let (at, after) = inherited(new, "security");
    // Each alternative suffices alone. An empty list means that no credential is needed.
    let alternatives = |security: Option<&Value>| match security.and_then(Value::as_array) {
        Some(alternatives) if !alternatives.is_empty() => alternatives.clone(),
        _ => vec![json!({})],
    };
    let (before, after) = (alternatives(before), alternatives(after));
    if before != after {
        let accepted =
            |alternative: &Value| after.contains(alternative) || after.contains(&json!({}));
        let why = "the service may reject a request with the credentials of the base";
        let breaks = (!before.iter().all(accepted)).then_some(why);
        changes.add(
            &at,
            "the credentials that a request needs were changed",
            breaks,
        );
    }
    let schemes = |alternatives: &[Value]| -> BTreeSet<String> {
        let alternatives = alternatives.iter().filter_map(Value::as_object);
        alternatives.flat_map(Map::keys).cloned().collect()
    };
    for name in schemes(&before).intersection(&schemes(&after)) {
        let pointer = format!("/components/securitySchemes/{}", pointer_segment(name));
        let (old, new) = (
            old.node.spec.resolve(&pointer),
            new.node.spec.resolve(&pointer),
        );
        if let (Some(old), Some(new)) = (old, new) {
            other_keywords(&old, &new, &[], changes);
        }
    }
}

/// Returns the parameters by their name in messages, such as "query parameter `top`".
fn parameters_by_name<'s>(operation: &Operation<'s>) -> Parts<'s> {
    let parameters = operation.parameters.iter();
    parameters
        .map(|parameter| {
            let name = format!("{} parameter `{}`", parameter.place, parameter.name);
            (name, parameter.node.clone())
        })
        .collect()
}

fn parameters(old: &Operation<'_>, new: &Operation<'_>, changes: &mut Changes) {
    for (name, before, after) in pairs(&parameters_by_name(old), &parameters_by_name(new)) {
        match (before, after) {
            (Some(before), Some(after)) => compare_part(before, after, Side::Request, changes),
            (_, None) => changes.add(
                &old.node,
                format!("the {name} was removed"),
                Some("clients send it"),
            ),
            (None, Some(after)) if after.is("required") => {
                changes.add(
                    &new.node,
                    format!("the required {name} was added"),
                    Some("clients don't send it"),
                );
            }
            (None, Some(_)) => {
                changes.add(&new.node, format!("the optional {name} was added"), None);
            }
        }
    }
}

fn responses(old: &Node<'_>, new: &Node<'_>, changes: &mut Changes) {
    for (status, before, after) in pairs(&parts(old, "responses"), &parts(new, "responses")) {
        // Clients must expect an error response with any status code, and check the status code first.
        let is_error = status.starts_with(['4', '5']) || status == "default";
        let breaks = |why| (!is_error).then_some(why);
        match (before, after) {
            (Some(before), Some(after)) => compare_part(before, after, Side::Response, changes),
            (_, None) => changes.add(
                new,
                format!("the response {status} was removed"),
                breaks("clients expect it"),
            ),
            (None, _) => changes.add(
                new,
                format!("the response {status} was added"),
                breaks("clients don't expect it"),
            ),
        }
    }
}

/// Compares two parameters, request bodies, responses, headers or media types.
fn compare_part(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    let (before, after) = (old.is("required"), new.is("required"));
    if before != after {
        let shift = if after {
            Shift::Stricter
        } else {
            Shift::Looser
        };
        changes.add(
            new,
            format!("`required` was `{before}`, now `{after}`"),
            shift.breaks(side),
        );
    }
    match (old.child("schema"), new.child("schema")) {
        (Some(old), Some(new)) => schemas::compare(&old, &new, side, changes),
        (Some(_), None) => changes.add(new, "the schema was removed", Shift::Looser.breaks(side)),
        (None, Some(_)) => changes.add(new, "a schema was added", Shift::Stricter.breaks(side)),
        (None, None) => {}
    }
    headers(old, new, changes);
    content(old, new, side, changes);
    let compared = ["content", "headers", "in", "name", "required", "schema"];
    other_keywords(old, new, &compared, changes);
}

fn headers(old: &Node<'_>, new: &Node<'_>, changes: &mut Changes) {
    let (old_headers, new_headers) = (parts(old, "headers"), parts(new, "headers"));
    for (name, before, after) in pairs(&old_headers, &new_headers) {
        match (before, after) {
            (Some(before), Some(after)) => compare_part(before, after, Side::Response, changes),
            (_, None) => changes.add(
                new,
                format!("the header `{name}` was removed"),
                Some("clients may read it"),
            ),
            (None, _) => changes.add(new, format!("the header `{name}` was added"), None),
        }
    }
}

fn content(old: &Node<'_>, new: &Node<'_>, side: Side, changes: &mut Changes) {
    let (old_types, new_types) = (parts(old, "content"), parts(new, "content"));
    for (name, before, after) in pairs(&old_types, &new_types) {
        match (before, after) {
            (Some(before), Some(after)) => compare_part(before, after, side, changes),
            (_, None) => {
                let why = "clients send or read it";
                changes.add(
                    new,
                    format!("the content type `{name}` was removed"),
                    Some(why),
                );
            }
            (None, _) => {
                let unexpected = side == Side::Response && !old_types.is_empty();
                let breaks = unexpected.then_some("clients may not be able to read it");
                changes.add(new, format!("the content type `{name}` was added"), breaks);
            }
        }
    }
}

/// Compares the keywords that have no specific rule. The effect of such a change is unknown, so it counts as breaking.
fn other_keywords(old: &Node<'_>, new: &Node<'_>, compared: &[&str], changes: &mut Changes) {
    for (keyword, what, _) in changed_keywords(old, new) {
        if !compared.contains(&keyword) && !DOCUMENTATION_KEYWORDS.contains(&keyword) {
            let why = "clients were written for the former value";
            changes.add(new, what, (keyword != "deprecated").then_some(why));
        }
    }
}
