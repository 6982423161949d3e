//! Decodes properties. An optional property that is absent, `null`, the empty string or of an unexpected JSON type decodes as
//! `None`. In a required property, these values are errors.

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

/// The type of a property. Each `from_` method converts one JSON type, and returns `None` if the Rust type has no such values.
pub(crate) trait Lenient<'de>: Deserialize<'de> {
    /// Decodes a required value.
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// Decodes an optional value.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }

    /// Returns whether the value is equivalent to an absent property.
    fn is_nothing(&self) -> bool {
        false
    }

    fn from_text(_: &str) -> Option<Self> {
        None
    }

    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn from_integer(_: i128) -> Option<Self> {
        None
    }

    fn from_float(_: f64) -> Option<Self> {
        None
    }

    fn from_array<A: SeqAccess<'de>>(mut elements: A) -> Result<Option<Self>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<A: MapAccess<'de>>(mut properties: A) -> Result<Option<Self>, A::Error> {
        while properties.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Decodes a required property. The generated code names it in `deserialize_with`.
pub(crate) fn required<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient<'de>,
{
    T::required(deserializer)
}

/// Decodes an optional property. The generated code names it in `deserialize_with`.
pub(crate) fn option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient<'de>,
{
    Ok(T::read(deserializer)?.filter(|value| !value.is_nothing()))
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for Reader<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Option<T>, E> {
        Ok(T::from_bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Option<T>, E> {
        Ok(T::from_integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Option<T>, E> {
        Ok(T::from_integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Option<T>, E> {
        Ok(T::from_float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Option<T>, E> {
        Ok(T::from_text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Option<T>, A::Error> {
        T::from_array(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, properties: A) -> Result<Option<T>, A::Error> {
        T::from_object(properties)
    }
}

impl<'de, T: Lenient<'de>> DeserializeSeed<'de> for Reader<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::read(deserializer)
    }
}

impl Lenient<'_> for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<K: KnownValue> Lenient<'_> for Extensible<K> {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }

    fn is_nothing(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Lenient<'_> for Timestamp {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }

    fn is_nothing(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Lenient<'_> for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Lenient<'_> for i64 {
    fn from_integer(value: i128) -> Option<Self> {
        value.try_into().ok()
    }
}

impl Lenient<'_> for f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the property has the type `f64`"
    )]
    fn from_integer(value: i128) -> Option<Self> {
        Some(value as Self)
    }

    fn from_float(value: f64) -> Option<Self> {
        Some(value)
    }
}

/// Decodes a required value, such as an element of an array.
struct Required<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> DeserializeSeed<'de> for Required<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::required(deserializer)
    }
}

/// Decodes an array of required values.
struct Array<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for Array<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(Required(PhantomData))? {
            values.push(value);
        }
        Ok(values)
    }
}

/// Decodes a struct from an object. The code that serde derives also accepts an array, by position.
pub(crate) struct Object<T>(pub(crate) PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, properties: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(properties))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn required<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Array(PhantomData))
    }

    fn from_array<A: SeqAccess<'de>>(mut elements: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(value) = elements.next_element_seed(Reader(PhantomData))? {
            values.extend(value);
        }
        Ok(Some(values))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for HashMap<String, T> {
    fn from_object<A: MapAccess<'de>>(mut properties: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(name) = properties.next_key()? {
            if let Some(value) = properties.next_value_seed(Reader(PhantomData))? {
                values.insert(name, value);
            }
        }
        Ok(Some(values))
    }
}

impl<'de> Lenient<'de> for Map<String, Value> {
    fn from_object<A: MapAccess<'de>>(mut properties: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some((name, value)) = properties.next_entry()? {
            values.insert(name, value);
        }
        Ok(Some(values))
    }
}

impl<'de> Lenient<'de> for Value {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }

    fn is_nothing(&self) -> bool {
        self.is_null()
    }
}

impl<'de> Lenient<'de> for Link {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

impl Lenient<'_> for Identifier {
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Lenient<'_> for () {}

/// Decodes an optional value of any other type.
#[allow(dead_code, reason = "today's spec has no such type")]
pub(crate) fn through_value<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let value = Value::deserialize(deserializer).map_err(D::Error::custom)?;
    Ok(serde_json::from_value(value).ok())
}

/// Implements [`Lenient`] for a generated struct.
macro_rules! object {
    ($name:ident) => {
        impl<'de> crate::decode::Lenient<'de> for $name {
            fn required<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                deserializer.deserialize_map(crate::decode::Object(::std::marker::PhantomData))
            }

            fn from_object<A: ::serde::de::MapAccess<'de>>(
                properties: A,
            ) -> ::std::result::Result<::std::option::Option<Self>, A::Error> {
                let object = crate::decode::Object(::std::marker::PhantomData);
                ::serde::de::Visitor::visit_map(object, properties).map(::std::option::Option::Some)
            }
        }
    };
}

/// Implements [`Lenient`] for any other generated type.
#[allow(unused_macros, reason = "today's spec has no such type")]
macro_rules! value {
    ($name:ident) => {
        impl<'de> crate::decode::Lenient<'de> for $name {
            fn read<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<::std::option::Option<Self>, D::Error> {
                crate::decode::through_value(deserializer)
            }
        }
    };
}

pub(crate) use object;
#[allow(unused_imports, reason = "today's spec has no such type")]
pub(crate) use value;
