//! The client that the command line and the environment describe.

use std::time::Duration;

use cloud_partner_portal::{AccessToken, Client, Credential};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::Common;
use crate::explain::Stop;

/// A client, and the publisher that it asks for.
pub struct Connection {
    pub client: Client,
    pub publisher: String,
}

pub fn connect(common: &Common) -> Result<Connection, Stop> {
    let Some(publisher) = common
        .publisher
        .clone()
        .filter(|publisher| !publisher.is_empty())
    else {
        return Err(Stop::Usage(
            "which publisher? Give --publisher or set CLOUD_PARTNER_PUBLISHER".to_owned(),
        ));
    };
    let credential = match &common.token_file {
        Some(file) => {
            // The first reading is only to fail now, where the message can name the file.
            std::fs::read_to_string(file).map_err(|error| {
                Stop::Usage(format!("{} can't be read: {error}", file.display()))
            })?;
            let file = file.clone();
            Credential::provider(move || {
                let secret = std::fs::read_to_string(&file);
                // Another program may renew the file, so it is read again before long.
                async move { Ok(AccessToken::new(secret?.trim()).expires_in(Duration::from_secs(600))) }
            })
        }
        None => Credential::from_env_or_azure_cli()?,
    };
    let mut builder = Client::builder()
        .credential(credential)
        .user_agent_suffix(concat!("cloud-partner/", env!("CARGO_PKG_VERSION")));
    if let Some(endpoint) = common
        .endpoint
        .clone()
        .filter(|endpoint| !endpoint.is_empty())
    {
        builder = builder.endpoint(endpoint);
    }
    Ok(Connection {
        client: builder.build()?,
        publisher,
    })
}

/// Shows the SDK's own events on standard error. Other crates' could hold a header.
pub fn show_requests() {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        // It would report a closed standard error to standard error, and panic.
        .log_internal_errors(false)
        .without_time();
    let ours = Targets::new().with_target("cloud_partner_portal", LevelFilter::TRACE);
    // It fails only when somebody else has set one, and then that one shows them.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(ours)
        .try_init();
}
