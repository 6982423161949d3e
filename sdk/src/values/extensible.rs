//! Values that outlive their documentation.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// The known values of an open set, such as [`OfferStatus`](crate::types::OfferStatus).
///
/// Implemented by the enums that are generated from the contract's `x-extensible-enum` lists.
pub trait KnownValue: Copy + Eq + fmt::Debug + 'static {
    /// Each known value with its text as the service writes it.
    const VALUES: &'static [(&'static str, Self)];

    /// The value's text as the service writes it.
    #[must_use]
    fn as_str(self) -> &'static str {
        Self::VALUES
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(text, _)| text)
    }
}

/// A value of an open set: one of the known ones in any letter case, or whatever else the service sent.
///
/// The service's tables are `PascalCase` and its payloads `camelCase`, and new values can arrive at any time. So a known value is
/// recognised without regard to case, comparisons ignore case, and the text is kept, shown and sent back as it came.
///
/// ```
/// use cloud_partner_portal::{Extensible, types::OfferStatus};
///
/// let status: Extensible<OfferStatus> = serde_json::from_str(r#""WaitingForPublisherReview""#)?;
/// assert_eq!(status.known(), Some(OfferStatus::WaitingForPublisherReview));
/// assert_eq!(status.as_str(), "WaitingForPublisherReview");
///
/// let status: Extensible<OfferStatus> = serde_json::from_str(r#""paused""#)?;
/// assert_eq!(status.known(), None);
/// assert_eq!(serde_json::to_string(&status)?, r#""paused""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Extensible<K> {
    known: Option<K>,
    /// The text, unless it is exactly the known value's own, or the value was `null`.
    text: Option<Box<str>>,
}

impl<K: KnownValue> Extensible<K> {
    /// A value from its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let values = K::VALUES;
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == text) {
            return Self::from(*value);
        }
        Self {
            known: values
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(text))
                .map(|(_, value)| *value),
            text: Some(text.into()),
        }
    }

    /// The known value, or `None` when the service sent something that the contract doesn't list.
    #[must_use]
    pub fn known(&self) -> Option<K> {
        self.known
    }

    /// The text as the service sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match (&self.text, self.known) {
            (Some(text), _) => text,
            (None, Some(value)) => value.as_str(),
            (None, None) => "",
        }
    }
}

impl<K> From<K> for Extensible<K> {
    fn from(value: K) -> Self {
        Self {
            known: Some(value),
            text: None,
        }
    }
}

impl<K: KnownValue> PartialEq for Extensible<K> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

impl<K: KnownValue> Eq for Extensible<K> {}

impl<K: KnownValue> PartialEq<K> for Extensible<K> {
    fn eq(&self, other: &K) -> bool {
        self.known == Some(*other)
    }
}

impl<K: KnownValue> Hash for Extensible<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.as_str().bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

impl<K: KnownValue> fmt::Display for Extensible<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<K: KnownValue> fmt::Debug for Extensible<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<K: KnownValue> Serialize for Extensible<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.text, self.known) {
            (None, None) => serializer.serialize_unit(),
            _ => serializer.serialize_str(self.as_str()),
        }
    }
}

impl<'de, K: KnownValue> Deserialize<'de> for Extensible<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<K>(PhantomData<K>);

        impl<K: KnownValue> Visitor<'_> for Text<K> {
            type Value = Extensible<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Extensible<K>, E> {
                Ok(Extensible::new(text))
            }

            fn visit_unit<E>(self) -> Result<Extensible<K>, E> {
                Ok(Extensible {
                    known: None,
                    text: None,
                })
            }
        }

        deserializer.deserialize_any(Text(PhantomData))
    }
}

#[cfg(feature = "schemars")]
impl<K: KnownValue> schemars::JsonSchema for Extensible<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Extensible".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let known: Vec<_> = K::VALUES.iter().map(|(text, _)| *text).collect();
        schemars::json_schema!({"type": "string", "x-extensible-enum": known})
    }
}
