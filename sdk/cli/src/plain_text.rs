//! Converts text from the service to plain text on one line, for a terminal or a log.

use std::time::{Duration, SystemTime};

use cloud_partner_portal::Timestamp;
use indicatif::HumanDuration;
use time::OffsetDateTime;

/// Converts HTML to plain text.
pub fn from_html(html: &str) -> String {
    let text = html2text::config::plain_no_decorate()
        .link_footnotes(true)
        .string_from_read(html.as_bytes(), 10_000)
        .unwrap_or_else(|_| html.to_owned());
    one_line(&text)
}

/// Replaces white space by single spaces, and escapes control characters.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if is_control(character) {
                line.extend(character.escape_unicode());
            } else {
                line.push(character);
            }
        }
    }
    line
}

/// Returns whether a terminal interprets the character instead of displaying it: C0 and C1 controls, and the bidirectional controls,
/// which change the order of the displayed text.
pub fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a time in words and in UTC, such as `3 years ago (2023-11-17 06:44 UTC)`. If the text isn't a time, returns the text.
pub fn age(time: &Timestamp) -> String {
    let Some(utc) = time.utc() else {
        return time.as_str().to_owned();
    };
    let age = match Duration::try_from(OffsetDateTime::now_utc() - utc) {
        Ok(age) => format!("{} ago", HumanDuration(age)),
        Err(_) => "in the future".to_owned(),
    };
    let (date, hour, minute) = (utc.date(), utc.hour(), utc.minute());
    format!("{age} ({date} {hour:02}:{minute:02} UTC)")
}

/// Returns the current time in UTC, to the second.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
