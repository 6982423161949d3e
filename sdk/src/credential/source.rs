//! The credential sources, and credentials from environment variables.

use std::env;
use std::fmt;
use std::str::FromStr;

use super::Credential;
use crate::error::{Error, Kind};

const TOKEN: &str = "AZURE_TOKEN";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";

/// A source of tokens for [`Credential::from_source`](crate::Credential::from_source).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CredentialSource {
    /// `token`: the token in `AZURE_TOKEN`.
    Token,
    /// `token-file`: a file that holds a token; see [`Credential::token_file`](crate::Credential::token_file).
    TokenFile,
    /// `service-principal`: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`.
    ServicePrincipal,
    /// `workload-identity`: `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`.
    WorkloadIdentity,
    /// `managed-identity`: the identity of the Azure machine, or the user-assigned identity in `AZURE_CLIENT_ID`.
    ManagedIdentity,
    /// `azure-pipelines`: the service connection of a task of Azure Pipelines. The task sets
    /// `AZURESUBSCRIPTION_TENANT_ID`, `AZURESUBSCRIPTION_CLIENT_ID` and `AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`; the
    /// pipeline must map `SYSTEM_ACCESSTOKEN`.
    AzurePipelines,
    /// `azure-cli`: the login of the Azure CLI (`az login`).
    AzureCli,
}

/// Reads an environment variable.
type Read<'r> = &'r dyn Fn(&str) -> Option<String>;

impl CredentialSource {
    /// All sources.
    pub const ALL: &'static [Self] = &[
        Self::Token,
        Self::TokenFile,
        Self::ServicePrincipal,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::AzurePipelines,
        Self::AzureCli,
    ];

    /// Returns the name, such as `service-principal`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::TokenFile => "token-file",
            Self::ServicePrincipal => "service-principal",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::AzurePipelines => "azure-pipelines",
            Self::AzureCli => "azure-cli",
        }
    }

    /// Returns the environment variables that the source needs.
    fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Token => &[TOKEN],
            Self::ServicePrincipal => &[TENANT, CLIENT, SECRET],
            Self::WorkloadIdentity => &["AZURE_FEDERATED_TOKEN_FILE", TENANT, CLIENT],
            // The tasks `AzureCLI@2` and `AzurePowerShell@5` set all variables except the last, which the pipeline must map.
            Self::AzurePipelines => &[
                "AZURESUBSCRIPTION_TENANT_ID",
                "AZURESUBSCRIPTION_CLIENT_ID",
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
                "SYSTEM_ACCESSTOKEN",
            ],
            Self::TokenFile | Self::ManagedIdentity | Self::AzureCli => &[],
        }
    }

    /// Returns the values of the variables, or the reason why the source can't be used. A managed identity needs no variable; its client
    /// id is returned if it is set.
    fn values(self, read: Read<'_>) -> Result<Vec<String>, String> {
        let value = |name: &str| {
            let value = read(name)?.trim().to_owned();
            Some(value).filter(|value| !value.is_empty())
        };
        let names = self.variables().iter().copied();
        let missing: Vec<_> = names.clone().filter(|name| value(name).is_none()).collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 {
                "isn't"
            } else {
                "aren't"
            };
            return Err(format!("{self}: {} {verb} set", missing.join(", ")));
        }
        if !cfg!(feature = "azure-identity") && !matches!(self, Self::Token | Self::TokenFile) {
            return Err(format!("{self}: {WITHOUT_FEATURE}"));
        }
        let optional = (self == Self::ManagedIdentity).then_some(CLIENT);
        Ok(names.chain(optional).filter_map(value).collect())
    }

    /// Creates the credential from the values of the variables.
    fn credential(self, values: &[String]) -> Result<Credential, Error> {
        match self {
            Self::Token => Credential::token(values.concat()),
            Self::TokenFile => Err(Error::new(
                Kind::Argument,
                "the credential source token-file needs the path of a file",
            )),
            #[cfg(feature = "azure-identity")]
            _ => super::azure::from_source(self, values),
            #[cfg(not(feature = "azure-identity"))]
            _ => Err(Error::new(Kind::Credential, WITHOUT_FEATURE)),
        }
    }
}

const WITHOUT_FEATURE: &str = "this program was built without the feature `azure-identity`";

