//! Uses a custom HTTP client, which sends the requests through a proxy.
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example own_http_client -- http://proxy.example:8080 contoso
//! ```

use cloud_partner_portal::{Client, Credential};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let proxy = arguments.next().unwrap_or_default();
    let publisher = arguments.next().unwrap_or_default();

    let http = reqwest::Client::builder()
        .proxy(reqwest::Proxy::https(proxy)?)
        // Without this setting, a redirect could send the request to another server. The SDK's own HTTP client follows no redirects either.
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let client = Client::builder()
        .credential(Credential::from_env()?)
        .http_client(http)
        .build()?;
    println!("{} offers", client.list_offers(publisher).await?.len());
    Ok(())
}
