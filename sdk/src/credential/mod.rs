//! Credentials: how tokens are fetched, cached, renewed and dropped.

#[cfg(feature = "azure-identity")]
mod azure;
pub(crate) mod source;
pub(crate) mod token;

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use tokio::time::{Instant, timeout};

use crate::error::{Error, Kind};
use token::{AccessToken, Token};

/// The time before its expiry at which a token is renewed.
const RENEW_BEFORE: Duration = Duration::from_secs(300);
/// The minimum time between two renewals of a token that is still valid.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(30);
/// The timeout of a renewal. The Azure CLI can need 15 s.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(60);
/// The time after which a token file is read again.
const FILE_INTERVAL: Duration = Duration::from_secs(600);

/// The error type of a token provider.
pub type CredentialError = Box<dyn StdError + Send + Sync>;

type Fetched = Pin<Box<dyn Future<Output = Result<AccessToken, CredentialError>> + Send>>;
type Renewal = Pin<Box<dyn Future<Output = Result<Token, Error>> + Send>>;

/// A source of tokens with a cache. Its `Debug` doesn't show tokens.
///
/// Cloning is cheap: clones share the cache.
///
/// A token is kept until it expires. Five minutes before its expiry, the token is renewed in the background, while calls continue to
/// use it. Only one renewal runs at a time, for at most 60 s. Calls without a valid token wait for the renewal and share its error.
/// After a 401, the token is dropped and the request is sent once more with a new token, unless the provider returns the same token
/// again.
#[derive(Clone)]
pub struct Credential(Arc<Inner>);

struct Inner {
    /// The name of the source in messages.
    name: &'static str,
    /// The reasons why the sources before this source were skipped.
    skipped: Vec<String>,
    /// `None` for a token that can't be renewed.
    fetch: Option<Box<dyn Fn() -> Fetched + Send + Sync>>,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    token: Option<Token>,
    /// The earliest time of the next renewal while the token is still valid.
    next_renewal: Option<Instant>,
    /// The renewal that is running. The reference is weak, so that a renewal ends when every call that waits for it was dropped.
    renewal: Option<WeakShared<Renewal>>,
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
        Ok(Self(Arc::new(Inner {
            name: "token",
            skipped: Vec::new(),
            fetch: None,
            cache: Mutex::new(Cache {
                token: Some(token),
                ..Cache::default()
            }),
        })))
    }

    /// Creates a credential from a file that holds a token, which another program may renew. The file is read again every five
    /// minutes and after a 401. White space around the token is ignored.
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
            async move { Ok(AccessToken::new(secret?.trim()).expires_in(FILE_INTERVAL)) }
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
        Self(Arc::new(Inner {
            name,
            skipped: Vec::new(),
            fetch: Some(Box::new(move || Box::pin(fetch()))),
            cache: Mutex::default(),
        }))
    }

    /// Adds the reasons why other sources were skipped. Only for a credential that wasn't cloned yet.
    fn with_skipped(mut self, skipped: Vec<String>) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.skipped = skipped;
        }
        self
    }

    /// Returns the time at which the token expires: of a fixed token the `exp` claim, of another credential the expiry of the
    /// token that is in use. `None` when it isn't known, such as before the first call.
    ///
    /// The claim is read without verifying the token's signature. Use it for a warning, not for a decision.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.lock().token.as_ref()?.expires_at
    }

    /// Returns whether a new token can be fetched when the current token expires.
    #[must_use]
    pub fn is_renewable(&self) -> bool {
        self.0.fetch.is_some()
    }

    /// Returns the description for messages: the name of the source, and why the sources before it were skipped.
    pub(crate) fn describe(&self) -> String {
        let mut text = self.0.name.to_owned();
        if let Some(expiry) = self.expires_at().filter(|_| !self.is_renewable())
            && expiry <= SystemTime::now()
        {
            text.push_str(", which expired on ");
            text.push_str(&httpdate::fmt_http_date(expiry));
        }
        if !self.0.skipped.is_empty() {
            text.push_str(" (skipped: ");
            text.push_str(&self.0.skipped.join("; "));
            text.push(')');
        }
        text
    }

    /// Returns a token to send now.
    pub(crate) async fn current(&self) -> Result<Token, Error> {
        let renewal = {
            let mut cache = self.lock();
            let now = Instant::now();
            let is_valid = |token: &Token| !token.expires_within(Duration::ZERO, now);
            if let Some(token) = cache.token.clone().filter(is_valid) {
                if token.expires_within(RENEW_BEFORE, now)
                    && cache.next_renewal.is_none_or(|time| now >= time)
                {
                    cache.next_renewal = now.checked_add(RENEWAL_INTERVAL);
                    tokio::spawn(self.renewal(&mut cache));
                }
                return Ok(token);
            }
            self.renewal(&mut cache)
        };
        renewal.await
    }

    /// Drops a rejected token. Returns `false` if the credential can't fetch another token.
    pub(crate) fn reject(&self, token: &Token) -> bool {
        let mut cache = self.lock();
        let is_cached = |cached: &Token| cached.header == token.header;
        if self.is_renewable() && cache.token.as_ref().is_some_and(is_cached) {
            cache.token = None;
        }
        self.is_renewable()
    }

    /// Returns the renewal that is running, or starts a renewal.
    fn renewal(&self, cache: &mut Cache) -> Shared<Renewal> {
        if let Some(running) = cache.renewal.as_ref().and_then(WeakShared::upgrade) {
            return running;
        }
        let credential = self.clone();
        let renewal: Renewal = Box::pin(async move {
            let result = credential.fetch().await;
            let mut cache = credential.lock();
            cache.renewal = None;
            if let Ok(token) = &result {
                cache.token = Some(token.clone());
            }
            result
        });
        let renewal = renewal.shared();
        cache.renewal = renewal.downgrade();
        renewal
    }

    async fn fetch(&self) -> Result<Token, Error> {
        let Some(fetch) = &self.0.fetch else {
            return Err(Error::new(Kind::Credential, "there is no token"));
        };
        let Ok(fetched) = timeout(RENEWAL_TIMEOUT, fetch()).await else {
            let seconds = RENEWAL_TIMEOUT.as_secs();
            let message = format!("the credential returned no token within {seconds} s");
            return Err(Error::new(Kind::CredentialTimeout, message));
        };
        let fetched = fetched.map_err(|error| {
            Error::new(Kind::Credential, "no token could be fetched").with_source(error)
        })?;
        Token::new(&fetched).map_err(|why| {
            let message = format!("the token that was fetched {why}");
            Error::new(Kind::Credential, message)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        // No code panics while it holds the lock.
        self.0.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.0.name)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::{Credential, RENEWAL_TIMEOUT};

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_hangs_is_a_credential_error_of_every_waiting_call() {
        let credential = Credential::provider(pending);
        let start = tokio::time::Instant::now();
        let clone = credential.clone();
        let (one, other) = tokio::join!(credential.current(), clone.current());
        for result in [one, other] {
            assert!(result.is_err_and(|error| error.is_credential() && error.is_timeout()));
        }
        assert_eq!(start.elapsed(), RENEWAL_TIMEOUT);
    }
}
