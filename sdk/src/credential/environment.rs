//! Credentials from environment variables, and the order of the sources.

use std::env;

use super::Credential;
use super::source::CredentialSource;
use crate::error::{Error, Kind};

const TOKEN: &str = "AZURE_TOKEN";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// The variables of `azure-pipelines`. The tasks `AzureCLI@2` and `AzurePowerShell@5` set all variables except
/// `SYSTEM_ACCESSTOKEN`, which the pipeline must map.
const PIPELINE: [&str; 4] = [
    "AZURESUBSCRIPTION_TENANT_ID",
    "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "SYSTEM_ACCESSTOKEN",
];

impl Credential {
    /// Creates a credential from the first complete source in the environment: `AZURE_TOKEN`, a service principal, a workload
    /// identity; see [`CredentialSource`]. All but the first need the feature `azure-identity`.
    ///
    /// An incomplete source is skipped, and errors show the reason. White space around a value is ignored. An empty variable counts as
    /// absent.
    ///
    /// # Errors
    ///
    /// [`is_credential`](Error::is_credential) when no source is complete, or a complete one can't be used.
    pub fn from_env() -> Result<Self, Error> {
        Environment(&process)
            .first()
            .map_err(NoCredential::into_error)
    }

    /// Creates a credential as [`from_env`](Self::from_env) does, or from the login of the Azure CLI if no source is complete.
    ///
    /// # Errors
    ///
    /// [`is_credential`](Error::is_credential) if a complete source can't be used. If no source is complete and the Azure CLI has no
    /// login, the first call fails.
    #[cfg(feature = "azure-identity")]
    pub fn from_env_or_azure_cli() -> Result<Self, Error> {
        match Environment(&process).first() {
            Ok(credential) => Ok(credential),
            Err(NoCredential::Unusable(error)) => Err(error),
            Err(NoCredential::Skipped(skipped)) => {
                Ok(Self::from_source(CredentialSource::AzureCli)?.with_skipped(skipped))
            }
        }
    }

    /// Creates a credential from one source. All but `token` need the feature `azure-identity`.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), cloud_partner_portal::Error> {
    /// use cloud_partner_portal::{Credential, CredentialSource};
    ///
    /// let source: CredentialSource = "token".parse()?;
    /// let credential = Credential::from_source(source)?;
    /// # let _ = credential;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_credential`](Error::is_credential) when the source is incomplete or can't be used.
    /// [`is_invalid_argument`](Error::is_invalid_argument) for `token-file`, which needs a path; see
    /// [`token_file`](Self::token_file).
    pub fn from_source(source: CredentialSource) -> Result<Self, Error> {
        Environment(&process)
            .source(source)
            .map_err(|reason| match reason {
                NoCredential::Unusable(error) => error,
                NoCredential::Skipped(reasons) => Error::new(
                    Kind::Credential,
                    format!("no credential: {}", reasons.join("; ")),
                ),
            })
    }
}

fn process(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// The environment variables.
struct Environment<'e>(&'e dyn Fn(&str) -> Option<String>);

/// The reason why a source has no credential.
enum NoCredential {
    /// The reasons why sources were skipped.
    Skipped(Vec<String>),
    /// The error of a source that is complete but can't be used.
    Unusable(Error),
}

impl NoCredential {
    fn into_error(self) -> Error {
        match self {
            Self::Unusable(error) => error,
            Self::Skipped(reasons) => {
                let message = format!(
                    "no credential: {}; set {TOKEN} to a token (az account get-access-token --resource \
                     https://cloudpartner.azure.com), or {TENANT}, {CLIENT} and {SECRET} to a service principal",
                    reasons.join("; ")
                );
                Error::new(Kind::Credential, message)
            }
        }
    }
}

