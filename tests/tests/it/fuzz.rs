//! Whatever arrives: decoding never panics, takes everything of the right kind, and loses nothing on the way back.
//!
//! The cases are made at random from a fixed seed, so a run is the same as the one before. `PROPTEST_RNG_SEED` and
//! `PROPTEST_CASES` try others, and more.

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

/// Tries the cases, and shows the smallest that fails.
fn check<S: Strategy>(cases: &S, holds: impl Fn(S::Value)) {
    let outcome = runner().run(cases, |case| {
        holds(case);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// Any JSON value, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        telling_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".*", inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Words that the SDK knows, in any letter case, and what comes close to a time.
fn telling_text() -> impl Strategy<Value = String> + Clone {
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

/// The names of all members that the schema has, at any depth.
fn member_names(schema: &Value, spec: &Spec, names: &mut Vec<String>) {
    let schema = resolve(spec, schema);
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
        member_names(member, spec, names);
    }
    if let Some(items) = schema.get("items") {
        member_names(items, spec, names);
    }
}

/// Objects with the contract's names, which have such objects, lists of them or anything else in them.
fn object(path: &str, required: &'static str) -> impl Strategy<Value = Value> + Clone {
    let spec = committed_spec();
    let mut names = Vec::new();
    member_names(response_schema(&spec, path), &spec, &mut names);
    assert!(
        names.len() > 10 && names.iter().any(|name| name == required),
        "{names:?}"
    );
    let names = select(names);
    let members = any_json().prop_recursive(3, 60, 8, move |inner| {
        let object = prop::collection::vec((names.clone(), inner.clone()), 0..8)
            .prop_map(|members| members.into_iter().collect::<Value>());
        prop_oneof![
            object.clone(),
            prop::collection::vec(prop_oneof![object, inner], 0..4).prop_map(Value::from)
        ]
    });
    let own = prop_oneof![".*", telling_text()];
    (members, own).prop_map(move |(members, own)| {
        let mut members = match members {
            Value::Object(members) => members,
            other => Map::from_iter([("steps".to_owned(), other)]),
        };
        members.insert(required.to_owned(), own.into());
        Value::Object(members)
    })
}

/// Decodes what may be anything; what can be decoded has to be the same when it comes back.
fn round_trip<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(text).ok()?;
    let encoded = serde_json::to_string(&value).expect("what was decoded can be encoded");
    let again: T = serde_json::from_str(&encoded).expect("what was encoded can be decoded");
    assert_eq!(value, again);
    // Letter case counts here, which it doesn't when statuses are compared.
    assert_eq!(encoded, serde_json::to_string(&again).expect("again"));
    Some(value)
}

fn both(text: &[u8]) {
    round_trip::<Vec<OfferSummary>>(text);
    if let Some(report) = round_trip::<OfferStatusReport>(text) {
        look_at(&report);
    }
}

/// Everything that can be asked of a report.
fn look_at(report: &OfferStatusReport) {
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
fn any_bytes() {
    check(&prop::collection::vec(any::<u8>(), 0..300), |bytes| {
        both(&bytes);
    });
}

#[test]
fn any_text_of_json() {
    check(&"[\\[\\]{}\":,a-c0-9eE.+ \\\\un-]{0,60}", |text| {
        both(text.as_bytes());
    });
    check(&any_json(), |value| both(value.to_string().as_bytes()));
}

#[test]
fn any_list_with_ids_is_a_list() {
    check(&prop::collection::vec(object(LIST, "id"), 0..4), |offers| {
        let text = json!(offers).to_string();
        let list = round_trip::<Vec<OfferSummary>>(text.as_bytes()).expect("it has ids");
        let ids: Vec<_> = list.iter().map(|offer| offer.id.as_str()).collect();
        let sent: Vec<_> = offers
            .iter()
            .filter_map(|offer| offer["id"].as_str())
            .collect();
        assert_eq!(ids, sent);
    });
}

#[test]
fn any_object_with_a_status_is_a_report() {
    check(&object(STATUS, "status"), |report| {
        let text = report.to_string();
        let decoded = round_trip::<OfferStatusReport>(text.as_bytes()).expect("it has a status");
        assert_eq!(report["status"], decoded.status.as_str());
        look_at(&decoded);
    });
}

/// Real answers with a few bytes changed, taken out or put in.
#[test]
fn recordings_with_damage() {
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
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4);
    check(&(select(bodies), damage), |(mut body, damage)| {
        for (place, byte, kind) in damage {
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
        both(&body);
    });
}

/// A JSON text that `serde_json::Value` can't hold: with invalid UTF-8, half of a surrogate pair, a property that occurs twice,
/// a number that overflows, or deep nesting.
fn odd_json() -> impl Strategy<Value = Vec<u8>> + Clone {
    let odd: Vec<Vec<u8>> = vec![
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
        3 => select(odd),
        1 => any_json().prop_map(|value| value.to_string().into_bytes()),
    ]
}

/// An odd value costs an optional property at most itself: an offer with an id stays in the list, or the list fails; it never
/// disappears.
#[test]
fn an_offer_with_odd_properties_never_disappears() {
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
    let property = (select(names), odd_json());
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
                // What can't be saved: an id that occurs twice, a number that overflows, deep nesting.
                let is_lost = |name: &str, value: &[u8]| {
                    let text = String::from_utf8_lossy(value);
                    name == "id" || text.contains("e999") || text.starts_with("[[")
                };
                assert!(has(&is_lost), "{error}: {}", String::from_utf8_lossy(&body));
            }
        }
    });
}

#[test]
fn any_text_is_a_timestamp() {
    check(&prop_oneof![".*", telling_text()], |text| {
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
fn anything_is_a_link() {
    let names: &[&str] = &["uri", "URI", "Url", "href", "displayText", "Title", "other"];
    let links = prop::collection::vec((select(names), any_json()), 0..4).prop_map(|members| {
        members
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
fn any_text_is_a_status() {
    let hasher = RandomState::new();
    check(&prop_oneof![".*", telling_text()], |text| {
        let status = Extensible::<OfferStatus>::new(&text);
        assert_eq!(status.as_str(), text);
        let known = OfferStatus::VALUES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&text));
        assert_eq!(status.known(), known.map(|(_, value)| *value));
        // In any letter case it is the same, for maps too.
        let shouted = Extensible::<OfferStatus>::new(&text.to_ascii_uppercase());
        assert_eq!(status, shouted);
        assert_eq!(hasher.hash_one(&status), hasher.hash_one(&shouted));
        let json = json!(text).to_string();
        let again = round_trip::<Extensible<OfferStatus>>(json.as_bytes()).expect("a status");
        assert_eq!(again.as_str(), text);
    });
}

/// Whatever a failure's body holds: the status is kept, and one harmless line is shown.
#[test]
fn any_failure_is_told_in_one_line() {
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
        prop::collection::vec((select(names), inner), 0..4).prop_map(|members| {
            members
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
    let answers = Arc::clone(&now);
    let server = ScriptedServer::start(move |_| {
        let (status, body) = answers
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
                .expect_err("it is a failure");
            assert_eq!(error.status(), Some(status));
            check_displayed_text("failure", &error);
        },
    );
}
