//! Tests decoding with generated response bodies. Decoding never panics and accepts every valid body. If the SDK encodes the decoded value
//! again, no data is lost.
//!
//! The generator has a fixed seed, so every run tests the same bodies. The environment variable `PROPTEST_RNG_SEED` sets another seed.
//! `PROPTEST_CASES` sets the number of cases.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

use crate::support::error_checks::{check_displayed_text, with_timeout};
use crate::support::scripted_server::{ScriptedServer, response};
use crate::support::{all_recordings, client, committed_spec};
use cloud_partner_portal::types::{OfferStatus, OfferStatusReport, OfferSummary};
use cloud_partner_portal::{Client, Error, Extensible, KnownValue, Timestamp};
use cloud_partner_recordings::recording::Body;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Runs the test for each case, and panics with the smallest case that fails.
fn check<S: Strategy>(cases: &S, test: impl Fn(S::Value)) {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(7);
    }
    let outcome = TestRunner::new(config).run(cases, |case| {
        test(case);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// A regular expression for strings that the SDK may interpret: some known values in any letter case, and strings similar to timestamps.
const KNOWN_TEXT: &str = "(?i:running|succeeded|waitingForPublisherReview|publisher-signoff|blocked|rejected|error|)|\
    [0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{0,12})?(Z|[+-][0-9]{2}:[0-9]{2})?";

fn any_text() -> impl Strategy<Value = String> + Clone {
    prop_oneof![".*", KNOWN_TEXT]
}

/// Generates JSON values with a few levels of nesting.
fn any_json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            object_of(".*", inner),
        ]
    })
}

fn any_json_text() -> impl Strategy<Value = Vec<u8>> + Clone {
    any_json().prop_map(|value| value.to_string().into_bytes())
}

fn object_of(
    names: impl Strategy<Value: Into<String>> + Clone,
    values: impl Strategy<Value = Value> + Clone,
) -> impl Strategy<Value = Value> + Clone {
    let property = (names.prop_map(Into::into), values);
    prop::collection::vec(property, 0..8).prop_map(|properties| properties.into_iter().collect())
}

/// Generates reports with a status. Their other properties have names from the spec and values of any JSON type.
fn any_report() -> impl Strategy<Value = Value> + Clone {
    let spec = committed_spec().value;
    let schemas = spec["components"]["schemas"].as_object().expect("schemas");
    let properties = schemas
        .values()
        .filter_map(|schema| schema["properties"].as_object());
    let names: BTreeSet<String> = properties.flat_map(Map::keys).cloned().collect();
    let names = select(Vec::from_iter(names));
    let values = any_json().prop_recursive(3, 60, 8, {
        let names = names.clone();
        move |inner| {
            let object = object_of(names.clone(), inner.clone());
            prop_oneof![
                object.clone(),
                prop::collection::vec(prop_oneof![object, inner], 0..4).prop_map(Value::from)
            ]
        }
    });
    (object_of(names, values), any_text()).prop_map(|(mut report, status)| {
        report["status"] = status.into();
        report
    })
}

/// Decodes the text, or returns `None` if decoding fails. Then encodes the value, decodes it again, and asserts that both values are equal.
fn round_trip<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(text).ok()?;
    let encoded = serde_json::to_string(&value).expect("an encoded value");
    let again: T = serde_json::from_str(&encoded).expect("a decoded value");
    assert_eq!(value, again);
    // The comparison of the values ignores the letter case of statuses. The following comparison of the encoded texts doesn't.
    assert_eq!(encoded, serde_json::to_string(&again).expect("again"));
    Some(value)
}

fn call_methods(report: &OfferStatusReport) {
    let _ = (report.outcome(), report.current_step());
    for step in report.steps() {
        let _ = (step.label(), step.awaits_go_live(), step.is_blocked());
        let _ = step.messages();
    }
    let links = [&report.live_links, &report.preview_links];
    for link in links.into_iter().flatten().flatten() {
        let _ = (link.uri(), link.text());
    }
    for message in report.messages() {
        let _ = message.timestamp.as_ref().map(Timestamp::utc);
    }
}

#[test]
fn any_report_with_a_status_is_decoded() {
    check(&any_report(), |report| {
        let text = report.to_string();
        let decoded = round_trip::<OfferStatusReport>(text.as_bytes()).expect("a report");
        assert_eq!(report["status"], decoded.status.as_str());
        call_methods(&decoded);
    });
}

/// Generates copies of recorded bodies in which one to three bytes are replaced, removed or inserted.
fn corrupted_recordings() -> impl Strategy<Value = Vec<u8>> {
    let recordings = all_recordings().into_iter();
    let bodies = recordings.filter_map(|recording| match recording.response.body? {
        Body::Json(body) => Some(body.to_string().into_bytes()),
        Body::Text(text) => Some(text.into_bytes()),
    });
    let corruption = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4);
    (select(bodies.collect::<Vec<_>>()), corruption).prop_map(|(mut body, corruption)| {
        for (place, byte, kind) in corruption {
            if body.is_empty() {
                break;
            }
            let place = place.index(body.len());
            match kind {
                0 => body[place] = byte,
                1 => drop(body.remove(place)),
                _ => body.insert(place, byte),
            }
        }
        body
    })
}

