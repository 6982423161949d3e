use std::{env, error::Error};

use cloud_partner_portal::apis::{configuration::Configuration, offers_api};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let portal = Configuration {
        base_path: env::var("URL")?,
        bearer_access_token: Some(env::var("TOKEN")?),
        ..Configuration::new()
    };

    for offer in offers_api::list_offers(&portal, "contoso", "2017-10-31").await? {
        let status = offer.status.flatten().unwrap_or_default();
        println!("{}: {status}", offer.id);
    }

    let report = offers_api::get_offer_status(&portal, "contoso", "test-vm", "2017-10-31").await?;
    println!("{}", report.status.unwrap_or_default());
    Ok(())
}
