//! Credentials from the environment variables that the tools of this service read.

use std::env;

use crate::error::Kind;
use crate::{Credential, Error};

const TOKEN: &str = "AZURE_TOKEN";
const PRINCIPAL: [&str; 3] = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];

impl Credential {
    /// The credential that the environment describes.
    ///
    /// Either `AZURE_TOKEN`, a token; or `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`, a service principal,
    /// which needs the feature `azure-identity`. White space around a value is ignored, and an empty variable counts as absent.
    /// These are the variables that the service's existing tools read.
    ///
    /// # Errors
    ///
    /// [`is_credential`](Error::is_credential) when nothing is set, when a part of the service principal is missing, and when
    /// both are set: the message names the variables.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// The credential that the environment describes, as [`from_env`](Self::from_env); where it describes none, the login of the
    /// Azure CLI (`az login`).
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env), but not when nothing is set: without a login, the first call fails.
    #[cfg(feature = "azure-identity")]
    pub fn from_env_or_azure_cli() -> Result<Self, Error> {
        let set = |name: &&str| env::var(name).is_ok_and(|value| !value.trim().is_empty());
        if PRINCIPAL.iter().chain([&TOKEN]).any(set) {
            return Self::from_env();
        }
        azure_identity::AzureCliCredential::new(None)
            .map(|login| Self::azure(login))
            .map_err(|error| {
                Error::new(Kind::Credential, "the Azure CLI's login can't be used")
                    .with_source(error)
            })
    }

    fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let value = |name: &str| {
            read(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let refuse = |message: String| Err(Error::new(Kind::Credential, message));
        let token = value(TOKEN);
        let principal = PRINCIPAL.map(value);
        let set: Vec<_> = PRINCIPAL
            .iter()
            .zip(&principal)
            .filter_map(|(name, value)| value.is_some().then_some(*name))
            .collect();
        match (token, principal) {
            (Some(token), _) if set.is_empty() => Self::token(token),
            (Some(_), _) => refuse(format!(
                "{TOKEN} and {} are both set, and it can't be told which is meant: unset one of them",
                set.join(", ")
            )),
            (None, [Some(tenant), Some(client), Some(secret)]) => {
                service_principal(&tenant, client, secret)
            }
            (None, _) if set.is_empty() => refuse(format!(
                "no credential: set {TOKEN} to a token (az account get-access-token --resource https://cloudpartner.azure.com), or \
                 {} to a service principal",
                PRINCIPAL.join(", ")
            )),
            (None, principal) => {
                let missing: Vec<_> = PRINCIPAL
                    .iter()
                    .zip(&principal)
                    .filter_map(|(name, value)| value.is_none().then_some(*name))
                    .collect();
                refuse(format!(
                    "{} is set, but {} isn't: a service principal needs all three",
                    set.join(", "),
                    missing.join(", ")
                ))
            }
        }
    }
}

#[cfg(feature = "azure-identity")]
fn service_principal(tenant: &str, client: String, secret: String) -> Result<Credential, Error> {
    azure_identity::ClientSecretCredential::new(tenant, client, secret.into(), None)
        .map(|principal| Credential::azure(principal))
        .map_err(|error| {
            Error::new(Kind::Credential, "the service principal can't be used").with_source(error)
        })
}

#[cfg(not(feature = "azure-identity"))]
fn service_principal(_: &str, _: String, _: String) -> Result<Credential, Error> {
    Err(Error::new(
        Kind::Credential,
        format!(
            "{} describe a service principal, but this program was built without the feature `azure-identity`: build it with \
             that, or set {TOKEN} to a token",
            PRINCIPAL.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::Credential;

    fn outcome(variables: &[(&str, &str)]) -> String {
        let read = |name: &str| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| (*value).to_owned())
        };
        match Credential::from_variables(read) {
            Ok(credential) => format!("{credential:?}"),
            Err(error) => {
                assert!(error.is_credential() || error.is_invalid_argument());
                error.to_string()
            }
        }
    }

    #[test]
    fn the_environment_is_a_token_or_a_service_principal() {
        let id = ("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111");
        let client = ("AZURE_CLIENT_ID", "22222222-2222-2222-2222-222222222222");
        let secret = ("AZURE_CLIENT_SECRET", "s3cret");
        let token = ("AZURE_TOKEN", " t0ken\n");

        assert_eq!(outcome(&[token]), "Credential(token)");
        assert_eq!(
            outcome(&[token, ("AZURE_CLIENT_ID", " ")]),
            "Credential(token)"
        );
        let principal = outcome(&[id, client, secret]);
        if cfg!(feature = "azure-identity") {
            assert_eq!(principal, "Credential(provider)");
        } else {
            assert!(
                principal.contains("feature `azure-identity`"),
                "{principal}"
            );
        }
        for (variables, expected) in [
            (&[][..], "no credential: set AZURE_TOKEN"),
            (
                &[id],
                "AZURE_TENANT_ID is set, but AZURE_CLIENT_ID, AZURE_CLIENT_SECRET isn't",
            ),
            (
                &[client, secret],
                "AZURE_CLIENT_ID, AZURE_CLIENT_SECRET is set, but AZURE_TENANT_ID isn't",
            ),
            (
                &[token, secret],
                "AZURE_TOKEN and AZURE_CLIENT_SECRET are both set",
            ),
            (&[("AZURE_TOKEN", "a\nb")], "the token holds a character"),
        ] {
            let said = outcome(variables);
            assert!(said.contains(expected), "{said}");
            assert!(
                !said.contains("s3cret") && !said.contains("t0ken"),
                "{said}"
            );
        }
    }
}
