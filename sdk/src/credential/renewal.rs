//! The cache of a credential's token, and the renewal of the token before it expires and after it was rejected.

use std::error::Error as StdError;
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

/// The cached token of a credential, and the function that fetches a new token. Clones share the cached token.
#[derive(Clone)]
pub(super) struct TokenCache(Arc<Inner>);

struct Inner {
    /// `None` for a token that can't be renewed.
    fetch: Option<Box<dyn Fn() -> Fetched + Send + Sync>>,
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

impl TokenCache {
    /// Creates a cache of a token that can't be renewed.
    pub(super) fn fixed(token: Token) -> Self {
        Self(Arc::new(Inner {
            fetch: None,
            cached: Mutex::new(Cached {
                token: Some(token),
                ..Cached::default()
            }),
        }))
    }

    /// Creates an empty cache, and sets the function that fetches tokens.
    pub(super) fn renewed_by<F, R>(fetch: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<AccessToken, CredentialError>> + Send + 'static,
    {
        Self(Arc::new(Inner {
            fetch: Some(Box::new(move || Box::pin(fetch()))),
            cached: Mutex::default(),
        }))
    }

    /// Returns the expiry of the cached token.
    pub(super) fn expires_at(&self) -> Option<SystemTime> {
        self.lock().token.as_ref()?.expires_at
    }

    /// Returns whether a new token can be fetched.
    pub(super) fn is_renewable(&self) -> bool {
        self.0.fetch.is_some()
    }

    /// Returns a token to send now.
    pub(super) async fn current(&self) -> Result<Token, Error> {
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
    pub(super) fn reject(&self, token: &Token) -> bool {
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

    fn lock(&self) -> MutexGuard<'_, Cached> {
        // No code panics while it holds the lock.
        self.0.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::{RENEWAL_TIMEOUT, TokenCache};

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_hangs_is_a_credential_error_of_every_waiting_call() {
        let cache = TokenCache::renewed_by(pending);
        let start = tokio::time::Instant::now();
        let clone = cache.clone();
        let (one, other) = tokio::join!(cache.current(), clone.current());
        for result in [one, other] {
            assert!(result.is_err_and(|error| error.is_credential() && error.is_timeout()));
        }
        assert_eq!(start.elapsed(), RENEWAL_TIMEOUT);
    }
}
