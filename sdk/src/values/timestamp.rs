//! Times as the service writes them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A point in time as the service wrote it.
///
/// The official pages show `2017-05-23T23:33:47.8802283Z`; the service sends `2022-06-02T12:25:56.651`, without an offset, and
/// means UTC. The text is kept as it came, and read only when asked for: an empty or odd one never fails the answer that
/// carries it.
///
/// ```
/// use cloud_partner_portal::Timestamp;
///
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let changed = Timestamp::new("2022-06-02T12:25:56.651");
/// assert_eq!(changed.system_time(), Some(UNIX_EPOCH + Duration::from_millis(1_654_172_756_651)));
/// assert_eq!(changed.as_str(), "2022-06-02T12:25:56.651");
/// assert_eq!(Timestamp::new("yesterday").system_time(), None);
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

    /// The time as the standard library has it, which every date library takes; `None` when the text isn't a time.
    ///
    /// Takes 0 to 9 digits after the seconds, an offset or none (which means UTC), and a space in place of the `T`.
    #[must_use]
    pub fn system_time(&self) -> Option<SystemTime> {
        let (seconds, nanoseconds) = unix_time(self.0.trim())?;
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 {
            UNIX_EPOCH.checked_sub(whole)
        } else {
            UNIX_EPOCH.checked_add(whole)
        };
        whole?.checked_add(Duration::from_nanos(nanoseconds.into()))
    }

    /// The same as the crate `time` has it, in UTC.
    #[cfg(feature = "time")]
    #[must_use]
    pub fn utc(&self) -> Option<time::OffsetDateTime> {
        let (seconds, nanoseconds) = unix_time(self.0.trim())?;
        time::OffsetDateTime::from_unix_timestamp(seconds)
            .and_then(|time| time.replace_nanosecond(nanoseconds))
            .ok()
    }
}

/// RFC 3339 with an offset or without one, as seconds since 1970 in UTC and the nanoseconds after them.
fn unix_time(text: &str) -> Option<(i64, u32)> {
    /// The years 0 to 9999, as RFC 3339 has them.
    const SECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;
    let mut text = Text(text.as_bytes());
    let (year, month, day) = (text.number(4)?, text.after(b"-")?, text.after(b"-")?);
    text.one_of(b"Tt ")?;
    let (hour, minute, second) = (text.number(2)?, text.after(b":")?, text.after(b":")?);
    let mut nanoseconds = 0;
    if text.one_of(b".").is_some() {
        let digits = text
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 {
            return None;
        }
        nanoseconds =
            text.number(digits.min(9))? * 10_i64.pow(9 - u32::try_from(digits.min(9)).ok()?);
        text.0 = text.0.get(digits.saturating_sub(9)..)?;
    }
    let offset = match text.one_of(b"Zz+-") {
        None | Some(b'Z' | b'z') => 0,
        Some(sign) => {
            let (hours, minutes) = (text.number(2)?, text.after(b":")?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == b'-' { -60 } else { 60 }
        }
    };
    if !text.0.is_empty()
        || !(1..=12).contains(&month)
        || !(1..=days_in(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        // A leap second is the next one.
        || second > 60
    {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    let seconds = seconds - offset;
    SECONDS
        .contains(&seconds)
        .then_some((seconds, u32::try_from(nanoseconds).ok()?))
}

/// What is left of a text that is read from its beginning.
struct Text<'t>(&'t [u8]);

impl Text<'_> {
    /// The next byte, if it is one of these.
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// A number of so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + i64::from(byte - b'0'))
        })
    }

    /// A number of two digits after a separator.
    fn after(&mut self, separator: &[u8]) -> Option<i64> {
        self.one_of(separator)?;
        self.number(2)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the Gregorian calendar. Years are counted from March, so that the leap day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month < 3 { year - 1 } else { year };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    // The first of March of the year 0 was so many days before 1970.
    year * 365 + leap_days + day_of_year - 719_468
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
            (
                "2022-06-02T12:25:56.12345678901",
                1_654_172_756,
                123_456_789,
            ),
            ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
            ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
            (" 2022-06-02T12:25:56z\n", 1_654_172_756, 0),
        ] {
            let time = super::unix_time(Timestamp::new(text).as_str().trim());
            assert_eq!(time, Some((seconds, nanoseconds)), "{text}");
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
            assert_eq!(timestamp.system_time(), None, "{text}");
            assert_eq!(timestamp.as_str(), text);
        }
    }

    #[cfg(feature = "time")]
    #[test]
    fn times_are_what_the_crate_time_makes_of_them() {
        use time::OffsetDateTime;
        use time::format_description::well_known::Rfc3339;

        // Steps that meet every month, leap days, and the ends of centuries.
        let mut seconds = -62_167_219_200;
        while seconds <= 253_402_300_799 {
            let time = OffsetDateTime::from_unix_timestamp(seconds).expect("in range");
            let text = time.format(&Rfc3339).expect("in range");
            let timestamp = Timestamp::new(&text);
            assert_eq!(timestamp.utc(), Some(time), "{text}");
            assert_eq!(timestamp.system_time(), Some(time.into()), "{text}");
            seconds += 86_400 * 13 + 3_607;
        }
        for text in [
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-00-10T00:00:00Z",
            "2024-04-31T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:61Z",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00Zulu",
            "2024-1-01T00:00:00Z",
            "2024-01-01T00:00:00+0100",
            "-024-01-01T00:00:00Z",
            "2024-01-01T+1:00:00Z",
            "0000-01-01T00:00:00+00:01",
        ] {
            assert_eq!(
                OffsetDateTime::parse(text, &Rfc3339)
                    .ok()
                    .filter(|time| time.to_offset(time::UtcOffset::UTC).year() >= 0),
                None,
                "{text}"
            );
            assert_eq!(Timestamp::new(text).utc(), None, "{text}");
        }
    }
}
