//! Uses a custom credential: a function that returns a token, in this example from a file. For a file, `Credential::token_file` is
//! shorter.
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

    // The client calls the function before the first request, when a token expires within five minutes, and after the service has
    // rejected a token.
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
