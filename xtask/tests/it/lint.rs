//! `lint` with a small spec without problems, and one change of the spec per case.

use std::fs;

use serde_json::{Value, json};

use crate::common::{self, stdout};

/// Returns a spec that keeps every rule.
pub fn spec() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Orders", "version": "1"},
        "paths": {
            "/shops/{shop}/orders": {
                "get": {
                    "operationId": "listOrders",
                    "parameters": [
                        {"name": "shop", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/ShopId"}},
                        {"name": "api-version", "in": "query", "required": true, "schema": {"type": "string"}}
                    ],
                    "responses": {
                        "200": {
                            "description": "The orders.",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
                        },
                        "default": {"description": "Any error."}
                    }
                }
            }
        },
        "components": {"schemas": {
            "ShopId": {"description": "A shop.", "type": "string", "pattern": "^[^./\\\\\\s][^/\\\\\\s]*$"},
            "Order": {
                "description": "An order.",
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"description": "Its number.", "type": "integer", "format": "int64"},
                    "state": {"$ref": "#/components/schemas/State"}
                }
            },
            "State": {
                "description": "A state.", "type": "string", "nullable": true,
                "x-extensible-enum": ["open", "closed"]
            },
            "KnownState": {"description": "The states.", "type": "string", "enum": ["open", "closed"]}
        }}
    })
}

/// Runs `lint` on the spec and returns the code and JSON pointer of each problem.
fn lint(spec: &Value) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("spec.yaml"), spec.to_string()).expect("the spec");
    let output = common::run(folder.path(), &["lint", "--spec", "spec.yaml"]);
    let text = stdout(&output);
    let problems: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("Error "))
        .filter_map(|line| {
            let (code, place) = line.split_once(": ")?;
            let (_, pointer) = place.split_once(' ').unwrap_or((place, ""));
            Some((code.to_owned(), pointer.to_owned()))
        })
        .collect();
    assert_eq!(
        output.status.code(),
        Some(i32::from(!problems.is_empty())),
        "{text}"
    );
    problems
}

#[test]
fn a_spec_that_keeps_every_rule_has_no_problem() {
    assert_eq!(lint(&spec()), []);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn each_change_breaks_the_expected_rule() {
    const OPERATION: &str = "/paths/~1shops~1{shop}~1orders/get";
    const ORDER: &str = "/components/schemas/Order";
    let known = json!({"$ref": "#/components/schemas/KnownState"});
    for (at, value, code, reported) in [
        ("/openapi", json!("3.1.0"), "openapi-document", ""),
        ("/paths", json!([]), "openapi-document", ""),
        ("/info/version", json!(1), "api-version", "/info/version"),
        (
            "OP/parameters/1/required",
            json!(false),
            "api-version",
            "OP",
        ),
        (
            "OP/parameters/1/schema/default",
            json!("1"),
            "api-version",
            "OP",
        ),
        ("OP/operationId", json!(1), "operation-id", "OP"),
        (
            "OP/responses",
            json!({"404": {"description": "No."}}),
            "one-success",
            "OP/responses",
        ),
        (
            "OP/responses/201",
            json!({"description": "Made."}),
            "one-success",
            "OP/responses",
        ),
        (
            "OP/responses/200/content",
            json!({"text/html": {}}),
            "json-response",
            "OP/responses/200",
        ),
        (
            "OP/parameters/0/schema",
            json!({"description": "", "type": "string", "maxLength": 3}),
            "identifier",
            "OP/parameters/0/schema",
        ),
        (
            "/components/schemas/ShopId/pattern",
            json!("^a$"),
            "pattern",
            "/components/schemas/ShopId/pattern",
        ),
        (
            "OP/parameters/1/schema/pattern",
            json!("^a$"),
            "pattern",
            "OP/parameters/1/schema/pattern",
        ),
        (
            "OR/properties/state",
            json!({"$ref": "#/nowhere"}),
            "unknown-reference",
            "OR/properties/state",
        ),
        (
            "OR/additionalProperties",
            json!(false),
            "closed-object",
            "OR/additionalProperties",
        ),
        (
            "OR/properties/id/enum",
            json!([1]),
            "closed-enum",
            "OR/properties/id/enum",
        ),
        (
            "OR/oneOf",
            json!([{"description": ""}]),
            "closed-enum",
            "OR/oneOf",
        ),
        (
            "OR/allOf",
            json!([{"description": "", "format": "date"}]),
            "date-time",
            "OR/allOf/0/format",
        ),
        (
            "OP/responses/200/headers",
            json!({"x-at": {"schema": {"format": "date-time"}}}),
            "date-time",
            "OP/responses/200/headers/x-at/schema/format",
        ),
        (
            "OP/requestBody",
            json!({"content": {"application/json": {"schema": {"description": "", "type": "integer"}}}}),
            "integer-size",
            "OP/requestBody/content/application~1json/schema",
        ),
        (
            "OR/properties/id/format",
            json!("int32"),
            "integer-size",
            "OR/properties/id",
        ),
        ("OR/required", json!([]), "nullable", "OR/properties/id"),
        (
            "/components/schemas/State/x-extensible-enum/1",
            json!("OPEN"),
            "known-values",
            "/components/schemas/State/x-extensible-enum",
        ),
        (
            "/components/schemas/State/x-extensible-enum/1",
            json!(7),
            "known-values",
            "/components/schemas/State/x-extensible-enum",
        ),
        (
            "OR/properties/id/x-extensible-enum",
            json!(["a"]),
            "known-values",
            "OR/properties/id/x-extensible-enum",
        ),
        (
            "/components/schemas/KnownState/enum/1",
            json!("lost"),
            "constants",
            "/components/schemas/KnownState/enum",
        ),
        (
            "/components/schemas/KnownState/nullable",
            json!(true),
            "constants",
            "/components/schemas/KnownState/enum",
        ),
        (
            "OR/properties/state",
            known.clone(),
            "constants",
            "OR/properties/state",
        ),
        (
            "/components/schemas/KnownOther",
            json!({"description": "", "enum": ["a"]}),
            "closed-enum",
            "/components/schemas/KnownOther/enum",
        ),
        (
            "OR/properties/example",
            known,
            "constants",
            "OR/properties/example",
        ),
        (
            "OR/properties/id/description",
            Value::Null,
            "description",
            "OR/properties/id",
        ),
    ] {
        let place = |text: &str| {
            text.replacen("OP/", &format!("{OPERATION}/"), 1).replacen(
                "OR/",
                &format!("{ORDER}/"),
                1,
            )
        };
        let mut changed = spec();
        let (parent, key) = place(at)
            .rsplit_once('/')
            .map(|(parent, key)| (parent.to_owned(), key.to_owned()))
            .expect("a pointer");
        match changed.pointer_mut(&parent).expect("the parent is there") {
            Value::Array(elements) => elements[key.parse::<usize>().expect("an index")] = value,
            parent if value.is_null() => {
                parent.as_object_mut().expect("an object").remove(&key);
            }
            parent => parent[key] = value,
        }
        let reported = if reported == "OP" {
            OPERATION.to_owned()
        } else {
            place(reported)
        };
        let problems = lint(&changed);
        assert!(
            problems.contains(&(code.to_owned(), reported)),
            "{at}: {problems:?}"
        );
    }
}
