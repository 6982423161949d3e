//! Generated recordings for tests and benchmarks.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::recording::{Body, Provenance, ProvenanceKind, Recording, Request, Response};

/// Returns a synthetic recording of a GET request with the current API version, and a 200 response with this body.
#[must_use]
pub fn recording(path: impl Into<String>, body: Option<Body>) -> Recording {
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        (
            "x-ms-correlation-request-id",
            "7b1d4f0e-52c6-4c43-9a57-0d6b1f3e8a20",
        ),
    ];
    Recording {
        schema: None,
        description: "A generated response.".to_owned(),
        provenance: Provenance {
            kind: ProvenanceKind::Synthetic,
            sources: Vec::new(),
            source: "Generated for a test.".to_owned(),
        },
        request: Request {
            method: "GET".to_owned(),
            path: path.into(),
            query: BTreeMap::from([("api-version".to_owned(), "2017-10-31".to_owned())]),
            headers: BTreeMap::new(),
        },
        response: Response {
            status: 200,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            body,
        },
    }
}

/// Returns a list response with `n` offers of the publisher `contoso-many`. Each offer has every property that the observed
/// responses have. Most values differ from offer to offer. The result depends on `n` only.
#[must_use]
pub fn many_offers(n: usize) -> Recording {
    let offers = (0..n).map(offer).collect();
    recording(
        format!("/api/publishers/{PUBLISHER}/offers"),
        Some(Body::Json(offers)),
    )
}

const PUBLISHER: &str = "contoso-many";

fn offer(index: usize) -> Value {
    let pick = |values: &[&str]| values[index % values.len()].to_owned();
    let id = format!(
        "{}-{index:06}",
        pick(&["vm", "app", "backup", "gateway", "database"])
    );
    let migrated = index.is_multiple_of(3);
    let version = [0_i64, 1, 9, 20, 1_252_868_275, 636_576_975_611_768_314][index % 6];
    json!({
        "offerTypeId": pick(&[
            "microsoft-azure-corevm",
            "microsoft-azure-virtualmachines",
            "microsoft-azure-applications",
            "microsoft-azure-corevm",
        ]),
        "publisherId": PUBLISHER,
        "status": pick(&[
            "succeeded", "neverPublished", "running", "succeeded", "waitingForPublisherReview",
            "failed", "canceled", "notStarted", "succeeded", "succeeded", "succeeded",
        ]),
        "id": id,
        "version": version,
        "definition": { "displayText": format!("Contoso sample offer {index}") },
        "changedTime": format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
            2018 + index % 7,
            1 + index % 12,
            1 + index % 28,
            index % 24,
            index % 60,
            index * 7 % 60,
            index * 13 % 1000,
        ),
        "lockStatus": "none",
        "pcMigrationStatus": if migrated { "migrated" } else { "none" },
        "pcRedirectUri": if migrated {
            format!("https://partner.microsoft.com/dashboard/commercial-marketplace/offers/{id}")
        } else {
            String::new()
        },
        "isvUpgradeRequest": false,
        "offerTypeChanges": [],
        "pricingNotRecalculatedRegions": [],
        "offerTypeVersionsOverride": {},
    })
}
