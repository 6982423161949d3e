//! What the body of a failed request says, in any of the shapes that were seen.

use serde_json::{Map, Value};

/// The longest message that an error shows; the rest stays in the raw body.
const LONGEST_MESSAGE: usize = 500;

/// What could be read from a failed request's body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The service's word for programs.
    pub(crate) code: Option<String>,
    /// One line for people.
    pub(crate) message: Option<String>,
}

impl Failure {
    /// Reads a body of any shape; what can't be read gives nothing.
    pub(crate) fn read(body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Self::from_object(&members),
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

    fn from_object(members: &Map<String, Value>) -> Self {
        let text = |members: &Map<String, Value>, name: &str| {
            members
                .iter()
                .find(|(member, _)| member.eq_ignore_ascii_case(name))
                .and_then(|(_, value)| value.as_str().map(ToOwned::to_owned))
        };
        // {"error": {"code": …, "message": …}}
        if let Some(Value::Object(error)) = members.get("error") {
            let (code, message) = (text(error, "code"), text(error, "message"));
            return Self::new(code.as_deref(), message.as_deref());
        }
        // {"Product": {"serviceName": …, "error": …, "exceptionCode": …, "httpStatusCode": …}}, whatever the outer name.
        for value in members.values() {
            if let Value::Object(inner) = value {
                let code = text(inner, "exceptionCode").or_else(|| text(inner, "httpStatusCode"));
                let message = text(inner, "error").or_else(|| text(inner, "message"));
                if code.is_some() || message.is_some() {
                    return Self::new(code.as_deref(), message.as_deref());
                }
            }
        }
        // {"Message": …}, and what gateways and sign-in endpoints add to it.
        let message = text(members, "message")
            .or_else(|| text(members, "error_description"))
            .or_else(|| text(members, "error"));
        Self::new(text(members, "code").as_deref(), message.as_deref())
    }

    fn from_text(text: &str) -> Self {
        let trimmed = text.trim_start_matches('\u{feff}').trim();
        if trimmed.starts_with('<') {
            return Self::new(None, html_title(trimmed));
        }
        // JSON that was cut off would show as noise.
        if trimmed.starts_with(['{', '[', '"']) {
            return Self::default();
        }
        Self::new(None, Some(trimmed))
    }
}

fn html_title(page: &str) -> Option<&str> {
    // ASCII lower case keeps every byte where it is.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    page.get(start..end)
}

/// The first line that says something, without control characters (a terminal would obey them), and not too long.
pub(crate) fn one_line(text: &str) -> Option<String> {
    // One word is fit as it is, and every answer's correlation id is one.
    if (1..=LONGEST_MESSAGE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Some(text.to_owned());
    }
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let mut short: String = line
        .chars()
        .filter(|character| !character.is_control())
        .take(LONGEST_MESSAGE)
        .collect();
    if line.chars().nth(LONGEST_MESSAGE).is_some() {
        short.push('…');
    }
    Some(short).filter(|short| !short.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn every_shape_is_read() {
        let long = format!("\"{}\"", "x".repeat(600));
        let cut = format!("{}…", "x".repeat(500));
        for (body, code, message) in [
            (
                r#"{"error": {"code": "BadRequest", "message": "No."}}"#,
                Some("BadRequest"),
                Some("No."),
            ),
            (r#"{"error": {"code": null, "message": ""}}"#, None, None),
            (
                r#"{"Variant": {"serviceName": "Variant", "error": "Retry is OK.\r\n   at A.B()\r\n", "exceptionCode": "E1", "httpStatusCode": "InternalServerError"}}"#,
                Some("E1"),
                Some("Retry is OK."),
            ),
            (
                r#"{"Other": {"httpStatusCode": "NotFound"}}"#,
                Some("NotFound"),
                None,
            ),
            (r#"{"Message": "Denied."}"#, None, Some("Denied.")),
            (
                r#"{"error": "invalid_client", "error_description": "No such client."}"#,
                None,
                Some("No such client."),
            ),
            (r#""please try again""#, None, Some("please try again")),
            (
                "<html><head><TITLE>503 Service\r\n</title></head></html>",
                None,
                Some("503 Service"),
            ),
            ("<html>", None, None),
            ("Bad gateway\nat 1", None, Some("Bad gateway")),
            ("\u{1b}[31mred\u{1b}[0m", None, Some("[31mred[0m")),
            (r#"{"error": {"code": "Inter"#, None, None),
            ("", None, None),
            ("[]", None, None),
            (&long, None, Some(&cut)),
        ] {
            let failure = Failure::read(body.as_bytes());
            assert_eq!(
                (failure.code.as_deref(), failure.message.as_deref()),
                (code, message),
                "{body}"
            );
        }
    }
}
