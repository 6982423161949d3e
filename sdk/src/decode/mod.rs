//! Decoding of members that aren't required: absent, `null` and the empty string are all "nothing", and so is a value of a
//! kind that the contract doesn't expect. One odd value never costs the answer that carries it.

pub(crate) mod path;

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use crate::{Extensible, KnownValue, Link, Timestamp};

/// A type that an optional member can have. Each method takes one kind of JSON value and gives `None` unless the type is of
/// that kind.
pub(crate) trait Lenient<'de>: Sized {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }

    /// Whether a value says nothing.
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

    fn from_object<A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// What `deserialize_with` of every optional member calls.
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

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Option<T>, A::Error> {
        T::from_object(members)
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
    #[expect(clippy::cast_precision_loss, reason = "a number is what was asked for")]
    fn from_integer(value: i128) -> Option<Self> {
        Some(value as Self)
    }

    fn from_float(value: f64) -> Option<Self> {
        Some(value)
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn from_array<A: SeqAccess<'de>>(mut elements: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(value) = elements.next_element_seed(Reader(PhantomData))? {
            values.extend(value);
        }
        Ok(Some(values))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for HashMap<String, T> {
    fn from_object<A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(name) = members.next_key()? {
            if let Some(value) = members.next_value_seed(Reader(PhantomData))? {
                values.insert(name, value);
            }
        }
        Ok(Some(values))
    }
}

impl<'de> Lenient<'de> for Map<String, Value> {
    fn from_object<A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some((name, value)) = members.next_entry()? {
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

/// Any other type: what it doesn't take is odd, and so nothing.
pub(crate) fn through_value<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let value = Value::deserialize(deserializer).map_err(D::Error::custom)?;
    Ok(serde_json::from_value(value).ok())
}

/// Lets the generated structs stand in optional members.
macro_rules! object {
    ($name:ident) => {
        impl<'de> crate::decode::Lenient<'de> for $name {
            fn from_object<A: ::serde::de::MapAccess<'de>>(
                members: A,
            ) -> ::std::result::Result<::std::option::Option<Self>, A::Error> {
                <Self as ::serde::Deserialize>::deserialize(
                    ::serde::de::value::MapAccessDeserializer::new(members),
                )
                .map(::std::option::Option::Some)
            }
        }
    };
}

/// Lets any other generated type stand in optional members.
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

pub(crate) use {object, value};
