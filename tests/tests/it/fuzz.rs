//! Property tests of decoding: it never panics, accepts every valid value, and encoding returns the same value.
//!
//! The cases are generated from a fixed seed, so every run tests the same cases. `PROPTEST_RNG_SEED` sets another seed, and
//! `PROPTEST_CASES` the number of cases.

use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use crate::support::error_checks::{check_displayed_text, with_timeout};
use crate::support::scripted_server::{ScriptedServer, response};
use crate::support::spec::Spec;
use crate::support::{LIST, STATUS, committed_spec, resolve, response_schema};
use cloud_partner_portal::types::{OfferStatus, OfferStatusReport, OfferSummary};
use cloud_partner_portal::{Client, Extensible, KnownValue, Link, Timestamp};
use cloud_partner_recordings::recording::Body;
use cloud_partner_recordings::store;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

fn runner() -> TestRunner {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(7);
    }
    TestRunner::new(config)
}

/// Runs the test for each case, and panics with the smallest case that fails.
fn check<S: Strategy>(cases: &S, test: impl Fn(S::Value)) {
    let outcome = runner().run(cases, |case| {
        test(case);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// Generates JSON values with a few levels of nesting.
fn any_json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        known_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".*", inner), 0..6)
                .prop_map(|properties| properties.into_iter().collect()),
        ]
    })
}

/// Generates values that the SDK knows, in any letter case, and strings similar to timestamps.
fn known_text() -> impl Strategy<Value = String> + Clone {
    let words: &[&str] = &[
        "running",
        "succeeded",
        "waitingForPublisherReview",
        "publisher-signoff",
        "blocked",
        "rejected",
        "error",
        "",
    ];
    prop_oneof![
        (select(words), any::<u32>()).prop_map(|(word, upper)| {
            let letters = word.chars().enumerate();
            letters
                .map(|(place, letter)| match upper >> (place % 32) & 1 {
                    1 => letter.to_ascii_uppercase(),
                    _ => letter,
                })
                .collect()
        }),
        "[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{0,12})?(Z|[+-][0-9]{2}:[0-9]{2})?",
    ]
}

/// Collects the names of all properties of the schema, at any depth.
fn property_names(schema: &Value, spec: &Spec, names: &mut Vec<String>) {
    let schema = resolve(spec, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
        property_names(property, spec, names);
    }
    if let Some(items) = schema.get("items") {
        property_names(items, spec, names);
    }
}

/// Generates objects with the property names of the spec. Their values are such objects, lists of such objects, or other JSON values.
fn object(
    path: &str,
    required: &'static str,
    own: impl Strategy<Value = String> + Clone,
) -> impl Strategy<Value = Value> + Clone {
    let spec = committed_spec();
    let mut names = Vec::new();
    property_names(response_schema(&spec, path), &spec, &mut names);
    assert!(
        names.len() > 10 && names.iter().any(|name| name == required),
        "{names:?}"
    );
    let names = select(names);
    let properties = any_json().prop_recursive(3, 60, 8, move |inner| {
        let object = prop::collection::vec((names.clone(), inner.clone()), 0..8)
            .prop_map(|properties| properties.into_iter().collect::<Value>());
        prop_oneof![
            object.clone(),
            prop::collection::vec(prop_oneof![object, inner], 0..4).prop_map(Value::from)
        ]
    });
    (properties, own).prop_map(move |(properties, own)| {
        let mut properties = match properties {
            Value::Object(properties) => properties,
            other => Map::from_iter([("steps".to_owned(), other)]),
        };
        properties.insert(required.to_owned(), own.into());
        Value::Object(properties)
    })
}

/// Decodes the text. A value that can be decoded must be equal after encoding and decoding.
fn round_trip<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(text).ok()?;
    let encoded = serde_json::to_string(&value).expect("an encoded value");
    let again: T = serde_json::from_str(&encoded).expect("a decoded value");
    assert_eq!(value, again);
    // Unlike the comparison of statuses, this comparison is case-sensitive.
    assert_eq!(encoded, serde_json::to_string(&again).expect("again"));
    Some(value)
}

fn decode_as_list_and_report(text: &[u8]) {
    round_trip::<Vec<OfferSummary>>(text);
    if let Some(report) = round_trip::<OfferStatusReport>(text) {
        call_methods(&report);
    }
}

/// Calls every method of a report.
fn call_methods(report: &OfferStatusReport) {
    let _ = (report.outcome(), report.current_step());
    for step in report.steps() {
        let _ = (
            step.label(),
            step.awaits_go_live(),
            step.is_blocked(),
            step.messages(),
        );
    }
    let links = [&report.live_links, &report.preview_links];
    for link in links.into_iter().flatten().flatten() {
        let _ = (link.uri(), link.text());
    }
    for time in report
        .messages()
        .iter()
        .filter_map(|message| message.timestamp.as_ref())
    {
        let _ = time.utc();
    }
}

