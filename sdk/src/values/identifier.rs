//! Defines [`Identifier`], the checked identifier of a publisher or an offer in a path.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The identifier of a publisher or an offer in a path.
///
/// An identifier is one segment of a path. It has at least one character, and no white space, slash or backslash. It doesn't begin
/// with a dot. A slash, a backslash or `..` would address another resource. The client percent-encodes any other character that a path
/// can't contain.
///
/// The methods of [`Client`](crate::Client) accept any text and check it. Use this type to check the text earlier.
///
/// ```
/// use cloud_partner_portal::Identifier;
///
/// let offer: Identifier = "test-vm".parse()?;
/// assert_eq!(offer, "test-vm");
/// assert!("../other".parse::<Identifier>().is_err());
/// assert!(serde_json::from_str::<Identifier>(r#""../other""#).is_err());
/// # Ok::<(), cloud_partner_portal::InvalidIdentifier>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(inline, extend("pattern" = r"^[^./\\\s][^/\\\s]*$")))]
#[serde(try_from = "String")]
pub struct Identifier(Box<str>);

/// The error returned when a text isn't a valid [`Identifier`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvalidIdentifier(Box<str>);

impl fmt::Display for InvalidIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no identifier: it must be one segment of a path, such as `contoso` or `test-vm`, without white space, \
             slashes, backslashes, or a dot at the beginning",
            self.0
        )
    }
}

impl std::error::Error for InvalidIdentifier {}

impl Identifier {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks whether a text matches the spec's pattern for identifiers (`IDENTIFIER_PATTERN` in `sdk/generator/prepare.rs`).
    pub(crate) fn check(text: &str) -> Result<(), InvalidIdentifier> {
        let is_forbidden = |c: char| c == '/' || c == '\\' || is_space(c);
        if text.is_empty() || text.starts_with('.') || text.chars().any(is_forbidden) {
            return Err(InvalidIdentifier(text.into()));
        }
        Ok(())
    }
}

/// Returns whether the character is white space in a JSON Schema pattern. Such a pattern is an ECMAScript regular expression, where `\s`
/// matches the byte order mark and all Unicode white space except U+0085.
fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

text_traits!([] Identifier, str::eq);

impl FromStr for Identifier {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        Self::check(text)?;
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Identifier {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, InvalidIdentifier> {
        text.parse()
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0.into()
    }
}
