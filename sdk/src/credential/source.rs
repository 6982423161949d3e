//! Defines the credential sources and their environment variables. [`Credential::from_env`] uses the first source whose variables are all
//! set.

use std::env;
use std::fmt;
use std::str::FromStr;

use super::Credential;
#[cfg(feature = "azure-identity")]
use super::azure;
use crate::error::{Error, Kind};

const TOKEN: &str = "AZURE_TOKEN";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const PIPELINES: [&str; 4] = [
    "AZURESUBSCRIPTION_TENANT_ID",
    "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "SYSTEM_ACCESSTOKEN",
];

/// The sources that [`Credential::from_env`] tries, in this order.
const ENVIRONMENT: [CredentialSource; 3] = [
    CredentialSource::Token,
    CredentialSource::ServicePrincipal,
    CredentialSource::WorkloadIdentity,
];

/// A source of tokens for [`Credential::from_source`](crate::Credential::from_source).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CredentialSource {
    /// `token`: the token in `AZURE_TOKEN`.
    Token,
    /// `token-file`: a file that holds a token. Use [`Credential::token_file`](crate::Credential::token_file) for this source.
    /// `from_source` has no argument for the path, and returns an error.
    TokenFile,
    /// `service-principal`: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`.
    ServicePrincipal,
    /// `workload-identity`: `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`.
    WorkloadIdentity,
    /// `managed-identity`: the identity of the Azure machine. If `AZURE_CLIENT_ID` is set, the user-assigned identity with this client id
    /// is used.
    ManagedIdentity,
    /// `azure-pipelines`: the service connection of an Azure Pipelines task. The task sets
    /// `AZURESUBSCRIPTION_TENANT_ID`, `AZURESUBSCRIPTION_CLIENT_ID` and `AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`. The
    /// pipeline must set `SYSTEM_ACCESSTOKEN` to `$(System.AccessToken)`.
    AzurePipelines,
    /// `azure-cli`: the login of the Azure CLI (`az login`).
    AzureCli,
}

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
        self.name_and_variables().0
    }

    /// Returns the name, and the environment variables that the source needs.
    fn name_and_variables(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Token => ("token", &[TOKEN]),
            Self::TokenFile => ("token-file", &[]),
            Self::ServicePrincipal => ("service-principal", &[TENANT, CLIENT, SECRET]),
            Self::WorkloadIdentity => {
                ("workload-identity", &[FEDERATED_TOKEN_FILE, TENANT, CLIENT])
            }
            Self::ManagedIdentity => ("managed-identity", &[]),
            Self::AzurePipelines => ("azure-pipelines", &PIPELINES),
            Self::AzureCli => ("azure-cli", &[]),
        }
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

impl Credential {
    /// Creates a credential from environment variables. The first complete source of this list is used:
    ///
    /// 1. the token in `AZURE_TOKEN`
    /// 2. a service principal, with the feature `azure-identity`
    /// 3. a workload identity, with the feature `azure-identity`
    ///
    /// A source is complete if all its variables are set and its feature is enabled. [`CredentialSource`] names the variables. White space
    /// around a value is ignored, and an empty variable counts as absent. If a call fails because of the credential, the error shows why
    /// earlier sources were skipped.
    ///
    /// # Errors
    ///
    /// * [`is_credential`](Error::is_credential) when no source is complete, or when the Azure SDK can't create the credential of the first
    ///   complete source
    /// * [`is_invalid_argument`](Error::is_invalid_argument) when `AZURE_TOKEN` holds a character that tokens can't contain
    pub fn from_env() -> Result<Self, Error> {
        first_complete(&ENVIRONMENT, process_variable)
    }

    /// Creates a credential like [`from_env`](Self::from_env). If no source is complete, the login of the Azure CLI is used. If the Azure
    /// CLI has no login, the first call fails.
    ///
    /// # Errors
    ///
    /// * [`is_credential`](Error::is_credential) when the Azure SDK can't create the credential of the first complete source
    /// * [`is_invalid_argument`](Error::is_invalid_argument) when `AZURE_TOKEN` holds a character that tokens can't contain
    #[cfg(feature = "azure-identity")]
    pub fn from_env_or_azure_cli() -> Result<Self, Error> {
        // The source `azure-cli` needs no variable, so it is always complete.
        let sources = [&ENVIRONMENT[..], &[CredentialSource::AzureCli]].concat();
        first_complete(&sources, process_variable)
    }

