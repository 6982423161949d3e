//! Where the token comes from, and when it is fetched anew.

#[cfg(feature = "azure-identity")]
mod azure;
mod environment;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use tokio::time::Instant;

use crate::Error;
use crate::error::Kind;

/// How long before its expiry a token is fetched anew.
const REFRESH_BEFORE: Duration = Duration::from_secs(300);
/// How long no other refresh is tried after one that failed, or that gave a token which soon ends too.
const PAUSE_AFTER_REFRESH: Duration = Duration::from_secs(30);

/// What a provider of tokens fails with.
pub type CredentialError = Box<dyn StdError + Send + Sync>;

type Fetch = dyn Fn() -> Pin<Box<dyn Future<Output = Result<AccessToken, CredentialError>> + Send>>
    + Send
    + Sync;

/// A Microsoft Entra ID token for this service, and how long it lasts. Its `Debug` doesn't show it.
#[derive(Clone)]
pub struct AccessToken {
    secret: String,
    expires: Option<SystemTime>,
}

impl AccessToken {
    /// A token without a known end.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            expires: None,
        }
    }

    /// The same token, known to end at `time`. It is fetched anew five minutes before.
    #[must_use]
    pub fn expires_at(mut self, time: impl Into<SystemTime>) -> Self {
        self.expires = Some(time.into());
        self
    }

    /// The same token, known to end after `time`. It is fetched anew five minutes before.
    #[must_use]
    pub fn expires_in(self, time: Duration) -> Self {
        let end = SystemTime::now().checked_add(time);
        Self {
            expires: end.or(self.expires),
            ..self
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("secret", &"[redacted]")
            .field("expires", &self.expires)
            .finish()
    }
}

/// Where a client's tokens come from. Its `Debug` doesn't show them.
///
/// Tokens that end are kept until five minutes before their end. Then one call fetches the next one while the others go on with
/// the old; when that fails, the old one is used as long as it is valid. After a 401 a token is dropped, and the call tried
/// once more with a new one.
pub struct Credential {
    source: Source,
    cache: Mutex<Cache>,
    /// Held by the one that fetches.
    fetching: tokio::sync::Mutex<()>,
}

enum Source {
    /// Always the same token, which can't be fetched anew.
    Fixed,
    Provider(Box<Fetch>),
}

#[derive(Default)]
struct Cache {
    token: Option<Token>,
    /// When a refresh may be tried again after one that failed.
    not_before: Option<Instant>,
}

/// A token that is ready to send.
#[derive(Clone)]
pub(crate) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(crate) header: HeaderValue,
    expires: Option<Instant>,
}

