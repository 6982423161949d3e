//! Compares the SDK with the recorded responses:
//!
//! * The JSON Schemas of the SDK's types must accept every successful response. `decoding.rs` tests how the SDK decodes these responses.
//! * An error of the SDK must contain the recorded code, message and status code.

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary};
use cloud_partner_portal::{Client, Error};
use cloud_partner_recordings::recording::{Body, ProvenanceKind, Recording};
use cloud_partner_recordings::synthetic;
use jsonschema::Validator;
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

use crate::support::error_checks::check_displayed_text;
use crate::support::{all_recordings, client, committed_recordings, committed_spec, serve};

/// Returns the committed recordings and a generated list of 1,000 offers. In each request, this function sets the API version that the SDK sends.
fn recordings() -> Vec<Recording> {
    let mut recordings = committed_recordings();
    for recording in &mut recordings {
        let version = recording.request.query.get_mut("api-version");
        version.expect("a version").replace_range(.., "2017-10-31");
    }
    recordings.push(synthetic::many_offers(1000));
    recordings
}

fn validator<T: JsonSchema>() -> Validator {
    let schema = schema_for!(T).to_value();
    jsonschema::validator_for(&schema).expect("a valid schema")
}

#[test]
fn the_json_schemas_of_the_types_accept_every_successful_response() {
    let list = validator::<Vec<OfferSummary>>();
    let report = validator::<OfferStatusReport>();
    let (mut lists, mut reports) = (0, 0);
    for recording in recordings() {
        let name = &recording.description;
        if recording.response.status != 200 {
            continue;
        }
        let Some(Body::Json(body)) = &recording.response.body else {
            panic!("{name}: a success without JSON");
        };
        let (count, validator) = if recording.request.path.ends_with("/offers") {
            (&mut lists, &list)
        } else {
            (&mut reports, &report)
        };
        *count += 1;
        if let Err(error) = validator.validate(body) {
            panic!("{name}: {error}");
        }
    }
    assert!(lists >= 8 && reports >= 15, "{lists} and {reports}");

    for (validator, invalid) in [
        (&list, json!([{"status": "running"}])),
        (&list, json!({"id": "a"})),
        (&report, json!([])),
        (&report, json!({"status": 5})),
    ] {
        assert!(!validator.is_valid(&invalid), "{invalid}");
    }
    let report = schema_for!(OfferStatusReport).to_value();
    let known = &report["properties"]["status"]["x-extensible-enum"];
    let contains = known.to_string().contains("waitingForPublisherReview");
    assert!(contains, "{report}");
}

/// Makes the call that sends a recorded request. Returns the error of the call, if there is one.
async fn call(client: &Client, recording: &Recording) -> Option<Error> {
    let path = recording.request.segments();
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    match path[..] {
        ["api", "publishers", publisher, "offers"] => client.list_offers(publisher).await.err(),
        ["api", "publishers", publisher, "offers", offer, "status"] => {
            client.get_offer_status(publisher, offer).await.err()
        }
        _ => panic!("the SDK doesn't call {}", recording.request.path),
    }
}

#[tokio::test]
async fn every_error_matches_the_recorded_response() {
    let recordings = recordings();
    let server = serve(recordings.clone());
    let client = client(server.url());
    let mut errors = 0;
    for recording in &recordings {
        let (name, recorded) = (&recording.description, &recording.response);
        let Some(error) = call(&client, recording).await else {
            assert_eq!(recorded.status, 200, "{name}");
            continue;
        };
        assert_eq!(error.status(), Some(recorded.status), "{name}");
        assert_eq!(error.attempts(), 1, "{name}");
        let id = error.correlation_id().expect("an id");
        let recorded_id = recorded.headers.get("x-ms-correlation-request-id");
        assert!(recorded_id.is_none_or(|recorded| recorded == id), "{name}");
        let (code, message) = expected(recorded.body.as_ref());
        assert_eq!(error.code(), code.as_deref(), "{name}");
        assert_eq!(error.message(), message.unwrap_or_default(), "{name}");
        check_displayed_text(name, &error);
        let debug = format!("{error:?}");
        assert!(!debug.contains("   at "), "{name}: {debug}");
        errors += 1;
    }
    assert!(errors >= 20, "{errors} errors were tested");
}

/// Returns the code and the first line of the message in a recorded error response. This function doesn't use the SDK, because the test
/// compares its result with the SDK's error.
fn expected(body: Option<&Body>) -> (Option<String>, Option<String>) {
    let text = |value: &Value| {
        let line = value.as_str()?.lines().next();
        line.map(ToOwned::to_owned)
    };
    match body {
        None => (None, None),
        Some(Body::Json(Value::String(message))) => (None, Some(message.clone())),
        Some(Body::Json(body)) => {
            if let Some(error) = body.pointer("/error") {
                return (text(&error["code"]), text(&error["message"]));
            }
            if let Some(message) = body.get("Message") {
                return (None, text(message));
            }
            let inner = body.as_object().and_then(|body| body.values().next());
            let property = |name| text(&inner?[name]);
            (property("exceptionCode"), property("error"))
        }
        Some(Body::Text(page)) => {
            let title = page.split("<title>").nth(1);
            let title = title.and_then(|rest| rest.split_once("</title>"));
            (None, title.map(|(title, _)| title.to_owned()))
        }
    }
}

/// A recording with the provenance `documentation` must cite a source of the kind `documentation`. A recording with the provenance
/// `observed-shape` must cite a source of the kind `observation`.
#[test]
fn recordings_cite_sources_of_the_spec() {
    let spec = committed_spec();
    for recording in all_recordings() {
        let name = recording.file.display();
        let sources = recording.provenance.sources.iter().map(|id| {
            let source = spec.value["x-sources"].get(id);
            source.unwrap_or_else(|| panic!("{name}: the spec has no source {id}"))
        });
        let kinds: Vec<_> = sources.map(|source| &source["kind"]).collect();
        let is_cited = match recording.provenance.kind {
            ProvenanceKind::Documentation => kinds.contains(&&json!("documentation")),
            ProvenanceKind::ObservedShape => kinds.contains(&&json!("observation")),
            ProvenanceKind::Captured | ProvenanceKind::Synthetic => true,
        };
        assert!(
            is_cited,
            "{name}: the recording cites no source of the required kind"
        );
    }
}
