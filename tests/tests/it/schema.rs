//! The feature `schemars`: every recorded successful response is valid against the JSON Schema of its generated type.

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary};
use cloud_partner_recordings::recording::Body;
use cloud_partner_recordings::store;
use serde_json::Value;

#[test]
fn every_recorded_response_is_valid_against_the_schema_of_its_type() {
    let list = serde_json::to_value(schemars::schema_for!(Vec<OfferSummary>)).expect("a schema");
    let report = serde_json::to_value(schemars::schema_for!(OfferStatusReport)).expect("a schema");
    let validators =
        [&list, &report].map(|schema| jsonschema::validator_for(schema).expect("a valid schema"));

    let mut tested = 0;
    let recordings = store::recordings(&store::root().join("recordings"))
        .all()
        .expect("valid recordings");
    for stored in recordings
        .iter()
        .filter(|stored| stored.recording.response.status == 200)
    {
        let Some(Body::Json(body)) = &stored.recording.response.body else {
            continue;
        };
        let validator = &validators[usize::from(body.is_object())];
        let errors: Vec<_> = validator
            .iter_errors(body)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", stored.file.display());
        tested += 1;
    }
    assert!(tested >= 20, "{tested} responses were tested");

    // The schemas reject invalid values.
    for (validator, invalid) in [
        (&validators[0], r#"[{"status": "running"}]"#),
        (&validators[0], r#"{"id": "a"}"#),
        (&validators[1], "[]"),
        (&validators[1], r#"{"status": 5}"#),
    ] {
        let invalid: Value = serde_json::from_str(invalid).expect("JSON");
        assert!(!validator.is_valid(&invalid), "{invalid}");
    }
    let known = report.pointer("/properties/status/x-extensible-enum");
    assert!(
        known.is_some_and(|known| known.to_string().contains("waitingForPublisherReview")),
        "{report}"
    );
}
