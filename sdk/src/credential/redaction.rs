//! Redaction of a token from texts and bodies in which a server has sent it back.

use std::borrow::Cow;

use bytes::Bytes;

use super::token::Token;

impl Token {
    /// Redacts the token from a text, in case a server has sent the token back. A token that was cut off by the server or by a limit
    /// of bytes is redacted as well, if its first 16 bytes are left.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        const BEGINNING_LENGTH: usize = 16;
        let header = self.header.to_str().unwrap_or_default();
        let secret = header.strip_prefix("Bearer ").unwrap_or(header);
        let beginning = &secret[..secret.len().min(BEGINNING_LENGTH)];
        let mut redacted = String::new();
        let mut rest = text;
        while !beginning.is_empty()
            && let Some(at) = rest.find(beginning)
        {
            let (before, found) = rest.split_at(at);
            let pairs = secret.bytes().zip(found.bytes());
            let same = pairs.take_while(|(secret, byte)| secret == byte).count();
            redacted.push_str(before);
            redacted.push_str("[redacted]");
            rest = &found[same..];
        }
        if redacted.is_empty() {
            return Cow::Borrowed(text);
        }
        redacted.push_str(rest);
        Cow::Owned(redacted)
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
