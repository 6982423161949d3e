//! Times as the service writes them.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A point in time as the service wrote it.
///
/// The official pages show `2017-05-23T23:33:47.8802283Z`; the service sends `2022-06-02T12:25:56.651`, without an offset, and
/// means UTC. The text is kept as it came, and read only when asked for: an empty or odd one never fails the answer that
/// carries it.
///
/// ```
/// use cloud_partner_portal::Timestamp;
///
/// let changed = Timestamp::new("2022-06-02T12:25:56.651");
/// assert_eq!(changed.utc().map(|time| time.unix_timestamp()), Some(1_654_172_756));
/// assert_eq!(changed.as_str(), "2022-06-02T12:25:56.651");
/// assert_eq!(Timestamp::new("yesterday").utc(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Timestamp(Box<str>);

impl Timestamp {
    /// A time from its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text as the service sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time in UTC, or `None` when the text isn't one.
    ///
    /// Takes 0 to 9 digits after the seconds, an offset or none (which means UTC), and a space in place of the `T`.
    #[must_use]
    pub fn utc(&self) -> Option<OffsetDateTime> {
        let text = self.0.trim();
        // RFC 3339 wants an offset, so the usual form needs one put behind it.
        let with_offset;
        let time = text.get(10..)?;
        let text = if time.contains(['Z', 'z', '+', '-']) {
            text
        } else {
            with_offset = format!("{text}Z");
            &with_offset
        };
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()?
            .checked_to_offset(UtcOffset::UTC)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn every_form_that_times_come_in_is_read() {
        for (text, seconds, nanoseconds) in [
            ("2017-05-23T23:33:47.8802283Z", 1_495_582_427, 880_228_300),
            ("2022-06-02T12:25:56.651", 1_654_172_756, 651_000_000),
            ("2022-06-02T12:25:56", 1_654_172_756, 0),
            ("2022-06-02T12:25:56Z", 1_654_172_756, 0),
            ("2022-06-02T14:25:56+02:00", 1_654_172_756, 0),
            ("2022-06-02T07:25:56.1-05:00", 1_654_172_756, 100_000_000),
            ("2022-06-02T12:25:56.123456789", 1_654_172_756, 123_456_789),
            ("2022-06-02 12:25:56.5", 1_654_172_756, 500_000_000),
            (" 2022-06-02T12:25:56z\n", 1_654_172_756, 0),
        ] {
            let time = Timestamp::new(text)
                .utc()
                .unwrap_or_else(|| panic!("{text} isn't read"));
            assert_eq!(
                (time.unix_timestamp(), time.nanosecond()),
                (seconds, nanoseconds),
                "{text}"
            );
        }
    }

    #[test]
    fn odd_text_is_kept_and_is_no_time() {
        for text in [
            "",
            " ",
            "yesterday",
            "2022-06-02",
            "2022-13-45T99:00:00Z",
            "0000",
            "２０２２-06-02T12:25:56",
            "9999-12-31T23:59:59-23:00",
        ] {
            let timestamp = Timestamp::new(text);
            assert_eq!(timestamp.utc(), None, "{text}");
            assert_eq!(timestamp.as_str(), text);
        }
    }
}
