//! Lists a publisher's offers.
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example list -- contoso
//! ```

use cloud_partner_portal::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let publisher = std::env::args().nth(1).unwrap_or_default();
    let offers = Client::from_env()?.list_offers(publisher).await?;
    for offer in offers.iter() {
        let changed = offer
            .changed_time
            .as_ref()
            .and_then(cloud_partner_portal::Timestamp::utc);
        println!(
            "{:<30} {:<28} {}",
            offer.id,
            offer
                .status
                .as_ref()
                .map(cloud_partner_portal::Extensible::as_str)
                .unwrap_or_default(),
            changed.map(|time| time.to_string()).unwrap_or_default(),
        );
    }
    println!(
        "{} offers, request {}",
        offers.len(),
        offers.correlation_id().unwrap_or("without an id")
    );
    Ok(())
}
