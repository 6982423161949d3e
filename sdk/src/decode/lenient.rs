//! Decodes properties.
//!
//! | property in the response | optional property | required property |
//! |---|---|---|
//! | absent, or of an unexpected JSON type | `None` | error |
//! | `null` | `None` | error, except that an extensible enum gets an unknown value |
//! | the empty string | `None` | the empty string; in an identifier, an error |

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use crate::values::extensible::{Extensible, KnownValue};
use crate::values::identifier::Identifier;
use crate::values::link::Link;
use crate::values::timestamp::Timestamp;

/// A type that is decoded leniently: in an optional property, a value that doesn't fit becomes `None`.
pub(crate) trait Lenient<'de>: Deserialize<'de> {
    /// Decodes a required value.
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// Decodes an optional value.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let scalar: Option<Scalar<'de>> = from_json(deserializer)?;
        Ok(scalar.and_then(Self::from_scalar))
    }

    /// Converts a scalar. Returns `None` if the scalar isn't a value of this type.
    fn from_scalar(_: Scalar<'de>) -> Option<Self> {
        None
    }

    /// Returns whether the value is equivalent to an absent property.
    fn counts_as_absent(&self) -> bool {
        false
    }
}

/// A type with a decoder for each kind of JSON value. By default, a kind doesn't fit, and its decoder returns `None`.
pub(crate) trait FromJson<'de>: Sized {
    fn from_scalar(_: Scalar<'de>) -> Option<Self> {
        None
    }

    fn from_array<A: SeqAccess<'de>>(elements: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_seq(elements).map(|_| None)
    }

    fn from_object<A: MapAccess<'de>>(properties: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_map(properties).map(|_| None)
    }
}

/// Decodes a value of any JSON type.
pub(crate) fn from_json<'de, D: Deserializer<'de>, T: FromJson<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(Reader(PhantomData))
}

/// A JSON value that is neither `null` nor an array nor an object.
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(Cow<'a, str>),
}

impl<'de> FromJson<'de> for Scalar<'de> {
    fn from_scalar(scalar: Scalar<'de>) -> Option<Self> {
        Some(scalar)
    }
}

/// Decodes a required property. The generated code names this function in `deserialize_with`.
pub(crate) fn required<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient<'de>,
{
    T::required(deserializer)
}

/// Decodes the required identifier of an object. Invalid text is rejected here. Otherwise a later request with this text would fail, and
/// its error wouldn't show that the text came from this response. The generated code names this function in `deserialize_with`.
pub(crate) fn identifier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_str(IdentifierVisitor)
}

/// Checks an identifier while the deserializer is at its text, so that an error has the position of the text.
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
pub(crate) fn option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient<'de>,
{
    Ok(T::read(deserializer)?.filter(|value| !value.counts_as_absent()))
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: FromJson<'de>> Visitor<'de> for Reader<T> {
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
        Ok(T::from_scalar(Scalar::Integer(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Integer(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Text(value.to_owned().into())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Option<T>, E> {
        Ok(T::from_scalar(Scalar::Text(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Option<T>, A::Error> {
        T::from_array(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, properties: A) -> Result<Option<T>, A::Error> {
        T::from_object(properties)
    }
}

/// An element of a required array.
struct Required<T>(T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Required<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::required(deserializer).map(Self)
    }
}

/// An element of an optional array or object. It is skipped if it can't be decoded.
struct Optional<T>(Option<T>);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elements = Vec::<Required<T>>::deserialize(deserializer)?;
        // `collect` reuses the allocation of the vector.
        Ok(elements.into_iter().map(|element| element.0).collect())
    }

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        from_json(deserializer)
    }
}

impl<'de, T: Lenient<'de>> FromJson<'de> for Vec<T> {
    fn from_array<A: SeqAccess<'de>>(mut elements: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(Optional(value)) = elements.next_element()? {
            values.extend(value);
        }
        Ok(Some(values))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for HashMap<String, T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        from_json(deserializer)
    }
}

impl<'de, T: Lenient<'de>> FromJson<'de> for HashMap<String, T> {
    fn from_object<A: MapAccess<'de>>(mut properties: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some((name, Optional(value))) = properties.next_entry()? {
            values.extend(value.map(|value| (name, value)));
        }
        Ok(Some(values))
    }
}

impl<'de> Lenient<'de> for Map<String, Value> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        from_json(deserializer)
    }
}

impl<'de> FromJson<'de> for Map<String, Value> {
    fn from_object<A: MapAccess<'de>>(properties: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(properties)).map(Some)
    }
}

impl<'de> Lenient<'de> for Value {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }

    fn counts_as_absent(&self) -> bool {
        self.is_null()
    }
}

impl<'de> Lenient<'de> for Link {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

impl Lenient<'_> for String {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.text().map(Cow::into_owned)
    }

    fn counts_as_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<K: KnownValue> Lenient<'_> for Extensible<K> {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.text().map(|text| Self::new(&text))
    }

    fn counts_as_absent(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Lenient<'_> for Timestamp {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.text().map(|text| Self::new(&text))
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
            Scalar::Integer(value) => value.try_into().ok(),
            _ => None,
        }
    }
}

impl Lenient<'_> for f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the property has the type `f64`"
    )]
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Integer(value) => Some(value as Self),
            Scalar::Float(value) => Some(value),
            _ => None,
        }
    }
}

impl Lenient<'_> for () {}

impl<'a> Scalar<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
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
