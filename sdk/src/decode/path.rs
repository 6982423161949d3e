//! Finds the path of a position in JSON text.

use super::repair::string_length;

/// A step of a path.
enum Step {
    Index(usize),
    /// The property whose value follows. `None` before the colon.
    Property(Option<String>),
}

/// Returns the path of the value at the end of incomplete JSON text, such as `$[3].id` for `[{}, {}, {}, {"id": 5`.
pub(super) fn at_end(text: &[u8]) -> String {
    let mut steps = Vec::new();
    let mut string = &text[..0];
    let mut rest = text;
    while let Some(byte) = rest.first() {
        let mut length = 1;
        match (byte, steps.last_mut()) {
            (b'"', _) => {
                length = string_length(rest).unwrap_or(rest.len());
                string = &rest[..length];
            }
            (b'[', _) => steps.push(Step::Index(0)),
            (b'{', _) => steps.push(Step::Property(None)),
            (b']' | b'}', _) => {
                steps.pop();
            }
            (b':', Some(Step::Property(name))) => *name = Some(unquoted(string)),
            (b',', Some(Step::Index(index))) => *index += 1,
            (b',', Some(Step::Property(name))) => *name = None,
            _ => {}
        }
        rest = &rest[length..];
    }
    let steps = steps.into_iter().map(|step| match step {
        Step::Index(index) => format!("[{index}]"),
        Step::Property(Some(name)) => format!(".{name}"),
        Step::Property(None) => String::new(),
    });
    std::iter::once("$".to_owned()).chain(steps).collect()
}

/// Returns the text of a JSON string; `?` if it isn't valid.
fn unquoted(string: &[u8]) -> String {
    serde_json::from_slice(string).unwrap_or_else(|_| "?".to_owned())
}
