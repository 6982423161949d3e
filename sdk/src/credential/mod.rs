//! Defines [`Credential`], which fetches and caches tokens. A credential renews a token before its expiry, and after the service has
//! rejected the token.

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

/// A call renews a token that expires within this time.
const RENEW_BEFORE: Duration = Duration::from_secs(300);
/// The minimum time between the starts of two renewals while the token is still valid.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(30);
/// The timeout of a renewal. The Azure CLI can need 15 s to return a token.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(60);
/// The assumed lifetime of a token from a file. The client renews a token 300 s before its expiry ([`RENEW_BEFORE`]), so it reads the file
/// again when 600 s − 300 s = 300 s have passed.
const FILE_TOKEN_LIFETIME: Duration = Duration::from_secs(600);

/// The error type of a function that returns tokens; see [`Credential::provider`].
pub type CredentialError = Box<dyn StdError + Send + Sync>;

type Fetched = Pin<Box<dyn Future<Output = Result<AccessToken, CredentialError>> + Send>>;
type Renewal = Pin<Box<dyn Future<Output = Result<Token, Error>> + Send>>;

/// A source of tokens, with a cache. `Debug` doesn't show the tokens.
///
/// Cloning is cheap: clones share the cache.
///
/// A credential that can fetch tokens renews its token:
///
/// * In the last five minutes before the expiry, a call starts a renewal in the background. Calls continue to use the old token.
/// * After the expiry, calls wait for the renewal. If the renewal fails, these calls return its error.
/// * After a 401, the credential drops the rejected token and fetches a new token. If the new token differs from the rejected token, the
///   client sends the request again. Otherwise the call fails with the 401.
///
/// Only one renewal runs at a time, for at most 60 s.
///
/// A credential that can't fetch tokens, such as [`Credential::token`], always uses the same token. For such a credential, a 401 ends
/// the call.
#[derive(Clone)]
pub struct Credential {
    /// The name of the source. For a credential of `from_env`, the text also says why earlier sources were skipped.
    source: Arc<str>,
    cache: Arc<Cache>,
}

#[derive(Default)]
struct Cache {
    /// The function that fetches a new token; `None` for a token that can't be renewed.
    fetch: Option<Box<dyn Fn() -> Fetched + Send + Sync>>,
    /// What the user can do after a timeout of `fetch`. The error message contains this advice.
    timeout_advice: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// While the token is valid, no renewal starts before this time.
    next_renewal: Option<Instant>,
    /// The running renewal, as a weak reference. Its owners are the calls that wait for it, or a background task. If all owners are
    /// dropped, the renewal is cancelled.
    renewal: Option<WeakShared<Renewal>>,
}

impl Credential {
    /// Creates a credential from a token. The token can't be renewed.
    ///
    /// This command prints a token: `az account get-access-token --resource https://cloudpartner.azure.com --query accessToken -o tsv`
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the token is empty, or holds a character that tokens can't contain.
    /// Examples are a line break, a space and `é`.
    pub fn token(secret: impl Into<String>) -> Result<Self, Error> {
        let token = Token::fixed(&secret.into())
            .map_err(|why| Error::new(Kind::Argument, format!("the token {why}")))?;
        let state = State {
            token: Some(token),
            ..State::default()
        };
        Ok(Self {
            source: "token".into(),
            cache: Arc::new(Cache {
                state: Mutex::new(state),
                ..Cache::default()
            }),
        })
    }

    /// Creates a credential from a file that holds a token. White space around the token is ignored. The client reads the file again
    /// after five minutes and after a 401, so another program can replace the token.
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the file doesn't exist. If a call needs the token and the file can't be
    /// read, the call fails with [`is_credential`](Error::is_credential).
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

