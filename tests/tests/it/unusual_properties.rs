//! Decoding of bodies in which one property is absent, null, empty, unknown, in another letter case, of another type or additional.
//!
//! The properties come from the spec, so a property that is added to the spec is tested without a change here.

use std::collections::BTreeMap;

use crate::support::spec::Spec;
use crate::support::{
    LIST, STATUS, client, committed_spec, lost_properties, resolve, response_schema, serve,
};
use cloud_partner_recordings::recording::{
    Body, Provenance, ProvenanceKind, Recording, Request, Response,
};
use serde_json::{Map, Value, json};

/// Returns a body with every property of the schema, with the values of the spec's examples.
fn example_body(spec: &Spec, schema: &Value) -> Value {
    let schema = resolve(spec, schema);
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let properties = properties
            .iter()
            .map(|(name, schema)| (name.clone(), example_body(spec, schema)));
        return Value::Object(properties.collect::<Map<_, _>>());
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => json!([example_body(spec, &schema["items"])]),
        Some("object") => json!({"x": 1}),
        None => json!({"uri": "https://example.com"}),
        Some(_) => schema.get("example").cloned().expect("an example"),
    }
}

/// Collects the properties that a body can have: JSON pointer, schema, and whether the property is required.
fn properties<'a>(
    spec: &'a Spec,
    schema: &'a Value,
    at: &str,
    found: &mut Vec<(String, &'a Value, bool)>,
) {
    let schema = resolve(spec, schema);
    let required = schema.get("required").and_then(Value::as_array);
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let at = format!("{at}/{name}");
        let required = required.is_some_and(|names| names.iter().any(|required| required == name));
        let property = resolve(spec, property);
        found.push((at.clone(), property, required));
        properties(spec, property, &at, found);
    }
    if let Some(items) = schema.get("items") {
        properties(spec, items, &format!("{at}/0"), found);
    }
}

/// Returns the body with the property at a JSON pointer replaced, or removed if `value` is `None`.
fn change(body: &Value, at: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    let (parent, name) = at.rsplit_once('/').expect("a property");
    let parent = body
        .pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .expect("an object");
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    body
}

struct Case {
    name: String,
    body: Value,
    /// The body after decoding and encoding; `None` if it can't be decoded.
    expected: Option<Value>,
}

#[expect(clippy::too_many_lines, reason = "one table of changes")]
fn cases(spec: &Spec, schema: &Value) -> Vec<Case> {
    let body = example_body(spec, schema);
    let mut found = Vec::new();
    properties(spec, schema, "", &mut found);
    let mut cases = vec![Case {
        name: "unchanged".to_owned(),
        body: body.clone(),
        expected: Some(body.clone()),
    }];
    let mut add = |name: String, body: Value, expected: Option<Value>| {
        cases.push(Case {
            name,
            body,
            expected,
        });
    };
    for (at, schema, required) in found {
        let without = (!required).then(|| change(&body, &at, None));
        add(
            format!("{at} missing"),
            change(&body, &at, None),
            without.clone(),
        );
        let null = change(&body, &at, Some(Value::Null));
        // A required extensible enum that is null decodes as an unknown value.
        let is_extensible = schema.get("x-extensible-enum").is_some();
        let expected = (required && is_extensible)
            .then(|| null.clone())
            .or_else(|| without.clone());
        add(format!("{at} null"), null, expected);
        let empty = change(&body, &at, Some(json!("")));
        // The other required property is an id, which can't be empty.
        let expected = (required && is_extensible)
            .then(|| empty.clone())
            .or_else(|| without.clone());
        add(format!("{at} empty"), empty, expected);
        for value in [
            json!(17.5),
            json!(true),
            json!("odd"),
            json!([[1]]),
            json!({"odd": {"er": 1}}),
            json!(-1),
        ] {
            let changed = change(&body, &at, Some(value.clone()));
            let fits = match schema.get("type").and_then(Value::as_str) {
                Some("string") => value.is_string(),
                Some("boolean") => value.is_boolean(),
                Some("integer") => value.is_i64(),
                // Properties of an object and elements of an array have their own cases.
                Some("object" | "array") if value.is_object() || value.is_array() => continue,
                _ => false,
            };
            let expected = if fits {
                Some(changed.clone())
            } else {
                without.clone()
            };
            add(format!("{at} {value}"), changed, expected);
        }
        if let Some(known) = schema.get("x-extensible-enum").and_then(Value::as_array) {
            let upper = known
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_uppercase);
            for value in upper.chain(["brandNew".to_owned(), "< à & \"b\"".to_owned()]) {
                let changed = change(&body, &at, Some(json!(value)));
                add(format!("{at} {value}"), changed.clone(), Some(changed));
            }
        }
        if schema.get("properties").is_some() {
            let extra = change(
                &body,
                &format!("{at}/extra"),
                Some(json!({"of": ["any", null]})),
            );
            add(
                format!("{at} with an additional property"),
                extra,
                Some(body.clone()),
            );
        }
        let items = schema
            .get("items")
            .filter(|items| resolve(spec, items).get("properties").is_some());
        if items.is_some() {
            let extra = change(&body, &format!("{at}/0/extra"), Some(json!(1)));
            add(
                format!("{at}/0 with an additional property"),
                extra,
                Some(body.clone()),
            );
            let list = body
                .pointer(&at)
                .and_then(Value::as_array)
                .expect("an array");
            let elements: Vec<_> = [json!(null), json!("odd"), json!(3)]
                .into_iter()
                .chain(list.clone())
                .collect();
            add(
                format!("{at} with invalid elements"),
                change(&body, &at, Some(json!(elements))),
                Some(body.clone()),
            );
        }
    }
    cases
}

