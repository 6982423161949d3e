//! The format of recordings: the schema is up to date, and every committed recording is valid, formatted and free of credentials.

use std::{collections::BTreeSet, fs, path::Path};

use cloud_partner_recordings::{
    recording,
    sample::many_offers,
    store::{self, StoredRecording},
};
use serde_json::Value;

fn every_recording() -> Vec<StoredRecording> {
    let home = store::root();
    let mut all = store::recordings(&home.join("recordings")).all().unwrap();
    for scenario in store::scenarios(&home.join("scenarios")).all().unwrap() {
        all.extend(scenario.recordings);
    }
    all
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let committed = fs::read_to_string(store::root().join("recording.schema.json")).unwrap();
    assert!(
        committed == recording::schema(),
        "tests/recording.schema.json is outdated; regenerate it with: cargo xtask generate"
    );
}

#[test]
fn every_recording_names_the_schema_and_matches_it() {
    let schema = store::root().join("recording.schema.json");
    let validator =
        jsonschema::validator_for(&serde_json::from_str(&recording::schema()).unwrap()).unwrap();
    for StoredRecording { file, recording } in every_recording() {
        let link = recording.schema.as_deref().unwrap_or_default();
        let target = file.parent().unwrap().join(link).canonicalize();
        assert_eq!(
            target.ok().as_ref(),
            schema.canonicalize().ok().as_ref(),
            "$schema of {}",
            file.display()
        );
        let value: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        if let Err(error) = validator.validate(&value) {
            panic!("{}: {}: {error}", file.display(), error.instance_path());
        }
    }
}

/// This also finds duplicate properties, which the JSON parser accepts.
#[test]
fn every_recording_is_formatted() {
    for StoredRecording { file, recording } in every_recording() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text == recording.to_text(),
            "{} should read:\n{}",
            file.display(),
            recording.to_text()
        );
    }
}

/// Editors and other languages validate recordings with the schema, so it must accept the same files as the reader.
#[test]
fn the_schema_and_the_reader_accept_the_same_recordings() {
    let validator =
        jsonschema::validator_for(&serde_json::from_str(&recording::schema()).unwrap()).unwrap();
    let valid = serde_json::to_value(many_offers(1)).unwrap();
    assert!(validator.is_valid(&valid));

    let long_path = "/a-b.c_d~e!$&'()*+,;=:@%2F%c3/";
    for (pointer, value, is_valid) in [
        ("/request/method", "GET", true),
        ("/request/method", "", false),
        ("/request/method", "Get", false),
        ("/request/path", long_path, true),
        ("/request/path", "", false),
        ("/request/path", "api", false),
        ("/request/path", "/a b", false),
        ("/request/path", "/é", false),
        ("/request/path", "/%", false),
        ("/request/path", "/%4", false),
        ("/request/path", "/%zz", false),
        ("/request/path", "/a?b", false),
        ("/request/path", "/a#b", false),
        ("/request/path", "/a\"b", false),
        ("/request/path", "/a<b", false),
        ("/request/path", "/a[b", false),
        ("/request/path", "/a\\b", false),
        ("/request/path", "/a^b", false),
        ("/request/path", "/a`b", false),
        ("/request/path", "/a{b", false),
        ("/provenance/kind", "observed-shape", true),
        ("/provenance/kind", "live", false),
    ] {
        let mut value_with = valid.clone();
        *value_with.pointer_mut(pointer).unwrap() = value.into();
        let read = serde_json::from_value::<recording::Recording>(value_with.clone());
        assert_eq!(read.is_ok(), is_valid, "the reader, {pointer}: {value:?}");
        assert_eq!(
            validator.is_valid(&value_with),
            is_valid,
            "the schema, {pointer}: {value:?}"
        );
    }
    for status in [199, 200, 599, 600] {
        let mut value = valid.clone();
        value["response"]["status"] = status.into();
        let is_valid = (200..600).contains(&status);
        assert_eq!(validator.is_valid(&value), is_valid, "{status}");
        let read = serde_json::from_value::<recording::Recording>(value);
        assert_eq!(read.is_ok(), is_valid, "{status}");
    }
}

#[test]
fn no_recording_contains_a_credential() {
    for StoredRecording { file, recording } in every_recording() {
        let text = recording.to_text().to_lowercase();
        for word in ["authorization\"", "bearer ", "eyj", "client_secret"] {
            assert!(!text.contains(word), "{}: {word}", file.display());
        }
    }
}

/// Both operations need a recording of every format of an error response and of every status code.
#[test]
fn the_recordings_contain_every_observed_error_response() {
    let all = every_recording();
    let error_responses = |operation: &str| {
        all.iter()
            .filter(|stored| stored.recording.request.path.ends_with(operation))
            .filter(|stored| stored.recording.response.status != 200)
            .map(|stored| {
                let response = &stored.recording.response;
                let body = match &response.body {
                    None => "empty",
                    Some(recording::Body::Text(text)) if text.starts_with('<') => "html",
                    Some(recording::Body::Text(_)) => "cut off",
                    Some(recording::Body::Json(Value::String(_))) => "string",
                    Some(recording::Body::Json(json)) => json
                        .pointer("/error/code")
                        .and_then(Value::as_str)
                        .or_else(|| json.as_object()?.keys().next().map(String::as_str))
                        .unwrap_or_default(),
                };
                format!("{} {body}", response.status)
            })
            .collect::<BTreeSet<String>>()
    };
    for (operation, formats) in [
        (
            "/offers",
            "400 BadRequest, 400 InvalidAPIVersion, 401 Message, 403 Forbidden, 404 Product, 429 TooManyRequests, \
             500 InternalServerError, 500 Product, 500 cut off, 500 string, 502 empty, 503 html, 504 html",
        ),
        (
            "/status",
            "400 BadRequest, 400 InvalidAPIVersion, 401 Message, 403 Forbidden, 404 Product, 404 string, \
             429 TooManyRequests, 500 InternalServerError, 500 Variant, 500 cut off, 500 string, 502 empty, 503 html, \
             504 html",
        ),
    ] {
        let found = error_responses(operation);
        for format in formats.split(", ") {
            assert!(
                found.contains(format),
                "{operation}: no recording of {format}; recorded are {found:?}"
            );
        }
    }
}

#[test]
fn many_offers_is_deterministic_and_its_offers_vary() {
    let recording = many_offers(1000);
    assert_eq!(recording, many_offers(1000));
    let Some(recording::Body::Json(Value::Array(offers))) = recording.response.body else {
        panic!("no list");
    };
    assert_eq!(offers.len(), 1000);
    let different = |name: &str| {
        let values = offers.iter().map(|offer| offer[name].to_string());
        values.collect::<BTreeSet<_>>().len()
    };
    assert!(
        offers
            .iter()
            .all(|offer| offer.as_object().unwrap().len() == 14)
    );
    assert_eq!(different("id"), 1000);
    assert_eq!(different("status"), 7);
    assert_eq!(different("version"), 6);
    assert_eq!(different("offerTypeId"), 3);
    assert_eq!(different("pcMigrationStatus"), 2);
    assert!(different("changedTime") > 900);
    assert!(Path::new(&recording.request.path).is_absolute());
}
