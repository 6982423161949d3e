//! Every recording, received through the SDK: successful responses are decoded and encoded without loss, and errors contain the recorded
//! status code, code and message.

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary};
use cloud_partner_portal::{Client, Error};
use cloud_partner_recordings::recording::{Body, ProvenanceKind, Recording};
use cloud_partner_recordings::store;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::error_checks::check_displayed_text;
use crate::support::{
    LIST, STATUS, all_recordings, client, committed_spec, different_properties, response_schema,
    serve,
};

/// Calls the operation of the recorded request. Returns its path template, and the decoded and encoded response or the error.
async fn call(client: &Client, recording: &Recording) -> (&'static str, Result<Value, Error>) {
    let path = recording.request.segments();
    let parts: Vec<_> = path.iter().map(String::as_str).collect();
    match parts[..] {
        ["api", "publishers", publisher, "offers"] => {
            let response = client.list_offers(publisher).await;
            (LIST, response.map(|offers| encode(&*offers)))
        }
        ["api", "publishers", publisher, "offers", offer, "status"] => {
            let response = client.get_offer_status(publisher, offer).await;
            (STATUS, response.map(|report| encode(&*report)))
        }
        _ => panic!(
            "{} is a path that the SDK doesn't call",
            recording.request.path
        ),
    }
}

fn encode(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("what was decoded can be encoded")
}

/// Returns the recordings with the API version that the SDK sends.
fn recordings() -> Vec<Recording> {
    let recordings = store::recordings(&store::root().join("recordings"));
    let recordings = recordings.all().expect("valid recordings");
    let mut recordings: Vec<Recording> = recordings.into_iter().map(Recording::from).collect();
    for recording in &mut recordings {
        let version = recording.request.query.get_mut("api-version");
        version.expect("a version").replace_range(.., "2017-10-31");
    }
    recordings.push(cloud_partner_recordings::sample::many_offers(1000));
    recordings
}

/// The JSON Schemas are those of the feature `schemars`.
#[tokio::test]
async fn every_successful_response_is_decoded_without_loss_and_valid_against_the_schema_of_its_type()
 {
    let spec = committed_spec();
    let list_schema = schema_of::<Vec<OfferSummary>>();
    let report_schema = schema_of::<OfferStatusReport>();
    let (mut lists, mut reports) = (0, 0);
    let recordings = recordings();
    let server = serve(recordings.clone());
    let client = client(server.url());
    for recording in recordings
        .iter()
        .filter(|recording| recording.response.status == 200)
    {
        let name = &recording.description;
        let Some(Body::Json(body)) = &recording.response.body else {
            panic!("{name}: a success without JSON");
        };
        let (path, response) = call(&client, recording).await;
        let encoded = response.unwrap_or_else(|error| panic!("{name}: {error}"));
        let lost = different_properties(&spec, response_schema(&spec, path), body, &encoded);
        assert_eq!(lost, [""; 0], "{name}");
        let (count, schema) = match path {
            LIST => (&mut lists, &list_schema),
            _ => (&mut reports, &report_schema),
        };
        *count += 1;
        if let Err(error) = schema.validate(body) {
            panic!("{name}: {error}");
        }
    }
    assert!(lists >= 8 && reports >= 15, "{lists} and {reports}");

    for (schema, invalid) in [
        (&list_schema, json!([{"status": "running"}])),
        (&list_schema, json!({"id": "a"})),
        (&report_schema, json!([])),
        (&report_schema, json!({"status": 5})),
    ] {
        assert!(!schema.is_valid(&invalid), "{invalid}");
    }
    let report = encode(&schemars::schema_for!(OfferStatusReport));
    let known = &report["properties"]["status"]["x-extensible-enum"];
    let contains = known.to_string().contains("waitingForPublisherReview");
    assert!(contains, "{report}");
}

fn schema_of<T: schemars::JsonSchema>() -> Validator {
    let schema = encode(&schemars::schema_for!(T));
    jsonschema::validator_for(&schema).expect("a valid schema")
}

#[tokio::test]
async fn every_error_has_the_recorded_status_code_code_and_message() {
    let recordings = recordings();
    let server = serve(recordings.clone());
    let client = client(server.url());
    let mut errors = 0;
    for recording in recordings
        .iter()
        .filter(|recording| recording.response.status != 200)
    {
        let (name, recorded) = (&recording.description, &recording.response);
        let (_, response) = call(&client, recording).await;
        let error = response.expect_err(name);
        assert_eq!(error.status(), Some(recorded.status), "{name}");
        assert_eq!(error.attempts(), 1, "{name}");
        let id = error.correlation_id().expect("an id");
        let recorded_id = recorded.headers.get("x-ms-correlation-request-id");
        assert!(recorded_id.is_none_or(|recorded| recorded == id), "{name}");
        let (code, message) = expected(recorded.body.as_ref());
        assert_eq!(error.code(), code.as_deref(), "{name}");
        assert_eq!(error.message(), message.unwrap_or_default(), "{name}");
        check_displayed_text(name, &error);
        assert!(
            !format!("{error:?}").contains("   at "),
            "{name}: {error:?}"
        );
        errors += 1;
    }
    assert!(errors >= 20, "{errors} errors were tested");
}

/// Returns the code and the first line of the message in a recorded error response. This implementation is independent of the SDK's.
fn expected(body: Option<&Body>) -> (Option<String>, Option<String>) {
    let text = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.lines().next())
            .map(ToOwned::to_owned)
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
            let inner = body
                .as_object()
                .and_then(|properties| properties.values().next());
            inner.map_or((None, None), |inner| {
                (text(&inner["exceptionCode"]), text(&inner["error"]))
            })
        }
        Some(Body::Text(page)) => {
            let title = page
                .split_once("<title>")
                .and_then(|(_, rest)| rest.split_once("</title>"));
            (None, title.map(|(title, _)| title.to_owned()))
        }
    }
}

/// A recording that isn't synthetic must cite a source of the matching kind.
#[test]
fn recordings_cite_sources_of_the_spec() {
    let spec = committed_spec();
    for store::StoredRecording { file, recording } in all_recordings() {
        let name = file.display();
        let sources = recording.provenance.sources.iter().map(|id| {
            let source = spec.value["x-sources"].get(id);
            source.unwrap_or_else(|| panic!("{name}: {id} is no source"))
        });
        let kinds: Vec<_> = sources.map(|source| &source["kind"]).collect();
        let is_cited = match recording.provenance.kind {
            ProvenanceKind::Documentation => kinds.contains(&&json!("documentation")),
            ProvenanceKind::ObservedShape => kinds.contains(&&json!("observation")),
            ProvenanceKind::Captured | ProvenanceKind::Synthetic => true,
        };
        assert!(is_cited, "{name}: no source of the recording's kind");
    }
}
