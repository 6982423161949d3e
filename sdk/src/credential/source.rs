//! The credential sources and the environment variables that they need.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Kind};

pub(super) const TOKEN: &str = "AZURE_TOKEN";
pub(super) const TENANT: &str = "AZURE_TENANT_ID";
pub(super) const CLIENT: &str = "AZURE_CLIENT_ID";
pub(super) const SECRET: &str = "AZURE_CLIENT_SECRET";

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
    pub(super) fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Token => &[TOKEN],
            Self::ServicePrincipal => &[TENANT, CLIENT, SECRET],
            Self::WorkloadIdentity => &["AZURE_FEDERATED_TOKEN_FILE", TENANT, CLIENT],
            Self::AzurePipelines => &[
                "AZURESUBSCRIPTION_TENANT_ID",
                "AZURESUBSCRIPTION_CLIENT_ID",
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
                "SYSTEM_ACCESSTOKEN",
            ],
            Self::TokenFile | Self::ManagedIdentity | Self::AzureCli => &[],
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
