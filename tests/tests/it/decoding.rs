//! The SDK decodes a response if and only if the spec validates its body. Both are given every recorded successful response,
//! and each of them again with one value changed. A change that the spec refuses may also be decoded if the body is valid
//! without the optional property that holds the changed value: one odd value never costs the whole response.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use cloud_partner_portal::Client;
use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::store;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::support::spec::pointer_segment;
use crate::support::{LIST, STATUS, client, committed_spec, serve};

/// A difference between the SDK and the spec that is accepted.
struct KnownGap {
    name: &'static str,
    reason: &'static str,
    /// The day on which the difference was accepted.
    date: &'static str,
}

const KNOWN_GAPS: &[KnownGap] = &[];

#[tokio::test]
async fn decodes_a_changed_body_if_and_only_if_the_spec_validates_it() {
    let bodies = bodies();
    let recordings: Vec<Recording> = bodies.values().map(|body| body.recording.clone()).collect();
    let server = serve(recordings);
    let client = client(server.url());
    let (list, status) = (validator(LIST), validator(STATUS));

    let mut differences = BTreeSet::new();
    let mut refused = 0;
    for (name, body) in &bodies {
        let validator = if body.offer.is_some() { &status } else { &list };
        let valid = body.variants.iter().any(|body| validator.is_valid(body));
        let decoded = body.decode(&client).await;
        refused += usize::from(!valid && decoded.is_err());
        match (valid, decoded) {
            (true, Err(_)) => differences.insert(format!("refused though valid: {name}")),
            (false, Ok(())) => differences.insert(format!("decoded though invalid: {name}")),
            _ => false,
        };
    }
    assert!(refused > 0, "the spec refuses no changed body");
    for gap in KNOWN_GAPS {
        assert!(
            differences.remove(gap.name),
            "delete the known gap `{}` ({}: {}): there is no such difference",
            gap.name,
            gap.date,
            gap.reason
        );
    }
    let differences: Vec<String> = differences.into_iter().collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A response body, served under a path of its own.
struct Served {
    recording: Recording,
    publisher: String,
    /// The offer, in a request for a status.
    offer: Option<String>,
    /// The body itself, and the body without one of the properties that hold the changed value.
    variants: Vec<Value>,
}

impl Served {
    async fn decode(&self, client: &Client) -> Result<(), cloud_partner_portal::Error> {
        match &self.offer {
            None => client.list_offers(self.publisher.as_str()).await.map(drop),
            Some(offer) => client
                .get_offer_status(self.publisher.as_str(), offer.as_str())
                .await
                .map(drop),
        }
    }
}

/// Every recorded successful body and every change of it, by name. Of changes with the same name, the first is taken.
fn bodies() -> BTreeMap<String, Served> {
    let recordings = store::recordings(&store::root().join("recordings"));
    let mut bodies = BTreeMap::new();
    for stored in recordings.all().expect("good recordings") {
        let recording = &stored.recording;
        let Some(Body::Json(body)) = &recording.response.body else {
            continue;
        };
        if recording.response.status != 200 {
            continue;
        }
        let is_list = recording.request.segments().len() == 4;
        let mut add = |name: String, variants: Vec<Value>| {
            let publisher = format!("publisher-{}", bodies.len());
            bodies.entry(name).or_insert_with(|| {
                let offer = (!is_list).then(|| "offer".to_owned());
                let mut recording = recording.clone();
                let path = format!("/api/publishers/{publisher}/offers");
                recording.request.path = match &offer {
                    None => path,
                    Some(offer) => format!("{path}/{offer}/status"),
                };
                recording.response.body = variants.first().cloned().map(Body::Json);
                Served {
                    recording,
                    publisher,
                    offer,
                    variants,
                }
            });
        };
        add(stored.file.display().to_string(), vec![body.clone()]);
        let start = if is_list { "list" } else { "report" };
        for place in places(body, start) {
            for (change, value) in changes() {
                let mut changed = body.clone();
                if let Some(here) = changed.pointer_mut(&place.pointer) {
                    *here = value;
                }
                let without = place
                    .properties
                    .iter()
                    .map(|property| without(&changed, property));
                let variants = iter::once(changed.clone()).chain(without).collect();
                add(format!("{} is {change}", place.name), variants);
            }
            if place.is_property {
                let absent = place
                    .properties
                    .first()
                    .map(|property| without(body, property));
                add(
                    format!("{} is absent", place.name),
                    absent.into_iter().collect(),
                );
            }
        }
    }
    bodies
}

/// The body without the property at a JSON pointer.
fn without(body: &Value, pointer: &str) -> Value {
    let mut body = body.clone();
    if let Some((parent, key)) = pointer.rsplit_once('/')
        && let Some(Value::Object(properties)) = body.pointer_mut(parent)
    {
        properties.remove(&key.replace("~1", "/").replace("~0", "~"));
    }
    body
}

/// A place in a body.
#[derive(Clone)]
struct Place {
    pointer: String,
    /// The place's name, the same for every element of an array.
    name: String,
    is_property: bool,
    /// The pointers of the properties that hold the place, the nearest first; a property holds itself.
    properties: Vec<String>,
}

fn places(body: &Value, name: &str) -> Vec<Place> {
    let here = Place {
        pointer: String::new(),
        name: name.to_owned(),
        is_property: false,
        properties: Vec::new(),
    };
    let mut places = Vec::new();
    collect(body, here, &mut places);
    places
}

fn collect(value: &Value, here: Place, places: &mut Vec<Place>) {
    match value {
        Value::Object(properties) => {
            for (key, value) in properties {
                let mut inner = here.clone();
                inner.pointer = format!("{}/{}", here.pointer, pointer_segment(key));
                inner.name = format!("{}.{key}", here.name);
                inner.is_property = true;
                inner.properties.insert(0, inner.pointer.clone());
                collect(value, inner, places);
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                let mut inner = here.clone();
                inner.pointer = format!("{}/{index}", here.pointer);
                inner.name += "[]";
                inner.is_property = false;
                collect(value, inner, places);
            }
        }
        _ => {}
    }
    places.push(here);
}

/// A value of each JSON type, and the numbers and strings at which schemas draw lines.
fn changes() -> [(&'static str, Value); 11] {
    [
        ("null", Value::Null),
        ("a boolean", json!(true)),
        ("an integer", json!(7)),
        (
            "an integer beyond 64 bits",
            json!(9_223_372_036_854_775_808_u64),
        ),
        ("a fraction", json!(0.5)),
        ("an empty string", json!("")),
        ("an unknown string", json!("not-in-any-list")),
        ("an empty array", json!([])),
        ("an array", json!([7, null])),
        ("an empty object", json!({})),
        ("an unknown object", json!({ "notInTheSpec": 7 })),
    ]
}

/// The validator of an operation's successful response.
fn validator(path: &str) -> Validator {
    let mut schema = committed_spec().value;
    translate(&mut schema);
    // Draft 4 ignores what stands beside `$ref`, so the whole spec can.
    schema["$ref"] = json!(format!(
        "#/paths/{}/get/responses/200/content/application~1json/schema",
        pointer_segment(path)
            .replace('{', "%7B")
            .replace('}', "%7D")
    ));
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .build(&schema)
        .expect("good schemas")
}

/// Replaces OpenAPI's `nullable` and `int64` by keywords of JSON Schema.
fn translate(schema: &mut Value) {
    match schema {
        Value::Array(elements) => elements.iter_mut().for_each(translate),
        Value::Object(keywords) => {
            if keywords.get("nullable") == Some(&json!(true))
                && keywords.get("type").is_some_and(Value::is_string)
            {
                let kind = keywords["type"].clone();
                keywords.insert("type".to_owned(), json!([kind, "null"]));
            }
            if keywords.get("format") == Some(&json!("int64")) {
                keywords.insert("minimum".to_owned(), json!(i64::MIN));
                keywords.insert("maximum".to_owned(), json!(i64::MAX));
            }
            keywords.values_mut().for_each(translate);
        }
        _ => {}
    }
}
