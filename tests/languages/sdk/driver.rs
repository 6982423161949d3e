//! Reads calls from standard input, makes them through the SDK, and prints the results. ../README.md describes the format.

use std::error::Error;

use cloud_partner_portal::types::OfferStatus;
use cloud_partner_portal::{Client, Credential, RetryPolicy};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(token)) = (arguments.next(), arguments.next()) else {
        return Err("usage: driver URL TOKEN; the calls are read from standard input".into());
    };
    let client = Client::builder()
        .endpoint(url)
        .credential(Credential::token(token)?)
        .retry(RetryPolicy::disabled())
        .build()?;
    for call in std::io::stdin().lines() {
        let call = call?;
        let columns: Vec<&str> = call.split('\t').collect();
        let (case, result) = match columns[..] {
            [case, "listOffers", publisher] => (case, list(&client, publisher).await),
            [case, "getOfferStatus", publisher, offer] => {
                (case, status(&client, publisher, offer).await)
            }
            _ => return Err(format!("not a call: {call}").into()),
        };
        let mut line = result.unwrap_or_else(|error| match error.status() {
            Some(status) if !error.is_decode() => json!({
                "error": { "status": status, "code": error.code(), "message": error.message() },
            }),
            _ => json!({ "exception": error.to_string() }),
        });
        line["case"] = case.into();
        println!("{line}");
    }
    Ok(())
}

async fn list(client: &Client, publisher: &str) -> Result<Value, cloud_partner_portal::Error> {
    let offers = client.list_offers(publisher).await?;
    let read: Vec<_> = offers
        .iter()
        .map(|offer| json!([offer.id, offer.status, offer.version, offer.changed_time]))
        .collect();
    Ok(json!({ "decoded": *offers, "read": read }))
}

async fn status(
    client: &Client,
    publisher: &str,
    offer: &str,
) -> Result<Value, cloud_partner_portal::Error> {
    let report = client.get_offer_status(publisher, offer).await?;
    let steps: Vec<_> = report
        .steps
        .iter()
        .flatten()
        .map(|step| json!([step.id, step.status]))
        .collect();
    let running = report.status.known() == Some(OfferStatus::Running);
    Ok(json!({ "decoded": *report, "read": [report.status, steps, running] }))
}
