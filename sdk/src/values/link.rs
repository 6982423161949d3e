//! Defines [`Link`], a link to an offer's preview or to the live offer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A link in the `previewLinks` or `liveLinks` of an [`OfferStatusReport`](crate::types::OfferStatusReport).
///
/// The links of a live offer are objects with a display text and a URI. The letter case of the property names isn't known, so
/// the methods of this type ignore the letter case. A string is accepted, too, because older clients of the API expected strings.
/// [`value`](Self::value) returns the JSON value unchanged.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Link(Value);

impl Link {
    /// Returns the address, if there is one.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        let properties = ["uri", "url", "href", "link"];
        let uri = self.0.as_str().or_else(|| self.property(&properties));
        uri.filter(|uri| !uri.is_empty())
    }

    /// Returns the display text, if there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.property(&["displayText", "text", "title", "name"])
            .filter(|text| !text.is_empty())
    }

    /// Returns the link as the service sent it.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Tries the properties `names` in this order, and returns the first value that is a string. Ignores the letter case of the names.
    fn property(&self, names: &[&str]) -> Option<&str> {
        let properties = self.0.as_object()?;
        names.iter().find_map(|name| {
            let mut properties = properties.iter();
            let (_, value) = properties.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            value.as_str()
        })
    }
}

impl From<Value> for Link {
    fn from(value: Value) -> Self {
        Self(value)
    }
}
