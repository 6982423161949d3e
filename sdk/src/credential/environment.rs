//! Credentials from environment variables: which source is used, and why the sources before it were skipped.

use std::env;

use super::Credential;
#[cfg(feature = "azure-identity")]
use super::azure;
use super::source::{CLIENT, CredentialSource, SECRET, TENANT, TOKEN};
use crate::error::{Error, Kind};

/// The sources that need nothing but environment variables, in the order in which they are tried.
const SOURCES: [CredentialSource; 3] = [
    CredentialSource::Token,
    CredentialSource::ServicePrincipal,
    CredentialSource::WorkloadIdentity,
];

/// Reads an environment variable.
type Read<'r> = &'r dyn Fn(&str) -> Option<String>;

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
        first_complete(&SOURCES, &process_variable)
    }

    /// Creates a credential as [`from_env`](Self::from_env) does, or from the login of the Azure CLI if no source is complete.
    ///
    /// # Errors
    ///
    /// [`is_credential`](Error::is_credential) if a complete source can't be used. If no source is complete and the Azure CLI has no
    /// login, the first call fails.
    #[cfg(feature = "azure-identity")]
    pub fn from_env_or_azure_cli() -> Result<Self, Error> {
        // The Azure CLI needs no variable, so this source is complete.
        let sources = [&SOURCES[..], &[CredentialSource::AzureCli]].concat();
        first_complete(&sources, &process_variable)
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
        let values = values(source, &process_variable)
            .map_err(|reason| Error::new(Kind::Credential, format!("no credential: {reason}")))?;
        create(source, &values)
    }
}

/// Creates the credential of the first complete source.
fn first_complete(sources: &[CredentialSource], read: Read<'_>) -> Result<Credential, Error> {
    let mut skipped = Vec::new();
    for source in sources {
        match values(*source, read) {
            Ok(values) => return Ok(create(*source, &values)?.with_skipped(&skipped)),
            Err(reason) => skipped.push(reason),
        }
    }
    let message = format!(
        "no credential: {}; set {TOKEN} to a token (az account get-access-token --resource https://cloudpartner.azure.com), or \
         {TENANT}, {CLIENT} and {SECRET} to a service principal",
        skipped.join("; ")
    );
    Err(Error::new(Kind::Credential, message))
}

/// Returns the values of the source's variables, or the reason why the source can't be used. A managed identity needs no variable; its
/// client id is returned if it is set.
fn values(source: CredentialSource, read: Read<'_>) -> Result<Vec<String>, String> {
    let value = |name: &&str| {
        let value = read(name)?.trim().to_owned();
        Some(value).filter(|value| !value.is_empty())
    };
    let mut names = source.variables().to_vec();
    let is_missing = |name: &&str| value(name).is_none();
    let missing: Vec<_> = names.iter().copied().filter(is_missing).collect();
    if !missing.is_empty() {
        let verb = if missing.len() == 1 {
            "isn't"
        } else {
            "aren't"
        };
        return Err(format!("{source}: {} {verb} set", missing.join(", ")));
    }
    if cfg!(not(feature = "azure-identity"))
        && !matches!(
            source,
            CredentialSource::Token | CredentialSource::TokenFile
        )
    {
        return Err(format!(
            "{source}: this program was built without the feature `azure-identity`"
        ));
    }
    if source == CredentialSource::ManagedIdentity {
        names.push(CLIENT);
    }
    Ok(names.iter().filter_map(value).collect())
}

/// Creates the credential of a source from the values of its variables.
fn create(source: CredentialSource, values: &[String]) -> Result<Credential, Error> {
    match source {
        CredentialSource::Token => Credential::token(values.concat()),
        #[cfg(feature = "azure-identity")]
        CredentialSource::ServicePrincipal
        | CredentialSource::WorkloadIdentity
        | CredentialSource::ManagedIdentity
        | CredentialSource::AzurePipelines
        | CredentialSource::AzureCli => azure::from_source(source, values),
        // Without the feature `azure-identity`, `values` has rejected every source but the token's.
        _ => Err(Error::new(
            Kind::Argument,
            "the credential source token-file needs the path of a file",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{SOURCES, first_complete};

    #[test]
    fn without_a_complete_source_the_error_names_every_missing_variable() {
        for token in [None, Some(" \n".to_owned())] {
            let read = |name: &str| token.clone().filter(|_| name == "AZURE_TOKEN");
            let error = first_complete(&SOURCES, &read).expect_err("no source is complete");
            let expected = "no credential: token: AZURE_TOKEN isn't set; service-principal: AZURE_TENANT_ID, AZURE_CLIENT_ID, \
                            AZURE_CLIENT_SECRET aren't set; workload-identity: AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, \
                            AZURE_CLIENT_ID aren't set; set AZURE_TOKEN";
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
