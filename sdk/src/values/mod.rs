//! Defines the hand-written types that the generated types use for their properties.

/// Implements `Display`, `Debug`, `AsRef<str>` and the comparison with `str` for a type that has the method `as_str`.
macro_rules! text_traits {
    ([$($parameter:tt)*] $type:ty, $equals:path) => {
        impl<$($parameter)*> AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl<$($parameter)*> std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl<$($parameter)*> std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl<$($parameter)*> PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                $equals(self.as_str(), other)
            }
        }

        impl<$($parameter)*> PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self == *other
            }
        }
    };
}

pub(crate) mod extensible;
pub(crate) mod identifier;
pub(crate) mod link;
pub(crate) mod timestamp;
