//! Parses error responses of the service, of gateways and of sign-in endpoints. Each of these servers has its own JSON or HTML format.

use serde_json::{Map, Value};

/// The maximum length of a message in characters.
const MAXIMUM_LENGTH: usize = 500;

/// An error response.
#[derive(Default)]
pub(crate) struct ErrorResponse {
    /// The machine-readable code.
    pub(crate) code: Option<String>,
    /// The human-readable message, on one line.
    pub(crate) message: Option<String>,
}

impl ErrorResponse {
    /// Parses the body of an error response. If the format is unknown, the result has neither code nor message.
    pub(crate) fn read(body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(Value::Object(properties)) => Self::from_object(&properties),
            Ok(Value::String(message)) => Self::new(None, Some(&message)),
            Ok(_) => Self::default(),
            Err(_) => Self::from_text(&String::from_utf8_lossy(body)),
        }
    }

    fn new(code: Option<&str>, message: Option<&str>) -> Self {
        Self {
            code: code.and_then(one_line),
            message: message.and_then(one_line),
        }
    }

    fn from_object(properties: &Map<String, Value>) -> Self {
        // One known format: {"error": {"code": …, "message": …}}
        if let Some(Value::Object(error)) = properties.get("error") {
            return Self::new(text(error, "code"), text(error, "message"));
        }
        // Another format: {"Product": {"serviceName": …, "error": …, "exceptionCode": …, "httpStatusCode": …}}. `Product` is the name of
        // the service that failed. Other names are possible.
        for inner in properties.values().filter_map(Value::as_object) {
            let code = text(inner, "exceptionCode").or_else(|| text(inner, "httpStatusCode"));
            let message = text(inner, "error").or_else(|| text(inner, "message"));
            if code.is_some() || message.is_some() {
                return Self::new(code, message);
            }
        }
        // Three more formats:
        // * {"Message": …}
        // * {"code": …, "message": …}, from gateways
        // * {"error": …, "error_description": …}, from sign-in endpoints
        let message = text(properties, "message")
            .or_else(|| text(properties, "error_description"))
            .or_else(|| text(properties, "error"));
        Self::new(text(properties, "code"), message)
    }

    fn from_text(text: &str) -> Self {
        let trimmed = text.trim_start_matches('\u{feff}').trim();
        if trimmed.starts_with('<') {
            return Self::new(None, html_title(trimmed));
        }
        // The text isn't valid JSON. If it begins like JSON, it is broken JSON and not a message for a person.
        if trimmed.starts_with(['{', '[', '"']) {
            return Self::default();
        }
        Self::new(None, Some(trimmed))
    }
}

/// Returns the string value of the property `name`. The letter case of the name is ignored.
fn text<'p>(properties: &'p Map<String, Value>, name: &str) -> Option<&'p str> {
    let mut properties = properties.iter();
    let (_, value) = properties.find(|(property, _)| property.eq_ignore_ascii_case(name))?;
    value.as_str()
}

fn html_title(page: &str) -> Option<&str> {
    // Converting only ASCII letters keeps the byte positions.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    page.get(start..end)
}

/// Returns the first line that isn't empty, cut off after 500 characters. Removes characters that control a terminal or the direction
/// of text.
pub(crate) fn one_line(text: &str) -> Option<String> {
    // A fast path for short ASCII texts without spaces, such as most correlation ids.
    if (1..=MAXIMUM_LENGTH).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Some(text.to_owned());
    }
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let mut short: String = line
        .chars()
        .filter(|character| !character.is_control() && !is_bidi_control_or_separator(*character))
        .take(MAXIMUM_LENGTH)
        .collect();
    if line.chars().nth(MAXIMUM_LENGTH).is_some() {
        short.push('…');
    }
    Some(short).filter(|short| !short.is_empty())
}

/// Returns whether a character changes the direction of text (Unicode Standard Annex 9, section 2), or separates lines or paragraphs
/// (U+2028, U+2029).
fn is_bidi_control_or_separator(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}
