//! Defines [`Timestamp`], a point in time as the service writes it.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A point in time in the service's format.
///
/// Microsoft's documentation shows `2017-05-23T23:33:47.8802283Z`. The service sends `2022-06-02T12:25:56.651`. A time without an offset is
/// in UTC. Decoding keeps the text without a check, so an invalid time isn't a decoding error. Only
/// [`system_time`](Self::system_time) and [`utc`](Self::utc) parse the text.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use cloud_partner_portal::Timestamp;
///
/// let changed = Timestamp::new("2022-06-02T12:25:56.651");
/// assert_eq!(changed.system_time(), Some(UNIX_EPOCH + Duration::from_millis(1_654_172_756_651)));
/// assert_eq!(changed.as_str(), "2022-06-02T12:25:56.651");
/// assert_eq!(Timestamp::new("yesterday").system_time(), None);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(from = "String", into = "String")]
pub struct Timestamp(Text);

/// The text of a timestamp. A list can have thousands of offers, so a text of up to 23 bytes is stored without an allocation. The
/// service's timestamps have 23 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Text {
    /// The text, padded with zero bytes.
    Short([u8; 23]),
    Long(Box<str>),
}

impl Default for Text {
    fn default() -> Self {
        Self::Short([0; 23])
    }
}

impl Timestamp {
    /// Creates a time from its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut short = [0; 23];
        Self(match short.get_mut(..text.len()) {
            Some(start) if !text.contains('\0') => {
                start.copy_from_slice(text.as_bytes());
                Text::Short(short)
            }
            _ => Text::Long(text.into()),
        })
    }

    /// Returns the text as the service sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short(bytes) => {
                let text = bytes.split(|byte| *byte == 0).next();
                // The bytes are a copy of a `str`, so decoding them can't fail.
                str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
            }
            Text::Long(text) => text,
        }
    }

    /// Returns the time as a [`SystemTime`], which every date library accepts. Returns `None` if the text isn't a time.
    #[must_use]
    pub fn system_time(&self) -> Option<SystemTime> {
        self.utc().map(SystemTime::from)
    }

    /// Returns the time as an [`OffsetDateTime`] in UTC, or `None` if the text isn't a time.
    ///
    /// Accepts RFC 3339 with these variants:
    ///
    /// * The offset can be absent. The time is then in UTC.
    /// * A space can replace the `T`.
    /// * White space can surround the text.
    /// * The seconds can have any number of decimals. Only the first nine are used.
    #[must_use]
    pub fn utc(&self) -> Option<OffsetDateTime> {
        /// The length of a date such as `2022-06-02`.
        const DATE: usize = 10;
        let text = self.as_str().trim();
        let (date, rest) = text.split_at_checked(DATE)?;
        let time = rest.strip_prefix(['T', 't', ' '])?;
        let offset = if time.contains(['Z', 'z', '+', '-']) {
            ""
        } else {
            "Z"
        };
        OffsetDateTime::parse(&format!("{date}T{time}{offset}"), &Rfc3339)
            .ok()?
            .checked_to_offset(UtcOffset::UTC)
    }
}

text_traits!([] Timestamp, str::eq);

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Timestamp;

    #[test]
    fn parses_every_observed_format() {
        let second = 1_654_172_756;
        for (text, expected) in [
            (
                "2017-05-23T23:33:47.8802283Z",
                Some((1_495_582_427, 880_228_300)),
            ),
            ("2022-06-02T12:25:56.651", Some((second, 651_000_000))),
            ("2022-06-02T12:25:56", Some((second, 0))),
            ("2022-06-02T12:25:56Z", Some((second, 0))),
            ("2022-06-02T14:25:56+02:00", Some((second, 0))),
            ("2022-06-02T07:25:56.1-05:00", Some((second, 100_000_000))),
            (
                "2022-06-02T12:25:56.12345678901",
                Some((second, 123_456_789)),
            ),
            ("2022-06-02 12:25:56.5", Some((second, 500_000_000))),
            (" 2022-06-02t12:25:56z\n", Some((second, 0))),
            // The crate `time` replaces a leap second by the last nanosecond before it.
            ("2016-12-31T23:59:60Z", Some((1_483_228_799, 999_999_999))),
            ("", None),
            ("\0", None),
            ("2022-06-02", None),
            ("2022-06-02T", None),
            ("2022-13-45T99:00:00Z", None),
            ("2024-01-01T00:00:00Zulu", None),
            ("2024-01-01T00:00:00+0100", None),
            ("２０２２-06-02T12:25:56", None),
            ("9999-12-31T23:59:59-23:00", None),
        ] {
            let time = Timestamp::new(text);
            let expected = expected
                .map(|(seconds, nanoseconds)| UNIX_EPOCH + Duration::new(seconds, nanoseconds));
            assert_eq!(time.system_time(), expected, "{text}");
            assert_eq!(time.as_str(), text);
        }
        let before = Timestamp::new("1969-12-31T23:59:59.5Z").system_time();
        assert_eq!(before, UNIX_EPOCH.checked_sub(Duration::from_millis(500)));
    }
}
