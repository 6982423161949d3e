//! Uses a custom credential, which is a function that returns a token. To keep the example short, the function reads the token from a
//! file. For a real program that reads a file, use `Credential::token_file`.
//!
//! ```text
//! cargo run --example own_credential -- /run/secrets/token contoso
//! ```

use std::time::Duration;

use cloud_partner_portal::{AccessToken, Client, Credential, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_default();
    let publisher = arguments.next().unwrap_or_default();

    // The client calls the function in three cases: before the first request, when the token expires within five minutes, and after the
    // service has rejected the token.
    let credential = Credential::provider(move || {
        let path = path.clone();
        async move {
            let token = std::fs::read_to_string(path)?;
            Ok(AccessToken::new(token.trim()).expires_in(Duration::from_secs(3600)))
        }
    });

    let client = Client::builder()
        .credential(credential)
        .user_agent_suffix("own-credential-example/1.0")
        .build()?;
    println!("{} offers", client.list_offers(publisher).await?.len());
    Ok(())
}
