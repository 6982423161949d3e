//! Reading of response bodies with a limit of bytes.

use bytes::Bytes;

/// The part of a body that was read.
#[derive(Default)]
pub(crate) struct Body {
    /// The first chunk. For a small response, this is the whole body.
    first: Bytes,
    /// All chunks, if there is more than one chunk.
    whole: Vec<u8>,
}

impl Body {
    fn len(&self) -> usize {
        self.first.len().max(self.whole.len())
    }

    fn push(&mut self, chunk: Bytes, expected: usize) {
        if self.len() == 0 {
            self.first = chunk;
            return;
        }
        if self.whole.is_empty() {
            let first = std::mem::take(&mut self.first);
            self.whole.reserve(expected.max(first.len() + chunk.len()));
            self.whole.extend_from_slice(&first);
        }
        self.whole.extend_from_slice(&chunk);
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        if self.whole.is_empty() {
            self.first
        } else {
            self.whole.into()
        }
    }
}

/// Reads a body up to a limit. The limit doesn't depend on `Content-Length`. Returns `false` if the body is longer.
pub(crate) async fn read(
    response: &mut reqwest::Response,
    limit: usize,
    body: &mut Body,
) -> reqwest::Result<bool> {
    // The maximum number of bytes that are allocated because of a `Content-Length`.
    const TRUSTED: u64 = 16 * 1024 * 1024;
    let expected = response.content_length().unwrap_or(0).min(TRUSTED);
    let expected = usize::try_from(expected).unwrap_or(0);
    while let Some(mut chunk) = response.chunk().await? {
        let free = limit - body.len();
        let is_more = chunk.len() > free;
        chunk.truncate(free);
        body.push(chunk, expected);
        if is_more {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the body without a byte order mark, which JSON parsers reject.
pub(crate) fn without_mark(body: Bytes) -> Bytes {
    if body.starts_with("\u{feff}".as_bytes()) {
        body.slice(3..)
    } else {
        body
    }
}

pub(crate) fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        || kind.eq_ignore_ascii_case("text/json")
        || kind.to_ascii_lowercase().ends_with("+json")
}
