//! Creates the SDK's client from the command line and the environment.

use std::time::SystemTime;

use cloud_partner_portal::{Client, Credential, CredentialSource};

use crate::args::Common;
use crate::error::ToolError;

const SET_ENDPOINT: &str =
    "set --endpoint or CLOUD_PARTNER_ENDPOINT to an address such as https://cloudpartner.azure.com";

const SET_TOKEN: &str = "set AZURE_TOKEN to the output of \
    `az account get-access-token --resource https://cloudpartner.azure.com --query accessToken -o tsv`";

/// The SDK's client, and the publisher's id from the command line or the environment.
pub struct Connection {
    pub client: Client,
    pub publisher: String,
    /// The time at which the token expires; `None` if the tool can renew the token, or if the time is unknown.
    pub token_expiry: Option<SystemTime>,
}

impl Connection {
    pub fn new(common: &Common) -> Result<Self, ToolError> {
        let non_empty = |option: &Option<String>| option.clone().filter(|text| !text.is_empty());
        let publisher = non_empty(&common.publisher).ok_or_else(|| {
            let remedy = "use --publisher, or set CLOUD_PARTNER_PUBLISHER";
            ToolError::Usage("no publisher is given".to_owned(), remedy)
        })?;
        let credential = credential(common)?;
        let expiry = credential.expires_at();
        let token_expiry = expiry.filter(|_| !credential.is_renewable());
        let mut builder = Client::builder()
            .credential(credential)
            .user_agent_suffix(concat!("cloud-partner/", env!("CARGO_PKG_VERSION")));
        if let Some(endpoint) = non_empty(&common.endpoint) {
            builder = builder.endpoint(endpoint);
        }
        Ok(Self {
            client: builder
                .build()
                .map_err(ToolError::with_remedy(SET_ENDPOINT))?,
            publisher,
            token_expiry,
        })
    }
}

fn credential(common: &Common) -> Result<Credential, ToolError> {
    let usage = |message: &str, remedy| Err(ToolError::Usage(message.to_owned(), remedy));
    match (common.credential, &common.token_file) {
        (None | Some(CredentialSource::TokenFile), Some(file)) => {
            let remedy = "set --token-file to a file that exists and holds only a token";
            Credential::token_file(file).map_err(ToolError::with_remedy(remedy))
        }
        (Some(_), Some(_)) => usage(
            "--token-file is only for --credential token-file",
            "omit one of the two options",
        ),
        (Some(CredentialSource::TokenFile), None) => usage(
            "--credential token-file needs a file",
            "add --token-file FILE",
        ),
        (Some(source), None) => {
            Credential::from_source(source).map_err(ToolError::with_remedy(SET_TOKEN))
        }
        (None, None) => {
            Credential::from_env_or_azure_cli().map_err(ToolError::with_remedy(SET_TOKEN))
        }
    }
}
