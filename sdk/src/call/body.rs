//! The body of an answer, read within a limit.

use bytes::Bytes;

/// What was read of a body so far.
#[derive(Default)]
pub(crate) struct Body {
    /// The first piece, which is the whole of a small answer.
    first: Bytes,
    /// All pieces, when there are more.
    whole: Vec<u8>,
}

impl Body {
    fn len(&self) -> usize {
        self.first.len().max(self.whole.len())
    }

    fn push(&mut self, piece: Bytes, expected: usize) {
        if self.len() == 0 {
            self.first = piece;
            return;
        }
        if self.whole.is_empty() {
            let first = std::mem::take(&mut self.first);
            self.whole.reserve(expected.max(first.len() + piece.len()));
            self.whole.extend_from_slice(&first);
        }
        self.whole.extend_from_slice(&piece);
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        if self.whole.is_empty() {
            self.first
        } else {
            self.whole.into()
        }
    }
}

/// Reads a body up to a limit, whatever its `Content-Length` says; `false` when there is more.
pub(crate) async fn read(
    response: &mut reqwest::Response,
    limit: usize,
    body: &mut Body,
) -> reqwest::Result<bool> {
    // Only so much is set aside in advance for a length that nobody has proven yet.
    const TRUSTED: u64 = 16 * 1024 * 1024;
    let expected = response.content_length().unwrap_or(0).min(TRUSTED);
    let expected = usize::try_from(expected).unwrap_or(0);
    while let Some(mut piece) = response.chunk().await? {
        let room = limit - body.len();
        let is_more = piece.len() > room;
        piece.truncate(room);
        body.push(piece, expected);
        if is_more {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The body without a byte order mark, on which JSON readers fail.
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
