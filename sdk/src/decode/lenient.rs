//! Decodes the properties of a response. The table shows the decoded value for each value in the response:
//!
//! | value in the response | optional property | required property |
//! |---|---|---|
//! | absent, or of an unexpected JSON type | `None` | error |
//! | `null` | `None` | error |
//! | the empty string | `None` | the empty string |
//!
//! Some types are decoded in another way:
//!
//! * If the spec allows `null` for a required property or for an element of an array, its type is an [`Option`]. `null` is then `None`.
//! * A required [`Extensible`] decodes `null` as a value without text.
//! * A required identifier must not be empty.
//! * [`Link`] keeps `null` and the empty string.
//! * [`Value`] keeps the empty string. A required [`Value`] also keeps `null`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Number, Value};

use crate::values::extensible::{Extensible, KnownValue};
use crate::values::identifier::Identifier;
use crate::values::link::Link;
use crate::values::timestamp::Timestamp;

/// A type that is decoded leniently: if an optional property has a value that this type can't represent, the property becomes `None`.
pub(crate) trait Lenient<'de>: Deserialize<'de> {
    /// Decodes a required value.
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// Decodes an optional value.
    fn optional<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(OptionalVisitor(PhantomData))
    }

    /// Returns the value of an empty response body. `None`, the default, means that an empty body is an error.
    fn from_empty_body() -> Option<Self> {
        None
    }

    /// Returns whether the value is equivalent to an absent property.
    fn counts_as_absent(&self) -> bool {
        false
    }

    /// Creates a value from a scalar. Returns `None` if this type can't represent the scalar. The default implementation always returns
    /// `None`.
    fn from_scalar(_: Scalar<'_>) -> Option<Self> {
        None
    }

    /// Decodes an array. The default implementation skips the array, and returns `None`.
    fn from_array<A: SeqAccess<'de>>(elements: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_seq(elements).map(|_| None)
    }

    /// Decodes an object. The default implementation skips the object, and returns `None`.
    fn from_object<A: MapAccess<'de>>(properties: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_map(properties).map(|_| None)
    }
}

/// A JSON value that is neither `null` nor an array nor an object.
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Number(Number),
    Text(&'a str),
}

/// Decodes a required property. The generated code names this function in `deserialize_with`.
pub(crate) fn required<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient<'de>,
{
    T::required(deserializer)
}

/// Decodes a required identifier, such as an offer's `id`. Returns an error for invalid text, because a later request with this text would
/// fail. The generated code names this function in `deserialize_with`.
pub(crate) fn identifier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_str(IdentifierVisitor)
}

/// Checks an identifier while the deserializer is at the identifier's text, so that an error has the position of this text.
struct IdentifierVisitor;

impl Visitor<'_> for IdentifierVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Identifier::check(text).map_err(E::custom)?;
        Ok(text.to_owned())
    }
}

/// Decodes an optional property. The generated code names this function in `deserialize_with`.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient<'de>,
{
    Ok(T::optional(deserializer)?.filter(|value| !value.counts_as_absent()))
}

struct OptionalVisitor<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for OptionalVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Number(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Option<T>, E> {
        Ok(Number::from_f64(value).and_then(|number| T::from_scalar(Scalar::Number(number))))
    }

    fn visit_str<E>(self, value: &str) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Option<T>, A::Error> {
        T::from_array(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, properties: A) -> Result<Option<T>, A::Error> {
        T::from_object(properties)
    }
}

/// An element of a required array, or the value of a required property that can be null. If this value can't be decoded, decoding the
/// whole array or property fails.
struct Required<T>(T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Required<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::required(deserializer).map(Self)
    }
}

/// An element of an optional array. `None` means that `T` can't represent the element. The array then skips the element.
struct Optional<T>(Option<T>);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::optional(deserializer).map(Self)
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elements = Vec::<Required<T>>::deserialize(deserializer)?;
        // `collect` reuses the memory of `elements`.
        Ok(elements.into_iter().map(|element| element.0).collect())
    }

    fn from_array<A: SeqAccess<'de>>(mut elements: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(Optional(value)) = elements.next_element()? {
            values.extend(value);
        }
        Ok(Some(values))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Option<T> {
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Required<T>>::deserialize(deserializer)?;
        Ok(value.map(|value| value.0))
    }

    fn optional<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(match Option::<Optional<T>>::deserialize(deserializer)? {
            None => Some(None),
            Some(Optional(value)) => value.map(Some),
        })
    }
}

impl<'de> Lenient<'de> for Map<String, Value> {
    fn from_object<A: MapAccess<'de>>(properties: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(properties)).map(Some)
    }
}

impl<'de> Lenient<'de> for Value {
    fn optional<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }

    fn counts_as_absent(&self) -> bool {
        self.is_null()
    }
}

impl<'de> Lenient<'de> for Link {
    fn optional<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

impl Lenient<'_> for String {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.text().map(ToOwned::to_owned)
    }

    fn counts_as_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<K: KnownValue> Lenient<'_> for Extensible<K> {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.text().map(Self::new)
    }

    fn counts_as_absent(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Lenient<'_> for Timestamp {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.text().map(Self::new)
    }

    fn counts_as_absent(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Lenient<'_> for Identifier {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.text()?.parse().ok()
    }
}

impl Lenient<'_> for bool {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Bool(value) => Some(value),
            _ => None,
        }
    }
}

impl Lenient<'_> for i64 {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Number(value) => value.as_i64(),
            _ => None,
        }
    }
}

impl Lenient<'_> for f64 {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Number(value) => value.as_f64(),
            _ => None,
        }
    }
}

/// In generated code, `()` is the type of a response for which the spec names no body.
impl<'de> Lenient<'de> for () {
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| ())
    }

    fn from_empty_body() -> Option<Self> {
        Some(())
    }
}

impl<'a> Scalar<'a> {
    fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Decodes a struct from an object. Rejects an array, which serde's derived code would accept.
pub(crate) struct Object<T>(pub(crate) PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Object<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, properties: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(properties))
    }
}