impl Environment<'_> {
    /// Returns the credential of the first complete source.
    fn first(&self) -> Result<Credential, NoCredential> {
        let mut skipped = Vec::new();
        for source in [
            CredentialSource::Token,
            CredentialSource::ServicePrincipal,
            CredentialSource::WorkloadIdentity,
        ] {
            match self.source(source) {
                Ok(credential) => return Ok(credential.with_skipped(skipped)),
                Err(NoCredential::Skipped(reasons)) => skipped.extend(reasons),
                Err(unusable) => return Err(unusable),
            }
        }
        Err(NoCredential::Skipped(skipped))
    }

    fn source(&self, source: CredentialSource) -> Result<Credential, NoCredential> {
        match source {
            CredentialSource::Token => {
                let [token] = self.all(source, [TOKEN])?;
                Credential::token(token).map_err(NoCredential::Unusable)
            }
            CredentialSource::TokenFile => Err(NoCredential::Unusable(Error::new(
                Kind::Argument,
                "the credential source token-file needs the path of a file",
            ))),
            _ => self.azure(source),
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        self.0(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// Returns the values of the variables, or the names of the missing variables as the reason why the source is skipped.
    fn all<const N: usize>(
        &self,
        source: CredentialSource,
        names: [&str; N],
    ) -> Result<[String; N], NoCredential> {
        let values = names.map(|name| self.value(name));
        let missing: Vec<_> = names
            .iter()
            .zip(&values)
            .filter_map(|(name, value)| value.is_none().then_some(*name))
            .collect();
        if missing.is_empty() {
            return Ok(values.map(Option::unwrap_or_default));
        }
        let verb = if missing.len() == 1 {
            "isn't"
        } else {
            "aren't"
        };
        let reason = format!("{source}: {} {verb} set", missing.join(", "));
        Err(NoCredential::Skipped(vec![reason]))
    }

    #[cfg(feature = "azure-identity")]
    fn azure(&self, source: CredentialSource) -> Result<Credential, NoCredential> {
        use azure_identity as identity;

        let name = source.as_str();
        let credential = match source {
            CredentialSource::ServicePrincipal => {
                let [tenant, client, secret] = self.all(source, [TENANT, CLIENT, SECRET])?;
                Credential::azure_uncached(name, move || {
                    let (client, secret) = (client.clone(), secret.clone().into());
                    Ok(identity::ClientSecretCredential::new(
                        &tenant, client, secret, None,
                    )?)
                })
            }
            CredentialSource::WorkloadIdentity => {
                let [file, tenant, client] =
                    self.all(source, [FEDERATED_TOKEN_FILE, TENANT, CLIENT])?;
                Credential::azure_uncached(name, move || {
                    let options = identity::WorkloadIdentityCredentialOptions {
                        client_id: Some(client.clone()),
                        tenant_id: Some(tenant.clone()),
                        token_file_path: Some(file.clone().into()),
                        ..Default::default()
                    };
                    Ok(identity::WorkloadIdentityCredential::new(Some(options))?)
                })
            }
            CredentialSource::ManagedIdentity => {
                let client = self.value(CLIENT);
                Credential::azure_uncached(name, move || {
                    let options = identity::ManagedIdentityCredentialOptions {
                        user_assigned_id: client.clone().map(identity::UserAssignedId::ClientId),
                        ..Default::default()
                    };
                    Ok(identity::ManagedIdentityCredential::new(Some(options))?)
                })
            }
            CredentialSource::AzurePipelines => {
                let [tenant, client, connection, access_token] = self.all(source, PIPELINE)?;
                Credential::azure_uncached(name, move || {
                    let (tenant, client) = (tenant.clone(), client.clone());
                    Ok(identity::AzurePipelinesCredential::new(
                        tenant,
                        client,
                        &connection,
                        access_token.clone(),
                        None,
                    )?)
                })
            }
            _ => Credential::azure_uncached(name, || Ok(identity::AzureCliCredential::new(None)?)),
        };
        credential.map_err(NoCredential::Unusable)
    }

    #[cfg(not(feature = "azure-identity"))]
    fn azure(&self, source: CredentialSource) -> Result<Credential, NoCredential> {
        match source {
            CredentialSource::ServicePrincipal => {
                self.all(source, [TENANT, CLIENT, SECRET])?;
            }
            CredentialSource::WorkloadIdentity => {
                self.all(source, [FEDERATED_TOKEN_FILE, TENANT, CLIENT])?;
            }
            CredentialSource::AzurePipelines => {
                self.all(source, PIPELINE)?;
            }
            _ => {}
        }
        let reason =
            format!("{source}: this program was built without the feature `azure-identity`");
        Err(NoCredential::Skipped(vec![reason]))
    }
}

#[cfg(test)]
mod tests {
    use super::{Credential, CredentialSource, Environment, NoCredential};

    const TENANT: (&str, &str) = ("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111");
    const CLIENT: (&str, &str) = ("AZURE_CLIENT_ID", "22222222-2222-2222-2222-222222222222");
    const SECRET: (&str, &str) = ("AZURE_CLIENT_SECRET", "s3cret");
    const TOKEN: (&str, &str) = ("AZURE_TOKEN", " t0ken\n");

    fn first(variables: &[(&str, &str)]) -> String {
        let read = |name: &str| {
            let variable = variables.iter().find(|(variable, _)| *variable == name)?;
            Some(variable.1.to_owned())
        };
        let text = match Environment(&read).first() {
            Ok(credential) => credential.describe(),
            Err(error) => error.into_error().to_string(),
        };
        assert!(
            !text.contains("s3cret") && !text.contains("t0ken"),
            "{text}"
        );
        text
    }

    #[test]
    fn the_first_complete_source_is_used() {
        assert_eq!(first(&[TOKEN]), "token");
        assert_eq!(first(&[TOKEN, TENANT, CLIENT, SECRET]), "token");
        // A pipeline can set these two variables for another login.
        assert_eq!(first(&[TOKEN, TENANT, CLIENT]), "token");
        assert!(first(&[("AZURE_TOKEN", "a\nb")]).contains("the token holds a character"));
        let principal = first(&[TENANT, CLIENT, SECRET]);
        let expected = if cfg!(feature = "azure-identity") {
            "service-principal (skipped: token: AZURE_TOKEN isn't set)"
        } else {
            "service-principal: this program was built without the feature `azure-identity`"
        };
        assert!(principal.contains(expected), "{principal}");
    }

    #[test]
    fn without_a_complete_source_the_error_names_the_missing_variables() {
        for (variables, expected) in [
            (
                &[][..],
                "no credential: token: AZURE_TOKEN isn't set; service-principal: AZURE_TENANT_ID, AZURE_CLIENT_ID, \
                 AZURE_CLIENT_SECRET aren't set; workload-identity: AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, \
                 AZURE_CLIENT_ID aren't set; set AZURE_TOKEN",
            ),
            (
                &[TENANT, CLIENT],
                "service-principal: AZURE_CLIENT_SECRET isn't set; workload-identity: AZURE_FEDERATED_TOKEN_FILE isn't set",
            ),
            (&[("AZURE_TOKEN", " ")], "token: AZURE_TOKEN isn't set"),
        ] {
            let text = first(variables);
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_named_source_that_is_incomplete_is_an_error() {
        for source in [CredentialSource::Token, CredentialSource::AzurePipelines] {
            let result: Result<Credential, _> = Environment(&|_| None).source(source);
            let Err(NoCredential::Skipped(reasons)) = result else {
                panic!("{source} needs variables");
            };
            assert_eq!(reasons.len(), 1, "{reasons:?}");
        }
    }
}