#[test]
fn decoding_any_bytes_doesnt_panic() {
    check(&prop::collection::vec(any::<u8>(), 0..300), |bytes| {
        decode_as_list_and_report(&bytes);
    });
}

#[test]
fn decoding_text_similar_to_json_doesnt_panic() {
    check(&"[\\[\\]{}\":,a-c0-9eE.+ \\\\un-]{0,60}", |text| {
        decode_as_list_and_report(text.as_bytes());
    });
    check(&any_json(), |value| {
        decode_as_list_and_report(value.to_string().as_bytes());
    });
}

#[test]
fn any_list_of_objects_with_ids_is_decoded() {
    // The pattern of identifiers. JSON Schema's `\s` contains the byte order mark, and Rust's doesn't.
    let id = "[^./\\\\\\s\\x{feff}][^/\\\\\\s\\x{feff}]{0,20}";
    check(
        &prop::collection::vec(object(LIST, "id", id), 0..4),
        |offers| {
            let text = json!(offers).to_string();
            let list = round_trip::<Vec<OfferSummary>>(text.as_bytes()).expect("a list");
            let ids: Vec<_> = list.iter().map(|offer| offer.id.as_str()).collect();
            let expected: Vec<_> = offers
                .iter()
                .filter_map(|offer| offer["id"].as_str())
                .collect();
            assert_eq!(ids, expected);
        },
    );
}

#[test]
fn any_object_with_a_status_is_decoded() {
    let status = prop_oneof![".*", known_text()];
    check(&object(STATUS, "status", status), |report| {
        let text = report.to_string();
        let decoded = round_trip::<OfferStatusReport>(text.as_bytes()).expect("a report");
        assert_eq!(report["status"], decoded.status.as_str());
        call_methods(&decoded);
    });
}

/// The recorded bodies with a few bytes replaced, removed or inserted.
#[test]
fn decoding_corrupted_recordings_doesnt_panic() {
    let recordings = store::recordings(&store::root().join("recordings"))
        .all()
        .expect("valid recordings");
    let bodies: Vec<Vec<u8>> = recordings
        .into_iter()
        .filter_map(|stored| match stored.recording.response.body? {
            Body::Json(body) => Some(body.to_string().into()),
            Body::Text(text) => Some(text.into()),
        })
        .collect();
    assert!(bodies.len() > 30);
    let corruption = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4);
    check(&(select(bodies), corruption), |(mut body, corruption)| {
        for (place, byte, kind) in corruption {
            if body.is_empty() {
                return;
            }
            let place = place.index(body.len());
            match kind {
                0 => body[place] = byte,
                1 => drop(body.remove(place)),
                _ => body.insert(place, byte),
            }
        }
        decode_as_list_and_report(&body);
    });
}

/// Generates JSON text that `serde_json::Value` can't represent: with invalid UTF-8, half of a surrogate pair, a property that occurs twice,
/// a number that overflows, or deep nesting.
fn unusual_json() -> impl Strategy<Value = Vec<u8>> + Clone {
    let unusual: Vec<Vec<u8>> = vec![
        b"\"x\xff\"".to_vec(),
        b"\"\xed\xa0\xbd\"".to_vec(),
        br#""x\ud83d""#.to_vec(),
        br#""\udc00\ud800""#.to_vec(),
        br#"{"id":"a","id":"b"}"#.to_vec(),
        b"1e999".to_vec(),
        b"-0".to_vec(),
        b"123456789012345678901234567890".to_vec(),
        [vec![b'['; 200], vec![b']'; 200]].concat(),
    ];
    prop_oneof![
        3 => select(unusual),
        1 => any_json().prop_map(|value| value.to_string().into_bytes()),
    ]
}

