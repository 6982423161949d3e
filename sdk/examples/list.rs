//! Lists a publisher's offers with their status.
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example list -- contoso
//! ```

use cloud_partner_portal::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let publisher = std::env::args().nth(1).unwrap_or_default();
    let client = Client::from_env()?;
    let offers = client.list_offers(&publisher).await?;
    for offer in offers.iter() {
        let report = client.get_offer_status(&publisher, &offer.id).await?;
        println!("{:<30} {}", offer.id, report.status);
    }
    println!("{} offers", offers.len());
    Ok(())
}
