//! Generates the mutations of everything but schemas: version, paths, methods, parameters, status codes, headers and media types.

use serde_json::{Value, json};

use super::schema::without;
use super::statements::{Mutator, Reach};
use crate::spec::{Kind, Spec, pointer_segment};

/// Mutates the API version, which requests send as `api-version`, and the paths.
pub fn document(m: &mut Mutator<'_, '_>) {
    let patch = json!({ "info": { "version": "1999-12-31" } });
    let needs = "a request with the expected `api-version`";
    m.mutate("info/version", "becomes 1999-12-31", needs, patch);
    for (path, item) in m
        .part
        .named("paths")
        .filter(|(path, _)| path.starts_with('/'))
    {
        let patch = json!({ "paths": { path: null, format!("{path}/moved"): item } });
        let keyword = format!("paths/{}", pointer_segment(path));
        m.mutate(
            &keyword,
            "becomes another path",
            &format!("a request for {path}"),
            patch,
        );
    }
}

/// Mutates the methods of a path.
pub fn methods(m: &mut Mutator<'_, '_>) {
    let operations = m.part.object.children().into_iter();
    for operation in operations.filter(|child| child.kind == Kind::Operation) {
        let method = operation.pointer.rsplit('/').next().unwrap_or_default();
        let other = if method == "put" { "get" } else { "put" };
        let patch = json!({ method: null, other: operation.value });
        let needs = "a request for this operation";
        m.mutate(method, &format!("becomes {other}"), needs, patch);
    }
}

/// Mutates the status codes of an operation.
pub fn status_codes(m: &mut Mutator<'_, '_>) {
    for (status, _) in m
        .part
        .named("responses")
        .filter(|(status, _)| !status.starts_with("x-"))
    {
        let keyword = format!("responses/{status}");
        let mut removed = json!({ status: null });
        let mut needs = "a response with a status code that isn't listed".to_owned();
        if status != "default" {
            // The range and the default are removed as well, because they would apply to the same status code.
            let range = format!("{}XX", status.chars().next().unwrap_or_default());
            removed = json!({ status: null, range: null, "default": null });
            needs = format!("a response of this operation with the status code {status}");
        }
        let reach = Reach::of_response(m.part.at(&keyword));
        m.mutate(&keyword, "removed", &needs, json!({ "responses": removed }))
            .reach = reach;
    }
}

/// Mutates the list of parameters of a path or an operation. Path parameters are left out: OpenAPI requires them.
pub fn parameters(m: &mut Mutator<'_, '_>, spec: &Spec) {
    let Some(Value::Array(listed)) = m.part.get("parameters") else {
        return;
    };
    for index in 0..listed.len() {
        let parameter = spec.resolve(&m.part.at(&format!("parameters/{index}")));
        let named = parameter.and_then(|node| Some((node.text("name")?, node.text("in")?)));
        if let Some((name, place)) = named.filter(|(_, place)| *place != "path") {
            let needs = format!("a request with the {place} parameter `{name}`");
            let patch = json!({ "parameters": without(listed, index) });
            m.mutate_element("parameters", (index, name), "removed", &needs, patch);
        }
    }
}

/// Mutates the name and the place of a parameter, and whether it is required.
pub fn parameter(m: &mut Mutator<'_, '_>) {
    let (Some(name), Some(place)) = (m.part.text("name"), m.part.text("in")) else {
        return;
    };
    if place != "path" {
        let needs = format!("a request with the {place} parameter `{name}`");
        m.mutate(
            "name",
            "renamed",
            &needs,
            json!({ "name": format!("{name}-renamed") }),
        );
        let other = if place == "query" { "header" } else { "query" };
        m.mutate(
            "in",
            &format!("becomes {other}"),
            &needs,
            json!({ "in": other }),
        );
        required(m, "name");
    }
}

/// Mutates whether a header or parameter is required. If it has no keyword `required`, the mutations belong to `keyword`.
pub fn required(m: &mut Mutator<'_, '_>, keyword: &str) {
    let required = m.part.get("required") == Some(&Value::Bool(true));
    let keyword = if required { "required" } else { keyword };
    let reject_all = json!({ "schema": { "$ref": null, "not": {} } });
    m.mutate(
        keyword,
        "rejects every value",
        "a recording with this parameter or header",
        reject_all,
    );
    let patch = json!({ "required": !required });
    if required {
        m.mutate(
            keyword,
            "becomes optional",
            "a counterexample without this parameter or header",
            patch,
        );
    } else {
        m.restrict(
            keyword,
            "becomes required",
            "a recording without this parameter or header",
            patch,
        );
    }
}

/// Mutates the headers and media types of a response.
pub fn response(m: &mut Mutator<'_, '_>) {
    for (name, _) in m.part.named("headers") {
        let keyword = format!("headers/{}", pointer_segment(name));
        let needs = format!("this response with the header {name}");
        m.mutate(
            &keyword,
            "removed",
            &needs,
            json!({ "headers": { name: null } }),
        );
    }
    for (name, content) in m.part.named("content") {
        let keyword = format!("content/{}", pointer_segment(name));
        let patch = json!({ "content": { name: null, "application/x-other": content } });
        let needs = format!("this response with a body of the content type {name}");
        m.mutate(&keyword, "becomes application/x-other", &needs, patch);
    }
}
