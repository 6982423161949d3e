//! Checks access tokens, creates their `Authorization` header, reads their expiry, and redacts them in responses.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::HeaderValue;
use tokio::time::Instant;

/// The number of bytes at the beginning of a secret by which a copy of the secret is recognized.
const BEGINNING_LENGTH: usize = 16;

/// A Microsoft Entra ID token for this service, and its expiry. Its `Debug` doesn't show the token.
#[derive(Clone)]
pub struct AccessToken {
    secret: String,
    expires: Option<SystemTime>,
}

impl AccessToken {
    /// Creates a token without a known expiry.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            expires: None,
        }
    }

    /// Sets the time at which the token expires. A call in the last five minutes before the expiry renews the token.
    #[must_use]
    pub fn expires_at(mut self, time: impl Into<SystemTime>) -> Self {
        self.expires = Some(time.into());
        self
    }

    /// Sets the duration after which the token expires. A call in the last five minutes before the expiry renews the token.
    #[must_use]
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.expires = SystemTime::now().checked_add(time);
        self
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

/// A checked token, with its header and its expiry.
#[derive(Clone)]
pub(crate) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(crate) header: HeaderValue,
    /// The expiry on the monotonic clock, so that a change of the system clock doesn't make an expired token valid.
    expires: Option<Instant>,
    /// The expiry on the system clock, for messages.
    pub(super) expires_at: Option<SystemTime>,
}

impl Token {
    /// Checks a token, and creates its header.
    pub(super) fn new(token: &AccessToken) -> Result<Self, &'static str> {
        let expires = token.expires.and_then(|end| {
            let left = end.duration_since(SystemTime::now()).unwrap_or_default();
            Instant::now().checked_add(left)
        });
        Ok(Self {
            header: header(&token.secret)?,
            expires,
            expires_at: token.expires,
        })
    }

    /// Checks a token that can't be renewed. The client sends this token even after its expiry, because this machine's clock can be
    /// wrong.
    pub(super) fn fixed(secret: &str) -> Result<Self, &'static str> {
        Ok(Self {
            header: header(secret)?,
            expires: None,
            expires_at: jwt_expiry(secret),
        })
    }

    pub(super) fn expires_within(&self, time: Duration, now: Instant) -> bool {
        self.expires.is_some_and(|end| now + time >= end)
    }

    /// Replaces each copy of the token in the text by `[redacted]`. If the token is a JSON Web Token, also replaces each copy of its
    /// claims and of its signature.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let header = self.header.to_str().unwrap_or_default();
        let secret = header.strip_prefix("Bearer ").unwrap_or(header);
        let parts = secret.split('.').skip(1);
        let parts = parts.filter(|part| part.len() >= BEGINNING_LENGTH);
        let mut text = Cow::Borrowed(text);
        for secret in std::iter::once(secret).chain(parts) {
            if let Some(redacted) = without(secret, &text) {
                text = Cow::Owned(redacted);
            }
        }
        text
    }

    /// Returns a response body with the token redacted.
    pub(crate) fn redact_body(&self, body: &Bytes) -> Bytes {
        let text = String::from_utf8_lossy(body);
        match self.redact(&text) {
            Cow::Borrowed(_) => body.clone(),
            Cow::Owned(redacted) => redacted.into(),
        }
    }
}

/// Replaces each copy of the secret in the text by `[redacted]`. A server can cut off a copy, so even the first 16 bytes of the secret
/// count as a copy. Returns `None` if the text has no copy.
fn without(secret: &str, text: &str) -> Option<String> {
    let beginning = &secret[..secret.len().min(BEGINNING_LENGTH)];
    let mut redacted = String::new();
    let mut rest = text;
    while !beginning.is_empty()
        && let Some((before, _)) = rest.split_once(beginning)
    {
        let copy = &rest[before.len()..];
        let pairs = secret.bytes().zip(copy.bytes());
        let length = pairs.take_while(|(secret, byte)| secret == byte).count();
        redacted.push_str(before);
        redacted.push_str("[redacted]");
        rest = &copy[length..];
    }
    (!redacted.is_empty()).then(|| redacted + rest)
}

fn header(secret: &str) -> Result<HeaderValue, &'static str> {
    if secret.is_empty() {
        return Err("is empty");
    }
    // HTTP allows spaces, tabs and bytes beyond ASCII in a header, but a token can't contain them.
    let mut header = Some(secret)
        .filter(|secret| secret.bytes().all(|byte| byte.is_ascii_graphic()))
        .and_then(|secret| HeaderValue::from_str(&format!("Bearer {secret}")).ok())
        .ok_or("holds a character that can't be in a token, such as a space or a line break")?;
    header.set_sensitive(true);
    Ok(header)
}

/// Returns the `exp` claim of a JSON Web Token (RFC 7519, section 4.1.4) without verifying the signature.
fn jwt_expiry(secret: &str) -> Option<SystemTime> {
    #[derive(serde::Deserialize)]
    struct Claims {
        exp: f64,
    }
    let claims = secret.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let Claims { exp } = serde_json::from_slice(&claims).ok()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(exp).ok()?)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{Token, jwt_expiry};

    #[test]
    fn the_claims_and_the_signature_of_a_json_web_token_are_redacted_even_alone() {
        let (claims, signature) = ("eyJzdWIiOiJzM2NyZXQifQ", "czNjcmV0LXNpZ25hdHVyZQ");
        let token = Token::fixed(&format!("e30.{claims}.{signature}")).expect("a token");
        for (text, expected) in [
            (format!("e30.{claims}.{signature}"), "[redacted]"),
            (format!("…{claims}.{signature}!"), "…[redacted].[redacted]!"),
            (format!("e30%2E{claims}%2E"), "e30%2E[redacted]%2E"),
            (signature[..18].to_owned(), "[redacted]"),
            ("e30.e30".to_owned(), "e30.e30"),
        ] {
            assert_eq!(token.redact(&text), expected, "{text}");
        }
    }

    #[test]
    fn reads_the_expiry_of_a_json_web_token() {
        for (claims, seconds) in [
            (r#"{"aud":"x","exp":1700000000}"#, Some(1_700_000_000)),
            (r#"{"exp":1700000000.0}"#, Some(1_700_000_000)),
            (r#"{"exp":-1}"#, None),
            (r#"{"exp":1e300}"#, None),
            (r#"{"exp":"soon"}"#, None),
            ("{}", None),
            ("", None),
        ] {
            let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
            let expected = seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(jwt_expiry(&token), expected, "{claims}");
        }
        assert_eq!(jwt_expiry("opaque"), None);
    }
}