    /// Creates a credential from one source. The source `token` needs no feature. All other sources except `token-file` need the feature
    /// `azure-identity`.
    ///
    /// ```no_run
    /// use cloud_partner_portal::Credential;
    ///
    /// let credential = Credential::from_source("managed-identity".parse()?)?;
    /// # Ok::<(), cloud_partner_portal::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// * [`is_credential`](Error::is_credential) when a variable of the source or the feature is missing, or when the Azure SDK can't
    ///   create the credential
    /// * [`is_invalid_argument`](Error::is_invalid_argument) when `AZURE_TOKEN` holds a character that tokens can't contain
    /// * [`is_invalid_argument`](Error::is_invalid_argument) when the source is `token-file`: use [`token_file`](Self::token_file)
    pub fn from_source(source: CredentialSource) -> Result<Self, Error> {
        let values = values(source, process_variable)
            .map_err(|reason| Error::new(Kind::Credential, format!("no credential: {reason}")))?;
        create(source, &values)
    }
}

/// A function that returns the value of an environment variable.
type Read = fn(&str) -> Option<String>;

fn process_variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Creates the credential of the first complete source. The credential's description says why earlier sources were skipped.
fn first_complete(sources: &[CredentialSource], read: Read) -> Result<Credential, Error> {
    let mut skipped = Vec::new();
    for source in sources {
        match values(*source, read) {
            Ok(values) => {
                let mut credential = create(*source, &values)?;
                if !skipped.is_empty() {
                    credential.source =
                        format!("{source} (skipped: {})", skipped.join("; ")).into();
                }
                return Ok(credential);
            }
            Err(reason) => skipped.push(reason),
        }
    }
    let message = format!(
        "no credential: {}; set {TOKEN} to a token (az account get-access-token --resource https://cloudpartner.azure.com), or set \
         {TENANT}, {CLIENT} and {SECRET} for a service principal",
        skipped.join("; ")
    );
    Err(Error::new(Kind::Credential, message))
}

/// Returns the values of the source's variables. If the source can't be used, returns the reason.
///
/// For `managed-identity`, the variable `AZURE_CLIENT_ID` is optional.
fn values(source: CredentialSource, read: Read) -> Result<Vec<String>, String> {
    let value = |name: &&str| {
        let value = read(name)?.trim().to_owned();
        Some(value).filter(|value| !value.is_empty())
    };
    let mut names = source.name_and_variables().1.to_vec();
    let is_missing = |name: &&str| value(name).is_none();
    let missing: Vec<_> = names.iter().copied().filter(is_missing).collect();
    match *missing {
        [] => {}
        [name] => return Err(format!("{source}: {name} isn't set")),
        _ => return Err(format!("{source}: {} aren't set", missing.join(", "))),
    }
    let is_azure = !matches!(
        source,
        CredentialSource::Token | CredentialSource::TokenFile
    );
    if is_azure && cfg!(not(feature = "azure-identity")) {
        return Err(format!(
            "{source}: this program was built without the feature `azure-identity`"
        ));
    }
    if source == CredentialSource::ManagedIdentity {
        names.push(CLIENT);
    }
    Ok(names.iter().filter_map(value).collect())
}

/// Creates the credential of a source. `values` are the values of the source's environment variables.
fn create(source: CredentialSource, values: &[String]) -> Result<Credential, Error> {
    match source {
        CredentialSource::Token => Credential::token(values.concat()),
        #[cfg(feature = "azure-identity")]
        _ if source != CredentialSource::TokenFile => azure::from_source(source, values),
        // Only `token-file` gets here. Without the feature `azure-identity`, the function `values` has already rejected the
        // other sources.
        _ => Err(Error::new(
            Kind::Argument,
            "the credential source token-file needs the path of a file",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{ENVIRONMENT, Read, first_complete};

    #[test]
    fn without_a_complete_source_the_error_names_every_missing_variable() {
        let blank_token: Read = |name| (name == "AZURE_TOKEN").then(|| " \n".to_owned());
        for read in [|_: &str| None, blank_token] {
            let error = first_complete(&ENVIRONMENT, read).expect_err("no source is complete");
            let expected = "no credential: token: AZURE_TOKEN isn't set; service-principal: AZURE_TENANT_ID, AZURE_CLIENT_ID, \
                            AZURE_CLIENT_SECRET aren't set; workload-identity: AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, \
                            AZURE_CLIENT_ID aren't set; set AZURE_TOKEN";
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
