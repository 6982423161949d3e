//! A credential: its cached token, and the renewal of the token before it expires and after it was rejected.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use tokio::time::{Instant, timeout};

use super::token::{AccessToken, Token};
use crate::error::{Error, Kind};

/// A call renews a token that expires within this time.
const RENEW_BEFORE: Duration = Duration::from_secs(300);
/// The minimum time between two renewals of a token that is still valid.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(30);
/// The timeout of a renewal. The Azure CLI can need 15 s.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(60);

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
pub struct Credential {
    /// The name of the source, and why the sources before it were skipped.
    source: Arc<str>,
    cache: Arc<Cache>,
}

struct Cache {
    /// The function that fetches a new token; `None` for a token that can't be renewed.
    fetch: Option<Box<dyn Fn() -> Fetched + Send + Sync>>,
    /// What to do when `fetch` returns no token in time.
    timeout_advice: String,
    cached: Mutex<Cached>,
}

#[derive(Default)]
struct Cached {
    token: Option<Token>,
    /// The earliest time of the next renewal while the token is still valid.
    next_renewal: Option<Instant>,
    /// The renewal that is running. The reference is weak, so that a renewal ends when every call that waits for it was dropped.
    renewal: Option<WeakShared<Renewal>>,
}

impl Credential {
    /// Creates a credential whose token can't be renewed.
    pub(super) fn fixed(source: &str, token: Token) -> Self {
        let cached = Cached {
            token: Some(token),
            ..Cached::default()
        };
        Self {
            source: source.into(),
            cache: Arc::new(Cache {
                fetch: None,
                timeout_advice: String::new(),
                cached: Mutex::new(cached),
            }),
        }
    }

    /// Creates a credential from the name of its source, the advice for a timeout, and the function that fetches a token.
    pub(super) fn fetching<F, R>(source: &str, timeout_advice: &str, fetch: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<AccessToken, CredentialError>> + Send + 'static,
    {
        Self {
            source: source.into(),
            cache: Arc::new(Cache {
                fetch: Some(Box::new(move || Box::pin(fetch()))),
                timeout_advice: timeout_advice.to_owned(),
                cached: Mutex::default(),
            }),
        }
    }

    /// Adds the reasons why other sources were skipped.
    pub(super) fn with_skipped(mut self, reasons: &[String]) -> Self {
        if !reasons.is_empty() {
            let reasons = reasons.join("; ");
            self.source = format!("{} (skipped: {reasons})", self.source).into();
        }
        self
    }

    /// Returns the time at which the token expires, or `None` if it isn't known, such as before the first call. For
    /// [`token`](Self::token), this is the token's `exp` claim. For any other credential, it is the expiry of the cached token.
    ///
    /// The claim is read without verifying the token's signature. Use it for a warning, not for a decision.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.lock().token.as_ref()?.expires_at
    }

    /// Returns whether a new token can be fetched when the current token expires.
    #[must_use]
    pub fn is_renewable(&self) -> bool {
        self.cache.fetch.is_some()
    }

    /// Returns the description for messages: the name of the source, why the sources before it were skipped, and the expiry of an
    /// expired token that can't be renewed.
    pub(crate) fn describe(&self) -> String {
        let expiry = self.expires_at().filter(|_| !self.is_renewable());
        match expiry.filter(|expiry| *expiry <= SystemTime::now()) {
            Some(expiry) => {
                let expiry = httpdate::fmt_http_date(expiry);
                format!("{}, which expired on {expiry}", self.source)
            }
            None => self.source.to_string(),
        }
    }

    /// Returns what to do when the credential returns no token in time.
    pub(crate) fn timeout_advice(&self) -> &str {
        &self.cache.timeout_advice
    }

    /// Returns a token to send now.
    pub(crate) async fn current(&self) -> Result<Token, Error> {
        let renewal = {
            let mut cached = self.lock();
            let now = Instant::now();
            let is_valid = |token: &Token| !token.expires_within(Duration::ZERO, now);
            if let Some(token) = cached.token.clone().filter(is_valid) {
                if token.expires_within(RENEW_BEFORE, now)
                    && cached.next_renewal.is_none_or(|time| now >= time)
                {
                    cached.next_renewal = now.checked_add(RENEWAL_INTERVAL);
                    tokio::spawn(self.renewal(&mut cached));
                }
                return Ok(token);
            }
            self.renewal(&mut cached)
        };
        renewal.await
    }

    /// Drops a rejected token. Returns `false` if the credential can't fetch another token.
    pub(crate) fn reject(&self, token: &Token) -> bool {
        let mut cached = self.lock();
        let is_same = |other: &Token| other.header == token.header;
        if self.is_renewable() && cached.token.as_ref().is_some_and(is_same) {
            cached.token = None;
        }
        self.is_renewable()
    }

    /// Returns the renewal that is running, or starts a renewal.
    fn renewal(&self, cached: &mut Cached) -> Shared<Renewal> {
        if let Some(running) = cached.renewal.as_ref().and_then(WeakShared::upgrade) {
            return running;
        }
        let this = self.clone();
        let renewal: Renewal = Box::pin(async move {
            let result = this.fetch().await;
            let mut cached = this.lock();
            cached.renewal = None;
            if let Ok(token) = &result {
                cached.token = Some(token.clone());
            }
            result
        });
        let renewal = renewal.shared();
        cached.renewal = renewal.downgrade();
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

    fn lock(&self) -> MutexGuard<'_, Cached> {
        // No code panics while it holds the lock.
        let cached = self.cache.cached.lock();
        cached.unwrap_or_else(PoisonError::into_inner)
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
    async fn a_renewal_that_hangs_is_a_credential_error_of_every_waiting_call() {
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