#[test]
fn decoding_any_bytes_doesnt_panic() {
    let similar_to_json = "[\\[\\]{}\":,a-c0-9eE.+ \\\\un-]{0,60}";
    for bytes in [
        prop::collection::vec(any::<u8>(), 0..300).boxed(),
        similar_to_json.prop_map(String::into_bytes).boxed(),
        any_json_text().boxed(),
        corrupted_recordings().boxed(),
    ] {
        check(&bytes, |bytes| {
            round_trip::<Vec<OfferSummary>>(&bytes);
            if let Some(report) = round_trip::<OfferStatusReport>(&bytes) {
                call_methods(&report);
            }
        });
    }
}

/// Generates JSON texts. Most of them are values that a decoder may reject or change, such as half of a surrogate pair.
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
        1 => any_json_text(),
    ]
}

/// A server and its client. The method `list` sets the server's response, and then calls the server.
struct Service {
    response: Arc<Mutex<(u16, Vec<u8>)>>,
    _server: ScriptedServer,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Service {
    fn start() -> Self {
        let latest = Arc::new(Mutex::new((200, Vec::new())));
        let shared = Arc::clone(&latest);
        let server = ScriptedServer::start(move |_| {
            let latest = shared.lock().expect("no panic");
            response(latest.0, &[], &latest.1)
        });
        Self {
            response: latest,
            client: client(server.url()),
            _server: server,
            runtime: tokio::runtime::Runtime::new().expect("a runtime"),
        }
    }

    fn list(&self, status: u16, body: Vec<u8>) -> Result<Vec<String>, Error> {
        *self.response.lock().expect("no panic") = (status, body);
        let call = with_timeout("list", self.client.list_offers("contoso"));
        let offers = self.runtime.block_on(call);
        if let Err(error) = &offers {
            check_displayed_text("list", error);
        }
        Ok(offers?.iter().map(|offer| offer.id.clone()).collect())
    }
}

#[test]
fn a_call_returns_every_offer_or_an_error() {
    let names = "offerTypeId publisherId status version changedTime definition offerTypeVersionsOverride new id";
    let names: Vec<_> = names.split(' ').collect();
    let property = (select(names), unusual_json());
    let offer = prop::collection::vec(property, 0..4);
    let service = Service::start();
    check(&prop::collection::vec(offer, 1..4), |offers| {
        let objects = offers.iter().enumerate().map(|(number, properties)| {
            let mut object = format!("{{\"id\":\"offer-{number}\"").into_bytes();
            for (name, value) in properties {
                object.extend(format!(",\"{name}\":").bytes());
                object.extend(value);
            }
            object.push(b'}');
            object
        });
        let objects = objects.collect::<Vec<_>>().join(&b',');
        let body = [b"[", &*objects, b"]"].concat();
        let any_property = |condition: &dyn Fn(&str, &[u8]) -> bool| {
            let mut properties = offers.iter().flatten();
            properties.any(|(name, value)| condition(name, value))
        };
        let text = String::from_utf8_lossy(&body).into_owned();
        match service.list(200, body) {
            Ok(ids) => {
                let expected = (0..offers.len()).map(|number| format!("offer-{number}"));
                assert_eq!(ids, expected.collect::<Vec<_>>());
                assert!(
                    !any_property(&|name, _| name == "id"),
                    "an offer with two ids was decoded"
                );
            }
            Err(error) => {
                assert!(error.is_decode(), "{error}");
                // Only these values prevent decoding: a duplicate id, a number that overflows, and deep nesting.
                let prevents_decoding = |name: &str, value: &[u8]| {
                    let text = String::from_utf8_lossy(value);
                    name == "id" || text.contains("e999") || text.starts_with("[[")
                };
                assert!(any_property(&prevents_decoding), "{error}: {text}");
            }
        }
    });
}

#[test]
fn a_timestamp_and_an_extensible_status_keep_any_text() {
    let hasher = RandomState::new();
    check(&any_text(), |text| {
        let json = json!(text).to_string();
        let time = Timestamp::new(&text);
        assert_eq!((time.as_str(), &*time.to_string()), (&*text, &*text));
        let _ = time.utc();
        assert_eq!(round_trip::<Timestamp>(json.as_bytes()), Some(time));

        let status = Extensible::<OfferStatus>::new(&text);
        let again = round_trip::<Extensible<OfferStatus>>(json.as_bytes());
        let again = again.expect("a status");
        assert_eq!((status.as_str(), again.as_str()), (&*text, &*text));
        let known = OfferStatus::VALUES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&text));
        assert_eq!(status.known(), known.map(|(_, value)| *value));
        // Equality and hash are case-insensitive.
        let upper_case = Extensible::<OfferStatus>::new(&text.to_ascii_uppercase());
        assert_eq!(status, upper_case);
        assert_eq!(hasher.hash_one(&status), hasher.hash_one(&upper_case));
    });
}

#[test]
fn an_error_has_the_status_code_of_its_response_and_a_message_of_one_line() {
    let names: Vec<_> = "error Error message Message code Product exceptionCode httpStatusCode x"
        .split(' ')
        .collect();
    let shape = any_json().prop_recursive(3, 20, 4, move |inner| {
        object_of(select(names.clone()), inner)
    });
    let body = prop_oneof![
        2 => shape.prop_map(|shape| shape.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
        1 => "<[hH][tT][mM][lL]>.*<title.{0,3}>.*(</title>)?.*".prop_map(String::into_bytes),
    ];
    let service = Service::start();
    let status = select(&[400, 401, 403, 404, 409, 429, 500, 503]);
    check(&(status, body), |(status, body)| {
        let error = service.list(status, body).expect_err("an error");
        assert_eq!(error.status(), Some(status));
    });
}
