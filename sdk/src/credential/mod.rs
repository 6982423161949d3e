//! Credentials: where tokens come from, and how messages name the source.

#[cfg(feature = "azure-identity")]
mod azure;
mod redaction;
pub(crate) mod renewal;
pub(crate) mod source;
pub(crate) mod token;

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::{Error, Kind};
use renewal::{CredentialError, TokenCache};
use token::{AccessToken, Token};

/// The assumed lifetime of a token from a file. The file is read again five minutes earlier, as for every token that expires.
const FILE_TOKEN_LIFETIME: Duration = Duration::from_secs(600);

/// A source of tokens with a cache. Its `Debug` doesn't show tokens.
///
/// Cloning is cheap: clones share the cache.
///
/// A token is kept until it expires. Five minutes before its expiry, the token is renewed in the background, while calls continue to
/// use it. Only one renewal runs at a time, for at most 60 s. Calls without a valid token wait for the renewal and share its error.
/// After a 401, the token is dropped and the request is sent once more with a new token, unless the provider returns the same token
/// again.
#[derive(Clone)]
pub struct Credential {
    /// The name of the source in messages.
    name: &'static str,
    /// The reasons why the sources before this source were skipped.
    skipped: Arc<[String]>,
    cache: TokenCache,
}

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
        Ok(Self::new("token", TokenCache::fixed(token)))
    }

    /// Creates a credential from a file that holds a token, which another program may renew. A call reads the file again if the
    /// last reading is more than five minutes ago, and after a 401. White space around the token is ignored.
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
        let fetch = move || {
            let secret = std::fs::read_to_string(&path);
            async move { Ok(AccessToken::new(secret?.trim()).expires_in(FILE_TOKEN_LIFETIME)) }
        };
        Ok(Self::fetching("token-file", fetch))
    }

    /// Creates a credential from a function that returns a token. The client calls the function when a token is needed, and never
    /// concurrently. A function that takes more than 60 s is an error.
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
        Self::fetching("provider", fetch)
    }

    fn fetching<F, R>(name: &'static str, fetch: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<AccessToken, CredentialError>> + Send + 'static,
    {
        Self::new(name, TokenCache::renewed_by(fetch))
    }

    fn new(name: &'static str, cache: TokenCache) -> Self {
        Self {
            name,
            skipped: Arc::default(),
            cache,
        }
    }

    /// Sets the reasons why other sources were skipped.
    fn with_skipped(self, skipped: Vec<String>) -> Self {
        Self {
            skipped: skipped.into(),
            ..self
        }
    }

    /// Returns the time at which the token expires, or `None` if it isn't known, such as before the first call. For
    /// [`token`](Self::token), this is the token's `exp` claim. For any other credential, it is the expiry of the cached token.
    ///
    /// The claim is read without verifying the token's signature. Use it for a warning, not for a decision.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.cache.expires_at()
    }

    /// Returns whether a new token can be fetched when the current token expires.
    #[must_use]
    pub fn is_renewable(&self) -> bool {
        self.cache.is_renewable()
    }

    /// Returns the description for messages: the name of the source, the expiry of an expired fixed token, and why the sources before
    /// it were skipped.
    pub(crate) fn describe(&self) -> String {
        let mut text = self.name.to_owned();
        if let Some(expiry) = self.expires_at().filter(|_| !self.is_renewable())
            && expiry <= SystemTime::now()
        {
            text.push_str(", which expired on ");
            text.push_str(&httpdate::fmt_http_date(expiry));
        }
        if !self.skipped.is_empty() {
            text.push_str(" (skipped: ");
            text.push_str(&self.skipped.join("; "));
            text.push(')');
        }
        text
    }

    /// Returns a token to send now.
    pub(crate) async fn current(&self) -> Result<Token, Error> {
        self.cache.current().await
    }

    /// Drops a rejected token. Returns `false` if the credential can't fetch another token.
    pub(crate) fn reject(&self, token: &Token) -> bool {
        self.cache.reject(token)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.name)
    }
}
