//! Adapters for credentials of the Azure SDK, with the feature `azure-identity`.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;

use super::token::AccessToken;
use super::{Credential, CredentialError};
use crate::error::{Error, Kind};

/// The scope of a token for this service. (The v1 endpoint of Microsoft Entra ID expects the part before `/.default`.)
const SCOPE: &str = "https://cloudpartner.azure.com/.default";

impl Credential {
    /// Creates a credential from any credential of the Azure SDK. Its tokens have this service's scope.
    ///
    /// Many Azure credentials have a cache that `TokenCredential` can't bypass. After a 401, such a credential returns the rejected
    /// token again. The client doesn't send the rejected token again, and the call fails with the 401. Credentials from
    /// [`from_source`](Self::from_source) don't have this limitation.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use cloud_partner_portal::{Client, Credential};
    ///
    /// let login = azure_identity::AzureCliCredential::new(None)?;
    /// let client = Client::builder()
    ///     .credential(Credential::azure(login))
    ///     .build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    pub fn azure(credential: Arc<dyn TokenCredential>) -> Self {
        Self::fetching("azure", move || {
            let credential = Arc::clone(&credential);
            async move { fetch(&*credential).await }
        })
    }

    /// Creates a credential that creates a new Azure credential for each token, so that no cache returns a rejected token.
    pub(super) fn azure_uncached(
        name: &'static str,
        make: impl Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        make().map_err(|error| {
            Error::new(Kind::Credential, format!("{name} can't be used")).with_source(error)
        })?;
        Ok(Self::fetching(name, move || {
            let credential = make();
            async move { fetch(&*credential?).await }
        }))
    }
}

async fn fetch(credential: &dyn TokenCredential) -> Result<AccessToken, CredentialError> {
    let token = credential.get_token(&[SCOPE], None).await?;
    Ok(AccessToken::new(token.token.secret()).expires_at(token.expires_on))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
    use azure_core::time::{Duration, OffsetDateTime};

    use super::Credential;

    static MADE: AtomicU32 = AtomicU32::new(0);

    /// Returns the same token each time, as the credentials of `azure_identity` do.
    #[derive(Debug)]
    struct Caching(String);

    impl Caching {
        fn make() -> Arc<dyn TokenCredential> {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            Arc::new(Self(format!("t0ken-{number}")))
        }
    }

    impl TokenCredential for Caching {
        // The signature that the macro `async_trait` generates for `async fn get_token`.
        fn get_token<'life, 'scopes, 'scope, 'options, 'future>(
            &'life self,
            _: &'scopes [&'scope str],
            _: Option<TokenRequestOptions<'options>>,
        ) -> std::pin::Pin<Box<dyn Future<Output = azure_core::Result<AccessToken>> + Send + 'future>>
        where
            'life: 'future,
            'scopes: 'future,
            'scope: 'future,
            'options: 'future,
            Self: 'future,
        {
            let expiry = OffsetDateTime::now_utc() + Duration::hours(1);
            let token = AccessToken::new(self.0.clone(), expiry);
            Box::pin(async move { Ok(token) })
        }
    }

    #[tokio::test]
    async fn a_rejected_token_is_not_renewed_by_a_credential_that_caches_it() {
        let credential = Credential::azure(Caching::make());
        let token = credential.current().await.expect("a token");
        assert!(credential.reject(&token));
        let again = credential.current().await.expect("a token");
        assert_eq!(token.header, again.header);
    }

    #[tokio::test]
    async fn a_rejected_token_is_renewed_by_a_credential_without_a_cache() {
        let credential =
            Credential::azure_uncached("fake", || Ok(Caching::make())).expect("a credential");
        let token = credential.current().await.expect("a token");
        assert!(credential.reject(&token));
        let again = credential.current().await.expect("a token");
        assert_ne!(token.header, again.header);
    }
}