impl Credential {
    /// The same token for ever, such as the one that
    /// `az account get-access-token --resource https://cloudpartner.azure.com` prints.
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the token is empty or holds a character that can't be in a
    /// token, such as a line break, a space or a letter that isn't ASCII.
    pub fn token(secret: impl Into<String>) -> Result<Self, Error> {
        let token = Token::new(&AccessToken::new(secret))
            .map_err(|why| Error::new(Kind::Argument, format!("the token {why}")))?;
        Ok(Self {
            source: Source::Fixed,
            cache: Mutex::new(Cache {
                token: Some(token),
                not_before: None,
            }),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// Tokens from a function of your own, called whenever a new one is needed and never by two calls at once.
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
        Self {
            source: Source::Provider(Box::new(move || Box::pin(fetch()))),
            cache: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// The token to send now.
    pub(crate) async fn current(&self) -> Result<Token, Error> {
        let now = Instant::now();
        let (valid, due) = self.cached(now);
        match valid {
            Some(token) if !due => Ok(token),
            Some(token) => {
                // Whoever comes while the one is fetching goes on with the old token.
                let Ok(_one) = self.fetching.try_lock() else {
                    return Ok(token);
                };
                let fresh = self.fetch().await;
                self.lock().not_before = Some(Instant::now() + PAUSE_AFTER_REFRESH);
                Ok(fresh.unwrap_or(token))
            }
            None => {
                let _one = self.fetching.lock().await;
                // Somebody else may have fetched it meanwhile.
                match self.cached(Instant::now()).0 {
                    Some(token) => Ok(token),
                    None => self.fetch().await,
                }
            }
        }
    }

    /// Drops a token that the service refused. `false` when no other one can be had.
    pub(crate) fn refused(&self, token: &Token) -> bool {
        if matches!(self.source, Source::Fixed) {
            return false;
        }
        let mut cache = self.lock();
        if cache
            .token
            .as_ref()
            .is_some_and(|cached| cached.header == token.header)
        {
            *cache = Cache::default();
        }
        true
    }

    /// The token that is still valid, and whether it is time for the next.
    fn cached(&self, now: Instant) -> (Option<Token>, bool) {
        let cache = self.lock();
        let valid = cache
            .token
            .clone()
            .filter(|token| token.expires.is_none_or(|end| now < end));
        let due = valid
            .as_ref()
            .and_then(|token| token.expires)
            .is_some_and(|end| now + REFRESH_BEFORE >= end)
            && cache.not_before.is_none_or(|time| now >= time);
        (valid, due)
    }

    async fn fetch(&self) -> Result<Token, Error> {
        let Source::Provider(fetch) = &self.source else {
            return Err(Error::new(Kind::Credential, "there is no token"));
        };
        let token = fetch().await.map_err(|error| {
            Error::new(Kind::Credential, "no token could be had").with_source(error)
        })?;
        let token = Token::new(&token).map_err(|why| {
            Error::new(
                Kind::Credential,
                format!("the token that was fetched {why}"),
            )
        })?;
        *self.lock() = Cache {
            token: Some(token.clone()),
            not_before: None,
        };
        Ok(token)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        // Nothing that holds the lock can panic half-way.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::Fixed => "Credential(token)",
            Source::Provider(_) => "Credential(provider)",
        })
    }
}

impl Token {
    fn new(token: &AccessToken) -> Result<Self, &'static str> {
        if token.secret.is_empty() {
            return Err("is empty");
        }
        // HTTP would let more through, but no token has it, and neither do servers take it.
        let mut header = Some(&token.secret)
            .filter(|secret| secret.bytes().all(|byte| byte.is_ascii_graphic()))
            .and_then(|secret| HeaderValue::from_str(&format!("Bearer {secret}")).ok())
            .ok_or(
                "holds a character that can't be in a token, such as a line break; was it read from a file with one at its end?",
            )?;
        header.set_sensitive(true);
        // Deadlines are kept on the steady clock, so that a change of the wall clock doesn't revive a token.
        let expires = token.expires.and_then(|end| {
            let left = end.duration_since(SystemTime::now()).unwrap_or_default();
            Instant::now().checked_add(left)
        });
        Ok(Self { header, expires })
    }

    /// The text with `[redacted]` in the place of the secret, should a server have sent it back. Also where it was cut off, by
    /// the server or by a limit on what is read: a long beginning of it counts.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        const LONG: usize = 16;
        let header = self.header.to_str().unwrap_or_default();
        let secret = header.strip_prefix("Bearer ").unwrap_or(header);
        let beginning = &secret[..secret.len().min(LONG)];
        let mut clean = String::new();
        let mut rest = text;
        while !beginning.is_empty()
            && let Some(at) = rest.find(beginning)
        {
            let (before, found) = rest.split_at(at);
            let pairs = secret.bytes().zip(found.bytes());
            let same = pairs.take_while(|(secret, byte)| secret == byte).count();
            clean.push_str(before);
            clean.push_str("[redacted]");
            rest = &found[same..];
        }
        if clean.is_empty() {
            return Cow::Borrowed(text);
        }
        clean.push_str(rest);
        Cow::Owned(clean)
    }
}
