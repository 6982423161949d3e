//! Every recording, received through the SDK: successful responses are decoded and encoded without loss, and errors contain the recorded
//! status code, code and message.

use crate::support::{
    LIST, STATUS, client, committed_spec, lost_properties, response_schema, serve,
};
use cloud_partner_portal::Error;
use cloud_partner_recordings::recording::{Body, ProvenanceKind, Recording};
use cloud_partner_recordings::store;
use serde_json::Value;

/// The version that the SDK sends.
const VERSION: &str = "2017-10-31";

/// Calls the operation of the recorded request. Returns its path template, and the decoded and encoded response or the error.
async fn call(
    client: &cloud_partner_portal::Client,
    recording: &Recording,
) -> (&'static str, Result<Value, Error>) {
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

fn recordings() -> Vec<Recording> {
    let home = store::root();
    let mut recordings: Vec<Recording> = store::recordings(&home.join("recordings"))
        .all()
        .expect("valid recordings")
        .into_iter()
        .map(|stored| {
            let mut recording = Recording::from(stored);
            // The SDK always sends this version.
            let version = recording.request.query.get_mut("api-version");
            version.expect("an api-version").replace_range(.., VERSION);
            recording
        })
        .collect();
    recordings.push(cloud_partner_recordings::sample::many_offers(1000));
    recordings
}

#[tokio::test]
async fn every_successful_response_is_decoded_without_losing_a_property_of_the_spec() {
    let spec = committed_spec();
    let (mut lists, mut statuses) = (0, 0);
    let recordings = recordings();
    let server = serve(recordings.clone());
    let client = client(server.url());
    for recording in recordings
        .iter()
        .filter(|recording| recording.response.status == 200)
    {
        let (path, response) = call(&client, recording).await;
        let Some(Body::Json(body)) = &recording.response.body else {
            panic!("{}: a success without JSON", recording.description);
        };
        let encoded = response.unwrap_or_else(|error| panic!("{}: {error}", recording.description));
        let schema = response_schema(&spec, path);
        assert_eq!(
            lost_properties(&spec, schema, body, &encoded),
            Vec::<String>::new(),
            "{}",
            recording.description
        );
        *if path == LIST {
            &mut lists
        } else {
            &mut statuses
        } += 1;
    }
    assert!(
        lists >= 8 && statuses >= 15,
        "{lists} lists and {statuses} reports were tested"
    );
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
        let name = &recording.description;
        let (_, response) = call(&client, recording).await;
        let error = response.err().unwrap_or_else(|| panic!("{name}: no error"));
        assert_eq!(error.status(), Some(recording.response.status), "{name}");
        assert_eq!(error.attempts(), 1, "{name}");
        let id = recording
            .response
            .headers
            .get("x-ms-correlation-request-id");
        assert!(error.correlation_id().is_some(), "{name}");
        if let Some(id) = id {
            assert_eq!(error.correlation_id(), Some(id.as_str()), "{name}");
        }
        let (code, message) = expected(recording.response.body.as_ref());
        assert_eq!(error.code(), code.as_deref(), "{name}");
        assert_eq!(error.message(), message.unwrap_or_default(), "{name}");
        let shown = format!("{error}\n{error:?}");
        assert!(
            !shown.contains("   at "),
            "{name}: the error contains a stack trace: {shown}"
        );
        assert!(
            !error.to_string().contains('\n'),
            "{name}: the message has more than one line"
        );
        assert!(
            !shown.contains(crate::support::TOKEN),
            "{name}: the error contains the token"
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
    let home = store::root();
    let cited = |recording: &Recording, kind: &str| {
        recording.provenance.sources.iter().any(|id| {
            let source = spec.value["x-sources"].get(id);
            let source = source.unwrap_or_else(|| panic!("{}: {id}", recording.description));
            kind.is_empty() || source["kind"] == kind
        })
    };
    let recordings = store::recordings(&home.join("recordings")).all();
    let mut stored = recordings.expect("valid recordings");
    let scenarios = store::scenarios(&home.join("scenarios")).all();
    for scenario in scenarios.expect("valid scenarios") {
        stored.extend(scenario.recordings);
    }
    for store::StoredRecording { file, recording } in stored {
        let kind = match recording.provenance.kind {
            ProvenanceKind::Documentation => "documentation",
            ProvenanceKind::ObservedShape => "observation",
            ProvenanceKind::Captured | ProvenanceKind::Synthetic => "",
        };
        assert!(
            cited(&recording, kind) || kind.is_empty(),
            "{}: no source of the kind {kind}",
            file.display()
        );
    }
}
