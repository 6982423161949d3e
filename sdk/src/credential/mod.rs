//! Credentials: where tokens come from.

#[cfg(feature = "azure-identity")]
mod azure;
mod environment;
mod redaction;
pub(crate) mod renewal;
pub(crate) mod source;
pub(crate) mod token;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, Kind};
pub use renewal::Credential;
use renewal::CredentialError;
use token::{AccessToken, Token};

/// The assumed lifetime of a token from a file. Every token is renewed five minutes before its expiry, so the file is read again after
/// five minutes.
const FILE_TOKEN_LIFETIME: Duration = Duration::from_secs(600);

impl Credential {
    /// Creates a credential from a token, such as the one that
    /// `az account get-access-token --resource https://cloudpartner.azure.com` prints. The token can't be renewed.
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the token is empty or holds a character that can't be in a
    /// token, such as a line break, a space or a letter that isn't ASCII.
    pub fn token(secret: impl Into<String>) -> Result<Self, Error> {
        let token = Token::fixed(&secret.into())
            .map_err(|why| Error::new(Kind::Argument, format!("the token {why}")))?;
        Ok(Self::fixed("token", token))
    }

    /// Creates a credential from a file that holds a token. Another program may replace the token. A call reads the file again after
    /// five minutes, and after a 401. White space around the token is ignored.
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the file can't be read.
    pub fn token_file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        if let Err(error) = std::fs::metadata(&path) {
            let message = format!("the token file {} can't be read", path.display());
            return Err(Error::new(Kind::Argument, message).with_source(error));
        }
        Ok(Self::fetching("token-file", "check the file", move || {
            let secret = std::fs::read_to_string(&path);
            async move { Ok(AccessToken::new(secret?.trim()).expires_in(FILE_TOKEN_LIFETIME)) }
        }))
    }

    /// Creates a credential from a function that returns a token. The client calls the function when it needs a token. Only one call
    /// of the function runs at a time. A call that takes more than 60 s is an error.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cloud_partner_portal::{AccessToken, Credential};
    ///
    /// let credential = Credential::provider(|| async {
    ///     let secret = std::fs::read_to_string("/run/secrets/token")?;
    ///     Ok(AccessToken::new(secret.trim()).expires_in(Duration::from_secs(3600)))
    /// });
    /// # let _ = credential;
    /// ```
    pub fn provider<F, R>(fetch: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<AccessToken, CredentialError>> + Send + 'static,
    {
        let advice = "check why the function that returns tokens doesn't end";
        Self::fetching("provider", advice, fetch)
    }
}