fn recording(path: String, body: Value) -> Recording {
    Recording {
        schema: None,
        description: "generated by the test".to_owned(),
        provenance: Provenance {
            kind: ProvenanceKind::Synthetic,
            sources: Vec::new(),
            source: "the test".to_owned(),
        },
        request: Request {
            method: "GET".to_owned(),
            path,
            query: BTreeMap::from([("api-version".to_owned(), "2017-10-31".to_owned())]),
            headers: BTreeMap::new(),
        },
        response: Response {
            status: 200,
            headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
            body: Some(Body::Json(body)),
        },
    }
}

fn check(
    spec: &Spec,
    schema: &Value,
    case: &Case,
    decoded: Result<Value, cloud_partner_portal::Error>,
) {
    match (&case.expected, decoded) {
        (Some(expected), Ok(actual)) => {
            assert_eq!(
                lost_properties(spec, schema, expected, &actual),
                Vec::<String>::new(),
                "{}",
                case.name
            );
            assert_eq!(
                lost_properties(spec, schema, &actual, expected),
                Vec::<String>::new(),
                "{}: additional properties",
                case.name
            );
        }
        (Some(_), Err(error)) => panic!("{}: {error}", case.name),
        (None, Ok(actual)) => panic!("{}: decoded as {actual}", case.name),
        (None, Err(error)) => {
            assert!(error.is_decode(), "{}: {error}", case.name);
            assert_eq!(error.status(), Some(200), "{}", case.name);
            let property = case
                .name
                .split(' ')
                .next()
                .and_then(|at| at.rsplit('/').next());
            assert!(
                error.message().contains(property.expect("a property")),
                "{}: {error}",
                case.name
            );
        }
    }
}

#[tokio::test]
async fn an_unusual_property_doesnt_prevent_decoding_a_list() {
    let spec = committed_spec();
    let schema = response_schema(&spec, LIST);
    let item = &schema["items"];
    let cases = cases(&spec, item);
    assert!(cases.len() > 100, "{} cases", cases.len());
    let valid = json!({"id": "valid"});
    let recordings = cases.iter().enumerate().map(|(number, case)| {
        recording(
            format!("/api/publishers/p{number}/offers"),
            json!([valid, case.body, valid]),
        )
    });
    let server = serve(recordings.collect());
    let client = client(server.url());
    for (number, case) in cases.iter().enumerate() {
        let response = client.list_offers(format!("p{number}")).await;
        let decoded = response.map(|offers| {
            assert_eq!(
                (offers.len(), offers[2].id.as_str()),
                (3, "valid"),
                "{}",
                case.name
            );
            serde_json::to_value(&offers[1]).expect("JSON")
        });
        check(&spec, item, case, decoded);
    }
}

#[tokio::test]
async fn an_unusual_property_doesnt_prevent_decoding_a_status_report() {
    let spec = committed_spec();
    let schema = response_schema(&spec, STATUS);
    let cases = cases(&spec, schema);
    assert!(cases.len() > 100, "{} cases", cases.len());
    let recordings = cases.iter().enumerate().map(|(number, case)| {
        recording(
            format!("/api/publishers/contoso/offers/o{number}/status"),
            case.body.clone(),
        )
    });
    let server = serve(recordings.collect());
    let client = client(server.url());
    for (number, case) in cases.iter().enumerate() {
        let response = client
            .get_offer_status("contoso", format!("o{number}"))
            .await;
        let decoded = response.map(|report| serde_json::to_value(&*report).expect("JSON"));
        check(&spec, schema, case, decoded);
    }
}
