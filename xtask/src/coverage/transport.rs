//! Mutations of what surrounds a body: version, paths, methods, parameters, status codes, headers and media types.

use serde_json::{Value, json};

use super::statements::{Part, Reach, Statements};
use crate::spec::{Spec, pointer_segment};

/// Mutates the version of the API, which requests send as `api-version`, and the paths.
pub fn document(document: &Part<'_>, out: &mut Statements) {
    let patch = json!({ "info": { "version": "1999-12-31" } });
    let needs = "a request with the right `api-version`";
    out.mutate(document, "info/version", "becomes 1999-12-31", needs, patch);
    for path in document.names("paths").filter(|path| path.starts_with('/')) {
        let item = &document.object.value["paths"][path];
        let patch = json!({ "paths": { path: null, format!("{path}/moved"): item } });
        let keyword = format!("paths/{}", pointer_segment(path));
        out.mutate(
            document,
            &keyword,
            "becomes another path",
            &format!("a request for {path}"),
            patch,
        );
    }
}

/// Mutates the method and the status codes of an operation.
pub fn operation(item: &Part<'_>, method: &str, operation: &Part<'_>, out: &mut Statements) {
    let other = if method == "put" { "get" } else { "put" };
    let patch = json!({ method: null, other: operation.object.value });
    out.mutate(
        item,
        method,
        &format!("becomes {other}"),
        "a request for this operation",
        patch,
    );
    for status in operation
        .names("responses")
        .filter(|status| !status.starts_with("x-"))
    {
        let keyword = format!("responses/{status}");
        // Without the range and the default, no other response takes its place.
        let range = format!("{}XX", status.chars().next().unwrap_or_default());
        let (needs, responses) = match status.as_str() {
            "default" => (
                "a status code that isn't listed".to_owned(),
                json!({ "default": null }),
            ),
            _ => (
                format!("the status code {status}"),
                json!({ status: null, range: null, "default": null }),
            ),
        };
        let listed = Part {
            reach: Reach::of_response(operation.at(&keyword)),
            ..operation.clone()
        };
        let needs = format!("a response of this operation with {needs}");
        out.mutate(
            &listed,
            &keyword,
            "removed",
            &needs,
            json!({ "responses": responses }),
        );
    }
}

/// Mutates the list of parameters of a path or an operation. Those in the path are a part of it: OpenAPI requires them.
pub fn parameters(owner: &Part<'_>, spec: &Spec, out: &mut Statements) {
    let Some(Value::Array(listed)) = owner.get("parameters") else {
        return;
    };
    for index in 0..listed.len() {
        let parameter = spec.resolve(&owner.at(&format!("parameters/{index}")));
        let name_and_place =
            parameter.and_then(|node| Some((node.text("name")?, node.text("in")?)));
        if let Some((name, place)) = name_and_place.filter(|(_, place)| *place != "path") {
            let mut others = listed.clone();
            others.remove(index);
            let needs = format!("a request with the {place} parameter `{name}`");
            let patch = json!({ "parameters": others });
            out.mutate_element(owner, "parameters", (index, name), "removed", &needs, patch);
        }
    }
}

/// Mutates the name and the place of a parameter, and whether it is required.
pub fn parameter(parameter: &Part<'_>, out: &mut Statements) {
    let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in")) else {
        return;
    };
    if place != "path" {
        let needs = format!("a request with the {place} parameter `{name}`");
        let patch = json!({ "name": format!("{name}-renamed") });
        out.mutate(parameter, "name", "renamed", &needs, patch);
        let other = if place == "query" { "header" } else { "query" };
        out.mutate(
            parameter,
            "in",
            &format!("becomes {other}"),
            &needs,
            json!({ "in": other }),
        );
        required(parameter, "name", out);
    }
}

/// Mutates whether a header or parameter is required. If that isn't written, it is stated by `keyword`.
pub fn required(part: &Part<'_>, keyword: &str, out: &mut Statements) {
    let required = part.get("required") == Some(&Value::Bool(true));
    let keyword = if required { "required" } else { keyword };
    let refusing = json!({ "schema": { "$ref": null, "not": {} } });
    out.mutate(
        part,
        keyword,
        "refuses every value",
        "a recording with it",
        refusing,
    );
    let patch = json!({ "required": !required });
    if required {
        out.mutate(
            part,
            keyword,
            "becomes optional",
            "a counterexample without it",
            patch,
        );
    } else {
        out.restrict(
            part,
            keyword,
            "becomes required",
            "a recording without it",
            patch,
        );
    }
}

/// Mutates the headers and media types of a response.
pub fn response(response: &Part<'_>, out: &mut Statements) {
    for name in response.names("headers") {
        let keyword = format!("headers/{}", pointer_segment(name));
        let patch = json!({ "headers": { name: null } });
        out.mutate(
            response,
            &keyword,
            "removed",
            &format!("this response with the header {name}"),
            patch,
        );
    }
    for name in response.names("content") {
        let keyword = format!("content/{}", pointer_segment(name));
        let content = &response.object.value["content"][name];
        let patch = json!({ "content": { name: null, "application/x-other": content } });
        let needs = format!("this response with a body that is {name}");
        out.mutate(
            response,
            &keyword,
            "becomes application/x-other",
            &needs,
            patch,
        );
    }
}
