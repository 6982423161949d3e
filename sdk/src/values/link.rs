//! Links to an offer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A link to an offer, of `previewLinks` or `liveLinks` of an [`OfferStatusReport`](crate::types::OfferStatusReport).
///
/// Once an offer is live, its links are objects with a display text and a URI; the case of the members' names isn't known,
/// and older clients expected plain strings. Both are read, and whatever came is kept.
///
/// ```
/// use cloud_partner_portal::Link;
///
/// let link: Link = serde_json::from_str(r#"{"DisplayText": "Preview", "Uri": "https://example.com/p"}"#)?;
/// assert_eq!(link.uri(), Some("https://example.com/p"));
/// assert_eq!(link.text(), Some("Preview"));
///
/// let link: Link = serde_json::from_str(r#""https://example.com/p""#)?;
/// assert_eq!(link.uri(), Some("https://example.com/p"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Link(Value);

impl Link {
    /// Where the link leads, when that can be told.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        match &self.0 {
            Value::String(uri) => Some(uri.as_str()),
            _ => self.member(&["uri", "url", "href", "link"]),
        }
        .filter(|uri| !uri.is_empty())
    }

    /// The text for people, when there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.member(&["displayText", "text", "title", "name"])
            .filter(|text| !text.is_empty())
    }

    /// The link as the service sent it.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    fn member(&self, names: &[&str]) -> Option<&str> {
        let members = self.0.as_object()?;
        names.iter().find_map(|name| {
            members
                .iter()
                .find(|(member, _)| member.eq_ignore_ascii_case(name))?
                .1
                .as_str()
        })
    }
}

impl From<Value> for Link {
    fn from(value: Value) -> Self {
        Self(value)
    }
}