/// Returns the first complete source with the values of its variables, and the reasons why the sources before it were skipped.
fn first_complete(read: Read<'_>) -> (Option<(CredentialSource, Vec<String>)>, Vec<String>) {
    let mut skipped = Vec::new();
    for source in [
        CredentialSource::Token,
        CredentialSource::ServicePrincipal,
        CredentialSource::WorkloadIdentity,
    ] {
        match source.values(read) {
            Ok(values) => return (Some((source, values)), skipped),
            Err(reason) => skipped.push(reason),
        }
    }
    (None, skipped)
}

fn process_variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

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
        Self::from_variables(&process_variable)
    }

    fn from_variables(read: Read<'_>) -> Result<Self, Error> {
        let (first, skipped) = first_complete(read);
        let Some((source, values)) = first else {
            let message = format!(
                "no credential: {}; set {TOKEN} to a token (az account get-access-token --resource \
                 https://cloudpartner.azure.com), or {TENANT}, {CLIENT} and {SECRET} to a service principal",
                skipped.join("; ")
            );
            return Err(Error::new(Kind::Credential, message));
        };
        Ok(source.credential(&values)?.with_skipped(skipped))
    }

    /// Creates a credential as [`from_env`](Self::from_env) does, or from the login of the Azure CLI if no source is complete.
    ///
    /// # Errors
    ///
    /// [`is_credential`](Error::is_credential) if a complete source can't be used. If no source is complete and the Azure CLI has no
    /// login, the first call fails.
    #[cfg(feature = "azure-identity")]
    pub fn from_env_or_azure_cli() -> Result<Self, Error> {
        let (first, skipped) = first_complete(&process_variable);
        let (source, values) = first.unwrap_or((CredentialSource::AzureCli, Vec::new()));
        Ok(source.credential(&values)?.with_skipped(skipped))
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
        let values = source
            .values(&process_variable)
            .map_err(|reason| Error::new(Kind::Credential, format!("no credential: {reason}")))?;
        source.credential(&values)
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CredentialSource {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let source = Self::ALL.iter().find(|source| source.as_str() == name);
        source.copied().ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|source| source.as_str()).collect();
            let message = format!(
                "{name:?} is no credential source: use one of {}",
                names.join(", ")
            );
            Error::new(Kind::Argument, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Credential;

    const TENANT: (&str, &str) = ("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111");
    const CLIENT: (&str, &str) = ("AZURE_CLIENT_ID", "22222222-2222-2222-2222-222222222222");
    const SECRET: (&str, &str) = ("AZURE_CLIENT_SECRET", "s3cret");
    const TOKEN: (&str, &str) = ("AZURE_TOKEN", " t0ken\n");

    #[test]
    fn the_first_complete_source_is_used_and_the_reasons_for_skipped_sources_are_described() {
        let principal = if cfg!(feature = "azure-identity") {
            "service-principal (skipped: token: AZURE_TOKEN isn't set)"
        } else {
            "service-principal: this program was built without the feature `azure-identity`"
        };
        for (variables, expected) in [
            (&[TOKEN][..], "token"),
            (&[TOKEN, TENANT, CLIENT, SECRET], "token"),
            // A pipeline can set these two variables for another login.
            (&[TOKEN, TENANT, CLIENT], "token"),
            (&[TENANT, CLIENT, SECRET], principal),
            (&[("AZURE_TOKEN", "a\nb")], "the token holds a character"),
            (&[("AZURE_TOKEN", " ")], "token: AZURE_TOKEN isn't set"),
            (
                &[],
                "no credential: token: AZURE_TOKEN isn't set; service-principal: AZURE_TENANT_ID, AZURE_CLIENT_ID, \
                 AZURE_CLIENT_SECRET aren't set; workload-identity: AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, \
                 AZURE_CLIENT_ID aren't set; set AZURE_TOKEN",
            ),
        ] {
            let credential = Credential::from_variables(&|name| {
                let mut variables = variables.iter();
                let (_, value) = variables.find(|(variable, _)| *variable == name)?;
                Some((*value).to_owned())
            });
            let text = match &credential {
                Ok(credential) => credential.describe(),
                Err(error) => error.to_string(),
            };
            assert!(text.starts_with(expected) || credential.is_err(), "{text}");
            assert!(text.contains(expected), "{text}");
            assert!(
                !text.contains("s3cret") && !text.contains("t0ken"),
                "{text}"
            );
        }
    }
}