    /// Creates a credential from a function that returns a token. The function never runs twice at the same time. The client waits at
    /// most 60 s for the token. The client calls the function:
    ///
    /// * before the first request
    /// * when the token expires within five minutes
    /// * after a 401
    ///
    /// ```
    /// use std::time::Duration;
    /// use cloud_partner_portal::{AccessToken, Credential};
    ///
    /// let credential = Credential::provider(|| async {
    ///     let secret = std::fs::read_to_string("/run/secrets/token")?;
    ///     Ok(AccessToken::new(secret.trim()).expires_in(Duration::from_secs(3600)))
    /// });
    /// ```
    pub fn provider<F, R>(fetch: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<AccessToken, CredentialError>> + Send + 'static,
    {
        let advice = "check why the function that returns tokens doesn't end";
        Self::fetching("provider", advice, fetch)
    }

    /// Creates a credential that calls `fetch` for each new token. `source` is the name of the source.
    fn fetching<F, R>(source: &str, timeout_advice: &str, fetch: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<AccessToken, CredentialError>> + Send + 'static,
    {
        Self {
            source: source.into(),
            cache: Arc::new(Cache {
                fetch: Some(Box::new(move || Box::pin(fetch()))),
                timeout_advice: timeout_advice.to_owned(),
                state: Mutex::default(),
            }),
        }
    }

    /// Returns the time at which the cached token expires. Returns `None` if there is no token yet, or if its expiry isn't known.
    ///
    /// For [`token`](Self::token), the time comes from the token's `exp` claim. The client doesn't verify the token's signature, so use
    /// the time for a warning, not for a decision.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.lock().token.as_ref()?.expires_at
    }

    /// Returns whether this credential can fetch a new token when the current token expires.
    #[must_use]
    pub fn is_renewable(&self) -> bool {
        self.cache.fetch.is_some()
    }

    /// Returns a description for messages: the text of the field `source`. If the token has expired and can't be renewed, the
    /// description also contains the expiry.
    pub(crate) fn describe(&self) -> String {
        match self.expires_at() {
            Some(expiry) if !self.is_renewable() && expiry <= SystemTime::now() => {
                let expiry = httpdate::fmt_http_date(expiry);
                format!("{}, which expired on {expiry}", self.source)
            }
            _ => self.source.to_string(),
        }
    }

    /// Returns what the user can do after a timeout of the credential. The error message contains this advice.
    pub(crate) fn timeout_advice(&self) -> &str {
        &self.cache.timeout_advice
    }

    /// Returns the cached token. If the token expires soon, starts a renewal in the background. If there is no valid token, waits for a
    /// renewal.
    pub(crate) async fn current(&self) -> Result<Token, Error> {
        let renewal = {
            let mut state = self.lock();
            let now = Instant::now();
            let is_valid = |token: &Token| !token.expires_within(Duration::ZERO, now);
            if let Some(token) = state.token.clone().filter(is_valid) {
                if token.expires_within(RENEW_BEFORE, now)
                    && state.next_renewal.is_none_or(|time| now >= time)
                {
                    state.next_renewal = now.checked_add(RENEWAL_INTERVAL);
                    tokio::spawn(self.renewal(&mut state));
                }
                return Ok(token);
            }
            self.renewal(&mut state)
        };
        renewal.await
    }

    /// Removes a rejected token from the cache, and returns `true`. If the credential can't fetch tokens, keeps the token and returns
    /// `false`.
    pub(crate) fn reject(&self, token: &Token) -> bool {
        if !self.is_renewable() {
            return false;
        }
        let is_rejected = |cached: &mut Token| cached.header == token.header;
        self.lock().token.take_if(is_rejected);
        true
    }

    /// Returns the running renewal. If no renewal is running, creates a renewal.
    fn renewal(&self, state: &mut State) -> Shared<Renewal> {
        if let Some(running) = state.renewal.as_ref().and_then(WeakShared::upgrade) {
            return running;
        }
        let this = self.clone();
        let renewal: Renewal = Box::pin(async move {
            let result = this.fetch().await;
            let mut state = this.lock();
            state.renewal = None;
            if let Ok(token) = &result {
                state.token = Some(token.clone());
            }
            result
        });
        let renewal = renewal.shared();
        state.renewal = renewal.downgrade();
        renewal
    }

    async fn fetch(&self) -> Result<Token, Error> {
        let Some(fetch) = &self.cache.fetch else {
            return Err(Error::new(Kind::Credential, "there is no token"));
        };
        let Ok(fetched) = timeout(RENEWAL_TIMEOUT, fetch()).await else {
            let (seconds, advice) = (RENEWAL_TIMEOUT.as_secs(), self.timeout_advice());
            let message = format!("no token could be fetched within {seconds} s; {advice}");
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

    fn lock(&self) -> MutexGuard<'_, State> {
        // The lock is never poisoned, because no code panics while it holds the lock.
        let state = self.cache.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.source)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::{Credential, RENEWAL_TIMEOUT};

    #[tokio::test(start_paused = true)]
    async fn every_call_that_waits_for_a_hanging_renewal_returns_a_credential_timeout() {
        let credential = Credential::fetching("fake", "check the network", pending);
        let start = tokio::time::Instant::now();
        let clone = credential.clone();
        let (one, other) = tokio::join!(credential.current(), clone.current());
        for result in [one, other] {
            let error = result.err().expect("no token");
            assert!(error.is_credential() && error.is_timeout(), "{error:?}");
            let expected = "no token could be fetched within 60 s; check the network";
            assert_eq!(error.to_string(), expected);
        }
        assert_eq!(start.elapsed(), RENEWAL_TIMEOUT);
    }
}
