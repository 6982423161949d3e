//! Media types.

use serde_json::{Map, Value};

/// Returns a media type in lower case and without its parameters.
pub fn essence(media: &str) -> String {
    let essence = media.split(';').next().unwrap_or_default();
    essence.trim().to_lowercase()
}

/// Returns whether a body of this media type is JSON.
pub fn is_json(media: &str) -> bool {
    let media = essence(media);
    media == "application/json" || media.ends_with("+json")
}

/// Returns the key of `content` that matches the media type `sent` best: the media type itself, a range such as `text/*`, or `*/*`.
pub fn media_for<'c>(content: &'c Map<String, Value>, sent: &str) -> Option<&'c String> {
    let sent = essence(sent);
    let range = sent.split('/').next().map(|kind| format!("{kind}/*"));
    [Some(sent), range, Some("*/*".to_owned())]
        .into_iter()
        .flatten()
        .find_map(|wanted| content.keys().find(|media| essence(media) == wanted))
}
