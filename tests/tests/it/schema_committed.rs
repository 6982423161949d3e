//! The JSON Schemas of the generated types, as `cargo xtask ends` compares them with the contract. They are committed, because
//! xtask doesn't depend on the SDK.

use std::fs;

use cloud_partner_portal::types::{ErrorResponse, OfferStatusReport, OfferSummary};
use cloud_partner_recordings::library;
use serde_json::json;

/// By the title that the contract gives to the body that the type is for.
#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let schemas = json!({
        "ErrorResponse": schemars::schema_for!(ErrorResponse),
        "OfferList": schemars::schema_for!(Vec<OfferSummary>),
        "OfferStatusReport": schemars::schema_for!(OfferStatusReport),
    });
    let now = format!("{schemas:#}\n");
    let file = library::home().join("sdk.schemas.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &now).expect("the schemas can be written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == now,
        "{} isn't what the types say. If the types are right: UPDATE_GOLDEN=1 cargo test -p cloud-partner-recordings, \
        and then cargo xtask ends",
        file.display()
    );
}
