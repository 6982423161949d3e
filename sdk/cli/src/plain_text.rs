//! Converts text from the service to plain text on one line, for a terminal or a log.

use std::time::Duration;

use cloud_partner_portal::Timestamp;
use indicatif::HumanDuration;
use time::OffsetDateTime;

/// Converts HTML to plain text.
pub fn from_html(html: &str) -> String {
    let text = html2text::config::plain_no_decorate()
        .link_footnotes(true)
        .string_from_read(html.as_bytes(), 10_000)
        .unwrap_or_else(|_| html.to_owned());
    clean(&text)
}

/// Replaces white space by single spaces, and escapes control characters.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !clean.is_empty() {
            clean.push(' ');
        }
        for character in word.chars() {
            if is_control(character) {
                clean.extend(character.escape_unicode());
            } else {
                clean.push(character);
            }
        }
    }
    clean
}

/// Returns whether a terminal interprets the character instead of displaying it: C0 and C1 controls, and the bidirectional controls,
/// which change the order of the displayed text.
pub fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a relative time and the time in UTC, or the text if it isn't a time.
pub fn time(time: &Timestamp, now: OffsetDateTime) -> String {
    let Some(utc) = time.utc() else {
        return clean(time.as_str());
    };
    format!(
        "{} ({:04}-{:02}-{:02} {:02}:{:02} UTC)",
        ago(utc, now),
        utc.year(),
        u8::from(utc.month()),
        utc.day(),
        utc.hour(),
        utc.minute()
    )
}

fn ago(time: OffsetDateTime, now: OffsetDateTime) -> String {
    match Duration::try_from(now - time) {
        Ok(ago) if ago < Duration::from_secs(60) => "just now".to_owned(),
        Ok(ago) => format!("{} ago", HumanDuration(ago)),
        Err(_) => "in the future".to_owned(),
    }
}

/// Returns the current time in UTC, to the second.
pub fn stamp() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

#[cfg(test)]
mod tests {
    use super::time;
    use cloud_partner_portal::Timestamp;
    use time::OffsetDateTime;

    #[test]
    fn times_are_relative_and_in_utc() {
        let now = OffsetDateTime::from_unix_timestamp(1_654_172_756)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        for (text, expected) in [
            ("2022-06-02T12:25:56", "just now (2022-06-02 12:25 UTC)"),
            (
                "2022-06-02T11:25:56.651",
                "60 minutes ago (2022-06-02 11:25 UTC)",
            ),
            (
                "2022-06-01T10:00:00+02:00",
                "28 hours ago (2022-06-01 08:00 UTC)",
            ),
            (
                "2017-05-23T23:33:47.8802283Z",
                "5 years ago (2017-05-23 23:33 UTC)",
            ),
            (
                "2030-01-01T00:00:00",
                "in the future (2030-01-01 00:00 UTC)",
            ),
            ("some day", "some day"),
        ] {
            assert_eq!(time(&Timestamp::new(text), now), expected);
        }
    }
}
