//! Creates the client from the command line and the environment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cloud_partner_portal::{Client, Credential, CredentialSource};

use crate::args::Common;
use crate::explain::Stop;

/// A client and the publisher of the command line.
pub struct Connection {
    pub client: Client,
    pub publisher: String,
    /// The expiry of a token that can't be renewed, if it is known.
    pub token_expiry: Option<SystemTime>,
}

pub fn connect(common: &Common) -> Result<Connection, Stop> {
    let Some(publisher) = not_empty(common.publisher.as_ref()) else {
        return Err(Stop::Usage(
            "no publisher is given: use --publisher, or set CLOUD_PARTNER_PUBLISHER".to_owned(),
        ));
    };
    let credential = credential(common)?;
    let token_expiry = credential
        .expires_at()
        .filter(|expiry| !credential.is_renewable() && is_printable(*expiry));
    let mut builder = Client::builder()
        .credential(credential)
        .user_agent_suffix(concat!("cloud-partner/", env!("CARGO_PKG_VERSION")));
    if let Some(endpoint) = not_empty(common.endpoint.as_ref()) {
        builder = builder.endpoint(endpoint);
    }
    Ok(Connection {
        client: builder.build()?,
        publisher,
        token_expiry,
    })
}

fn not_empty(value: Option<&String>) -> Option<String> {
    value.filter(|value| !value.is_empty()).cloned()
}

/// Returns whether a time is between 1970 and 9999. Other times can't be printed, and don't occur as the expiry of a real token.
fn is_printable(time: SystemTime) -> bool {
    const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);
    let since = time.duration_since(UNIX_EPOCH);
    since.is_ok_and(|since| since < YEAR_10000)
}

fn credential(common: &Common) -> Result<Credential, Stop> {
    let usage = |text: &str| Err(Stop::Usage(text.to_owned()));
    match (common.credential, &common.token_file) {
        (None | Some(CredentialSource::TokenFile), Some(file)) => Ok(Credential::token_file(file)?),
        (Some(_), Some(_)) => usage("--token-file is only for --credential token-file"),
        (Some(CredentialSource::TokenFile), None) => {
            usage("--credential token-file needs --token-file FILE")
        }
        (Some(source), None) => Ok(Credential::from_source(source)?),
        (None, None) => Ok(Credential::from_env_or_azure_cli()?),
    }
}
