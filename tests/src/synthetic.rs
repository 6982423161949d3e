//! Creates recordings in code, for tests and benchmarks that need recordings without files.

use serde_json::{Value, json};

use crate::load;
use crate::recording::{Body, Recording};

/// Returns a recording of a GET request with this path. The response has the status code 200 and this body.
///
/// # Panics
///
/// Panics if the path isn't percent-encoded.
#[must_use]
pub fn recording(path: impl Into<String>, body: Option<Body>) -> Recording {
    let recording = json!({
        "description": "A generated response.",
        "provenance": { "kind": "synthetic", "source": "Generated for a test." },
        "request": { "method": "GET", "path": path.into(), "query": { "api-version": "2017-10-31" } },
        "response": {
            "status": 200,
            "headers": {
                "content-type": "application/json; charset=utf-8",
                "x-ms-correlation-request-id": "7b1d4f0e-52c6-4c43-9a57-0d6b1f3e8a20",
            },
        },
    });
    let mut recording: Recording = serde_json::from_value(recording).expect("a valid recording");
    recording.response.body = body;
    recording
}

/// Returns a recording of a list with `n` offers of the publisher `contoso-many`. The list repeats the offers of the recording
/// `list/contoso.json`. Each offer of the list has a different id.
///
/// # Panics
///
/// Panics if the recording can't be read.
#[must_use]
pub fn many_offers(n: usize) -> Recording {
    let publisher = "contoso-many";
    let recorded = load::recordings(&load::root().join("recordings/list/contoso.json"));
    let recorded = recorded.all().expect("a valid recording").remove(0);
    let Some(Body::Json(Value::Array(recorded))) = recorded.response.body else {
        panic!("the recording has no list");
    };
    let offers = recorded.iter().cycle().take(n).enumerate();
    let offers = offers.map(|(index, recorded)| {
        let mut offer = recorded.clone();
        let id = recorded["id"].as_str().unwrap_or_default();
        offer["id"] = format!("{id}-{index:06}").into();
        offer["publisherId"] = publisher.into();
        offer
    });
    recording(
        format!("/api/publishers/{publisher}/offers"),
        Some(Body::Json(offers.collect())),
    )
}
