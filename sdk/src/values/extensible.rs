//! Defines [`Extensible`], a value of an extensible enum. The spec lists the known values of such an enum, and the service can also send
//! unknown values.

use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Prevents implementations of [`KnownValue`] in other crates.
pub trait Sealed {}

/// A Rust enum, such as [`OfferStatus`](crate::types::OfferStatus), with the known values of an extensible enum.
///
/// Only enums that are generated from the spec implement this trait. The spec lists the known values under `x-extensible-enum`.
pub trait KnownValue: Sealed + Copy + Eq + fmt::Debug + 'static {
    /// The known values, each with its text as the service writes it.
    const VALUES: &'static [(&'static str, Self)];

    /// Returns the value's text as the service writes it.
    #[must_use]
    fn as_str(self) -> &'static str {
        Self::VALUES
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(text, _)| text)
    }
}

/// A value of an extensible enum: a known value in any letter case, or an unknown value.
///
/// ```
/// use cloud_partner_portal::{Extensible, types::OfferStatus};
///
/// let status: Extensible<OfferStatus> = serde_json::from_str(r#""WaitingForPublisherReview""#)?;
/// match status.known() {
///     Some(OfferStatus::WaitingForPublisherReview) => println!("look at the preview"),
///     Some(OfferStatus::Succeeded) => println!("done"),
///     Some(other) => println!("{other:?}"),
///     None => println!("the service has a new status: {status}"),
/// }
/// assert_eq!(status, OfferStatus::WaitingForPublisherReview);
/// assert_eq!(status, "waitingForPublisherReview");
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Comparisons ignore case, because the tables in Microsoft's documentation use `PascalCase` and the responses use `camelCase`. The text
/// is kept, displayed and serialized unchanged.
///
/// ```
/// use cloud_partner_portal::{Extensible, types::OfferStatus};
///
/// let Ok(status) = "paused".parse::<Extensible<OfferStatus>>();
/// assert_eq!(status.known(), None);
/// assert_eq!(status.as_str(), "paused");
/// ```
///
/// The default is an unknown value without text. In a required property, `null` decodes to the default.
#[derive(Clone)]
pub struct Extensible<K> {
    known: Option<K>,
    /// The text. `None` if the text equals the known value's text, or if the value was `null`. `Box<Box<str>>` is half as large as
    /// `Box<str>`, which saves memory in a long list of offers.
    text: Option<Box<Box<str>>>,
}

impl<K: KnownValue> Extensible<K> {
    /// Creates a value from its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut values = K::VALUES.iter();
        let known = values.find(|(known, _)| known.eq_ignore_ascii_case(text));
        let is_exact = known.is_some_and(|(known, _)| *known == text);
        Self {
            known: known.map(|(_, value)| *value),
            text: (!is_exact).then(|| Box::new(text.into())),
        }
    }

    /// Returns the known value, or `None` for a value that the spec doesn't list.
    #[must_use]
    pub fn known(&self) -> Option<K> {
        self.known
    }

    /// Returns the text as the service sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match (&self.text, self.known) {
            (Some(text), _) => text,
            (None, Some(value)) => value.as_str(),
            (None, None) => "",
        }
    }
}

text_traits!([K: KnownValue] Extensible<K>, str::eq_ignore_ascii_case);

impl<K> Default for Extensible<K> {
    fn default() -> Self {
        Self {
            known: None,
            text: None,
        }
    }
}

impl<K: KnownValue> FromStr for Extensible<K> {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

impl<K: KnownValue> From<&str> for Extensible<K> {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl<K: KnownValue> From<String> for Extensible<K> {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl<K: KnownValue> From<K> for Extensible<K> {
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
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.map(Self::from).unwrap_or_default())
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
        // `null` decodes as an unknown value, even in a required property.
        schemars::json_schema!({"type": ["string", "null"], "x-extensible-enum": known})
    }
}
