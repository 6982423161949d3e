//! Creates credentials that fetch tokens with the Azure SDK. This module is compiled only with the feature `azure-identity`.

use std::env;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions};
use azure_core::time::Duration;
use azure_identity::{
    AzureCliCredential, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::source::CredentialSource;
use super::token::AccessToken;
use super::{Credential, CredentialError};
use crate::error::{Error, Kind};

/// The scope of a token for this service.
const SCOPE: &str = "https://cloudpartner.azure.com/.default";

impl Credential {
    /// Creates a credential that fetches its tokens with a credential of the Azure SDK.
    ///
    /// Many credentials of the Azure SDK cache tokens, and the client can't bypass this cache. After a 401, such a credential returns the
    /// rejected token again, and the call fails with the 401. If you create the credential with
    /// [`from_source`](Self::from_source) instead, the client fetches a new token.
    ///
    /// ```no_run
    /// use cloud_partner_portal::{Client, Credential};
    ///
    /// let login = azure_identity::AzureCliCredential::new(None)?;
    /// let client = Client::builder()
    ///     .credential(Credential::azure(login))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn azure(credential: Arc<dyn TokenCredential>) -> Self {
        let advice = "check why the Azure credential doesn't return";
        Self::fetching("azure", advice, move || {
            let credential = Arc::clone(&credential);
            async move { fetch(&*credential).await }
        })
    }
}

/// Creates the credential of a source. `values` are the values of the source's environment variables.
pub(super) fn from_source(
    source: CredentialSource,
    values: &[String],
) -> Result<Credential, Error> {
    let values = values.to_vec();
    let create = move || azure_credential(source, &values);
    uncached(source.as_str(), &advice(source), create)
}

/// Returns a credential that calls `create` for each token, because an Azure credential that is used again could return a rejected token
/// from its cache.
fn uncached(
    name: &'static str,
    advice: &str,
    create: impl Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
) -> Result<Credential, Error> {
    create().map_err(|error| {
        Error::new(Kind::Credential, format!("{name} can't be used")).with_source(error)
    })?;
    Ok(Credential::fetching(name, advice, move || {
        let credential = create();
        async move { fetch(&*credential?).await }
    }))
}

/// Returns what the user can do after a timeout of the source. The error message contains this advice.
fn advice(source: CredentialSource) -> String {
    match source {
        CredentialSource::AzureCli => "run `az account get-access-token` to see why".into(),
        CredentialSource::ManagedIdentity => {
            "check that this machine has a managed identity, and can connect to 169.254.169.254"
                .into()
        }
        _ => {
            // The Azure SDK reads the same variable and has the same default.
            let address = env::var("AZURE_AUTHORITY_HOST");
            let address = address.unwrap_or("https://login.microsoftonline.com".to_owned());
            format!("check that this machine can connect to {address}")
        }
    }
}

fn azure_credential(
    source: CredentialSource,
    values: &[String],
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    // With its default options, the Azure SDK would retry a failing token request until the client's timeout for a token ends. The error
    // message would then name the timeout instead of the cause, such as a missing network connection.
    let client_options = ClientOptions {
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 4,
            max_total_elapsed: Duration::seconds(10),
            ..Default::default()
        }),
        ..Default::default()
    };
    Ok(match (source, values) {
        (CredentialSource::ServicePrincipal, [tenant, client, secret]) => {
            let (client, secret) = (client.clone(), secret.clone().into());
            let options = ClientSecretCredentialOptions { client_options };
            ClientSecretCredential::new(tenant, client, secret, Some(options))?
        }
        (CredentialSource::WorkloadIdentity, [file, tenant, client]) => {
            WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
                client_id: Some(client.clone()),
                tenant_id: Some(tenant.clone()),
                token_file_path: Some(file.into()),
            }))?
        }
        (CredentialSource::ManagedIdentity, client) => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client.first().cloned().map(UserAssignedId::ClientId),
                ..Default::default()
            }))?
        }
        (CredentialSource::AzurePipelines, [tenant, client, connection, access_token]) => {
            let (tenant, client) = (tenant.clone(), client.clone());
            let access_token = access_token.clone();
            let options = AzurePipelinesCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
            };
            AzurePipelinesCredential::new(tenant, client, connection, access_token, Some(options))?
        }
        (CredentialSource::AzureCli, _) => AzureCliCredential::new(None)?,
        _ => {
            let message = "the Azure SDK has no such credential, or a value is missing";
            let kind = ErrorKind::Credential;
            return Err(azure_core::Error::with_message(kind, message));
        }
    })
}

async fn fetch(credential: &dyn TokenCredential) -> Result<AccessToken, CredentialError> {
    let token = credential.get_token(&[SCOPE], None).await?;
    Ok(AccessToken::new(token.token.secret()).expires_at(token.expires_on))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
    use azure_core::time::{Duration, OffsetDateTime};

    /// An Azure credential that always returns the same token: `t0ken-` followed by this number.
    #[derive(Debug)]
    struct Caching(u32);

    impl TokenCredential for Caching {
        // This is the signature that the macro `async_trait` generates for `async fn get_token`.
        fn get_token<'life, 'scopes, 'scope, 'options, 'future>(
            &'life self,
            _: &'scopes [&'scope str],
            _: Option<TokenRequestOptions<'options>>,
        ) -> Pin<Box<dyn Future<Output = azure_core::Result<AccessToken>> + Send + 'future>>
        where
            'life: 'future,
            'scopes: 'future,
            'scope: 'future,
            'options: 'future,
            Self: 'future,
        {
            let expiry = OffsetDateTime::now_utc() + Duration::hours(1);
            let token = AccessToken::new(format!("t0ken-{}", self.0), expiry);
            Box::pin(async move { Ok(token) })
        }
    }

    #[tokio::test]
    async fn a_rejected_token_is_renewed_although_the_azure_credential_caches_it() {
        let number = AtomicU32::new(0);
        let create = move || -> azure_core::Result<Arc<dyn TokenCredential>> {
            Ok(Arc::new(Caching(number.fetch_add(1, Ordering::Relaxed))))
        };
        let credential = super::uncached("fake", "", create).expect("a credential");
        let token = credential.current().await.expect("a token");
        assert!(credential.reject(&token));
        let renewed = credential.current().await.expect("a token");
        assert_ne!(token.header, renewed.header);
    }
}
