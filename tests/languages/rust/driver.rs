//! Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.

use cloud_partner_portal::apis::configuration::Configuration;
use cloud_partner_portal::apis::{offers_api, Error};
use cloud_partner_portal::models::KnownOfferStatus;
use cloud_partner_portal::models::ErrorResponse;
use serde_json::{json, Value};

fn connect(url: &str, token: &str) -> Configuration {
    Configuration {
        base_path: url.to_owned(),
        bearer_access_token: Some(token.to_owned()),
        ..Configuration::new()
    }
}

async fn status(portal: &Configuration, publisher: &str, offer: &str) -> Value {
    match offers_api::get_offer_status(portal, publisher, offer, "2017-10-31").await {
        Ok(report) => {
            let steps = report.steps.iter().flatten().flatten();
            let steps: Vec<_> = steps.map(|step| json!([step.id, step.status])).collect();
            let running = KnownOfferStatus::Running.to_string();
            let running = report
                .status
                .as_ref()
                .is_some_and(|status| status.eq_ignore_ascii_case(&running));
            json!({ "decoded": report, "read": [report.status, steps, running] })
        }
        Err(Error::ResponseError(response)) => error_response(response.status.as_u16(), &response.content),
        Err(other) => exception(&other),
    }
}

async fn list(portal: &Configuration, publisher: &str) -> Value {
    match offers_api::list_offers(portal, publisher, "2017-10-31").await {
        Ok(offers) => {
            let read = offers
                .iter()
                .map(|offer| json!([offer.id, offer.status, offer.version, offer.changed_time]));
            json!({ "read": read.collect::<Vec<_>>(), "decoded": offers })
        }
        Err(Error::ResponseError(response)) => error_response(response.status.as_u16(), &response.content),
        Err(other) => exception(&other),
    }
}

/// Decodes the body again, because the client's decoded `entity` can be the enum variant of another status code.
fn error_response(status: u16, text: &str) -> Value {
    let body: ErrorResponse = serde_json::from_str(text).unwrap_or_default();
    let (mut code, mut message) = (None, body.message.flatten());
    if let Some(service) = body.variant.flatten() {
        (code, message) = (service.exception_code.flatten(), service.error.flatten());
    }
    if let Some(service) = body.product.flatten() {
        (code, message) = (service.exception_code.flatten(), service.error.flatten());
    }
    if let Some(error) = body.error.flatten() {
        (code, message) = (error.code.flatten(), error.message.flatten());
    }
    json!({ "error": { "status": status, "code": code, "message": message } })
}

fn exception(error: &impl std::fmt::Display) -> Value {
    json!({ "exception": error.to_string().lines().next() })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let portal = connect(
        &std::env::var("URL").unwrap(),
        &std::env::var("TOKEN").unwrap(),
    );
    for text in std::io::stdin().lines() {
        let text = text.unwrap();
        let call: Vec<&str> = text.split('\t').collect();
        let mut line = if call[1] == "listOffers" {
            list(&portal, call[2]).await
        } else {
            status(&portal, call[2], call[3]).await
        };
        line["case"] = json!(call[0]);
        println!("{line}");
    }
}
