//! Credentials of the Azure SDK, with the feature `azure-identity`.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;

use crate::{AccessToken, Credential};

/// What a token for this service is asked for. (The v1 endpoint of Microsoft Entra ID wants the part before `/.default`.)
const SCOPE: &str = "https://cloudpartner.azure.com/.default";

impl Credential {
    /// Tokens of any credential of the Azure SDK, asked for with this service's scope.
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
        Self::provider(move || {
            let credential = Arc::clone(&credential);
            async move {
                let token = credential.get_token(&[SCOPE], None).await?;
                Ok(AccessToken::new(token.token.secret()).expires_at(token.expires_on))
            }
        })
    }
}
