//! An unknown value, another casing, a missing, a null, an empty, an extra and an odd member, everywhere they can stand.
//!
//! The places come from the contract, so a member that is added to it is tried without a line here.

use std::collections::BTreeMap;

use crate::support::spec::Spec;
use crate::support::{
    LIST, STATUS, client, committed_spec, lost_properties, resolve, response_schema, serve,
};
use cloud_partner_recordings::recording::{
    Body, Provenance, ProvenanceKind, Recording, Request, Response,
};
use serde_json::{Map, Value, json};

/// A body that has every member that the schema names, from the contract's own examples.
fn full(spec: &Spec, schema: &Value) -> Value {
    let schema = resolve(spec, schema);
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let members = properties
            .iter()
            .map(|(name, schema)| (name.clone(), full(spec, schema)));
        return Value::Object(members.collect::<Map<_, _>>());
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => json!([full(spec, &schema["items"])]),
        Some("object") => json!({"x": 1}),
        None => json!({"uri": "https://example.com"}),
        Some(_) => schema.get("example").cloned().expect("an example"),
    }
}

/// A member that a body can have: its JSON pointer, its schema, and whether it is required.
fn members<'a>(
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
        members(spec, property, &at, found);
    }
    if let Some(items) = schema.get("items") {
        members(spec, items, &format!("{at}/0"), found);
    }
}

/// Puts a value in the place of a member, or takes the member out.
fn change(body: &Value, at: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    let (holder, name) = at.rsplit_once('/').expect("a member");
    let holder = body
        .pointer_mut(holder)
        .and_then(Value::as_object_mut)
        .expect("an object");
    match value {
        Some(value) => holder.insert(name.to_owned(), value),
        None => holder.remove(name),
    };
    body
}

struct Case {
    said: String,
    body: Value,
    /// What is left of it when it is decoded and encoded again; `None` when it can't be decoded.
    left: Option<Value>,
}

#[expect(clippy::too_many_lines, reason = "one list of what can be odd")]
fn cases(spec: &Spec, schema: &Value) -> Vec<Case> {
    let body = full(spec, schema);
    let mut places = Vec::new();
    members(spec, schema, "", &mut places);
    let mut cases = vec![Case {
        said: "as it is".to_owned(),
        body: body.clone(),
        left: Some(body.clone()),
    }];
    let mut add =
        |said: String, body: Value, left: Option<Value>| cases.push(Case { said, body, left });
    for (at, schema, required) in places {
        let without = (!required).then(|| change(&body, &at, None));
        add(
            format!("{at} missing"),
            change(&body, &at, None),
            without.clone(),
        );
        let null = change(&body, &at, Some(Value::Null));
        // A required status that is null is an unknown value.
        let is_extensible = schema.get("x-extensible-enum").is_some();
        let left = (required && is_extensible)
            .then(|| null.clone())
            .or_else(|| without.clone());
        add(format!("{at} null"), null, left);
        let text = schema.get("type").is_some_and(|kind| kind == "string");
        let empty = change(&body, &at, Some(json!("")));
        let left = if required && text {
            Some(empty.clone())
        } else {
            without.clone()
        };
        add(format!("{at} empty"), empty, left);
        for odd in [
            json!(17.5),
            json!(true),
            json!("odd"),
            json!([[1]]),
            json!({"odd": {"er": 1}}),
            json!(-1),
        ] {
            let changed = change(&body, &at, Some(odd.clone()));
            let fits = match schema.get("type").and_then(Value::as_str) {
                Some("string") => odd.is_string(),
                Some("boolean") => odd.is_boolean(),
                Some("integer") => odd.is_i64(),
                // The members of an object are odd in their turn, and the elements of an array.
                Some("object" | "array") if odd.is_object() || odd.is_array() => continue,
                _ => false,
            };
            let left = if fits {
                Some(changed.clone())
            } else {
                without.clone()
            };
            add(format!("{at} {odd}"), changed, left);
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
                format!("{at} with an extra member"),
                extra,
                Some(body.clone()),
            );
        }
        let elements = schema
            .get("items")
            .filter(|items| resolve(spec, items).get("properties").is_some());
        if elements.is_some() {
            let extra = change(&body, &format!("{at}/0/extra"), Some(json!(1)));
            add(
                format!("{at}/0 with an extra member"),
                extra,
                Some(body.clone()),
            );
            let list = body
                .pointer(&at)
                .and_then(Value::as_array)
                .expect("an array");
            let odd: Vec<_> = [json!(null), json!("odd"), json!(3)]
                .into_iter()
                .chain(list.clone())
                .collect();
            add(
                format!("{at} with odd elements"),
                change(&body, &at, Some(json!(odd))),
                Some(body.clone()),
            );
        }
    }
    cases
}

fn recording(path: String, body: Value) -> Recording {
    Recording {
        schema: None,
        description: "made by the test".to_owned(),
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
    answer: Result<Value, cloud_partner_portal::Error>,
) {
    match (&case.left, answer) {
        (Some(left), Ok(answer)) => {
            assert_eq!(
                lost_properties(spec, schema, left, &answer),
                Vec::<String>::new(),
                "{}",
                case.said
            );
            assert_eq!(
                lost_properties(spec, schema, &answer, left),
                Vec::<String>::new(),
                "{}: made up",
                case.said
            );
        }
        (Some(_), Err(error)) => panic!("{}: {error}", case.said),
        (None, Ok(answer)) => panic!("{}: decoded to {answer}", case.said),
        (None, Err(error)) => {
            assert!(error.is_decode(), "{}: {error}", case.said);
            assert_eq!(error.status(), Some(200), "{}", case.said);
            let member = case
                .said
                .split(' ')
                .next()
                .and_then(|at| at.rsplit('/').next());
            assert!(
                error.message().contains(member.expect("a member")),
                "{}: {error}",
                case.said
            );
        }
    }
}

#[tokio::test]
async fn no_odd_member_costs_a_list() {
    let spec = committed_spec();
    let schema = response_schema(&spec, LIST);
    let item = &schema["items"];
    let cases = cases(&spec, item);
    assert!(cases.len() > 100, "{} cases", cases.len());
    let good = json!({"id": "good"});
    let recordings = cases.iter().enumerate().map(|(number, case)| {
        recording(
            format!("/api/publishers/p{number}/offers"),
            json!([good, case.body, good]),
        )
    });
    let server = serve(recordings.collect());
    let client = client(server.url());
    for (number, case) in cases.iter().enumerate() {
        let answer = client.list_offers(format!("p{number}")).await;
        let answer = answer.map(|offers| {
            assert_eq!(
                (offers.len(), offers[2].id.as_str()),
                (3, "good"),
                "{}",
                case.said
            );
            serde_json::to_value(&offers[1]).expect("it can be encoded")
        });
        check(&spec, item, case, answer);
    }
}

#[tokio::test]
async fn no_odd_member_costs_a_report() {
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
        let answer = client
            .get_offer_status("contoso", format!("o{number}"))
            .await;
        let answer =
            answer.map(|report| serde_json::to_value(&*report).expect("it can be encoded"));
        check(&spec, schema, case, answer);
    }
}