/// An offer with an id either stays in the list, or the whole list is an error. It is never silently omitted.
#[test]
fn an_offer_with_invalid_properties_is_never_omitted() {
    let names: &[&str] = &[
        "offerTypeId",
        "publisherId",
        "status",
        "version",
        "changedTime",
        "definition",
        "offerTypeVersionsOverride",
        "new",
        "id",
    ];
    let property = (select(names), unusual_json());
    let offer = prop::collection::vec(property, 0..4);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let now = Arc::new(Mutex::new(Vec::new()));
    let body = Arc::clone(&now);
    let server = ScriptedServer::start(move |_| {
        let body = body.lock().unwrap_or_else(PoisonError::into_inner).clone();
        response(200, &[], body)
    });
    let client: Client = crate::support::client(server.url());
    check(&prop::collection::vec(offer, 1..4), |offers| {
        let mut body = b"[".to_vec();
        for (number, properties) in offers.iter().enumerate() {
            if number > 0 {
                body.push(b',');
            }
            body.extend_from_slice(format!("{{\"id\":\"offer-{number}\"").as_bytes());
            for (name, value) in properties {
                body.extend_from_slice(format!(",\"{name}\":").as_bytes());
                body.extend_from_slice(value);
            }
            body.push(b'}');
        }
        body.push(b']');
        now.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&body);
        let list = runtime.block_on(with_timeout("list", client.list_offers("contoso")));
        let has = |wanted: &dyn Fn(&str, &[u8]) -> bool| {
            let mut properties = offers.iter().flatten();
            properties.any(|(name, value)| wanted(name, value))
        };
        match list {
            Ok(list) => {
                let ids: Vec<_> = list.iter().map(|offer| offer.id.clone()).collect();
                let expected: Vec<_> = (0..offers.len())
                    .map(|number| format!("offer-{number}"))
                    .collect();
                assert_eq!(ids, expected);
                assert!(!has(&|name, _| name == "id"), "the id is ambiguous");
            }
            Err(error) => {
                check_displayed_text("list", &error);
                assert!(error.is_decode(), "{error}");
                // The invalid values that prevent decoding: a duplicate id, a number that overflows, deep nesting.
                let prevents_decoding = |name: &str, value: &[u8]| {
                    let text = String::from_utf8_lossy(value);
                    name == "id" || text.contains("e999") || text.starts_with("[[")
                };
                assert!(
                    has(&prevents_decoding),
                    "{error}: {}",
                    String::from_utf8_lossy(&body)
                );
            }
        }
    });
}

#[test]
fn a_timestamp_keeps_any_text() {
    check(&prop_oneof![".*", known_text()], |text| {
        let time = Timestamp::new(&text);
        assert_eq!(
            (time.as_str(), time.to_string()),
            (text.as_str(), text.clone())
        );
        let _ = time.utc();
        let json = json!(text).to_string();
        assert_eq!(round_trip::<Timestamp>(json.as_bytes()), Some(time));
    });
}

#[test]
fn a_link_keeps_any_json_value() {
    let names: &[&str] = &["uri", "URI", "Url", "href", "displayText", "Title", "other"];
    let links = prop::collection::vec((select(names), any_json()), 0..4).prop_map(|properties| {
        properties
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    });
    check(&prop_oneof![any_json(), links], |value| {
        let link = Link::from(value.clone());
        assert_eq!(link.value(), &value);
        for text in [link.uri(), link.text()].into_iter().flatten() {
            assert!(!text.is_empty());
        }
        let text = value.to_string();
        assert_eq!(
            round_trip::<Link>(text.as_bytes()).map(|link| link.value().to_string()),
            Some(text)
        );
    });
}

#[test]
fn an_extensible_status_keeps_any_text() {
    let hasher = RandomState::new();
    check(&prop_oneof![".*", known_text()], |text| {
        let status = Extensible::<OfferStatus>::new(&text);
        assert_eq!(status.as_str(), text);
        let known = OfferStatus::VALUES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&text));
        assert_eq!(status.known(), known.map(|(_, value)| *value));
        // Equality and hash are case-insensitive.
        let upper_case = Extensible::<OfferStatus>::new(&text.to_ascii_uppercase());
        assert_eq!(status, upper_case);
        assert_eq!(hasher.hash_one(&status), hasher.hash_one(&upper_case));
        let json = json!(text).to_string();
        let again = round_trip::<Extensible<OfferStatus>>(json.as_bytes()).expect("a status");
        assert_eq!(again.as_str(), text);
    });
}

#[test]
fn an_error_response_with_any_body_keeps_its_status_code_and_shows_one_line() {
    let names: &[&str] = &[
        "error",
        "Error",
        "message",
        "Message",
        "code",
        "Product",
        "exceptionCode",
        "httpStatusCode",
        "x",
    ];
    let shape = any_json().prop_recursive(3, 20, 4, move |inner| {
        prop::collection::vec((select(names), inner), 0..4).prop_map(|properties| {
            properties
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        })
    });
    let body = prop_oneof![
        2 => shape.prop_map(|shape| shape.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
        1 => "<[hH][tT][mM][lL]>.*<title.{0,3}>.*(</title>)?.*".prop_map(String::into_bytes),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let now = Arc::new(Mutex::new((400, Vec::new())));
    let shared = Arc::clone(&now);
    let server = ScriptedServer::start(move |_| {
        let (status, body) = shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        response(status, &[], body)
    });
    let client: Client = crate::support::client(server.url());
    check(
        &(select(&[400, 401, 403, 404, 409, 429, 500, 503]), body),
        |(status, body)| {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = (status, body);
            let error = runtime
                .block_on(with_timeout("list", client.list_offers("contoso")))
                .expect_err("an error");
            assert_eq!(error.status(), Some(status));
            check_displayed_text("error response", &error);
        },
    );
}
