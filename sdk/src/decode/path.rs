//! Finds the path of the value at which decoding stopped, such as `$[1].id`. The input is the JSON text before the error.

use super::repair::string_length;

/// The maximum number of steps of a path. A step is, for example, `[1]` or `.id`. Without a maximum, deeply nested text would need
/// much memory.
const MAXIMUM_STEPS: usize = 16;

/// A step of a path.
enum Step {
    Index(usize),
    /// A property. The name is `None` until the colon after the name is read.
    Property(Option<String>),
}

/// Returns the path of the value at the end of incomplete JSON text, such as `$[1].id` for `[{}, {"id": 5`. The path of a property
/// whose name is incomplete or invalid ends in `.?`.
pub(super) fn at_end(text: &[u8]) -> String {
    let mut steps = Vec::new();
    // The number of open arrays and objects that are nested deeper than the maximum number of steps.
    let mut deeper = 0_usize;
    let mut last_string = &text[..0];
    let mut rest = text;
    let mut is_in_string = false;
    while let Some(byte) = rest.first() {
        let mut length = 1;
        let is_deepest = steps.len() == MAXIMUM_STEPS;
        match (byte, steps.last_mut()) {
            (b'"', _) => {
                let complete_length = string_length(rest);
                is_in_string = complete_length.is_none();
                length = complete_length.unwrap_or(rest.len());
                last_string = &rest[..length];
            }
            (b'[' | b'{', _) if is_deepest => deeper += 1,
            (b']' | b'}', _) if deeper > 0 => deeper -= 1,
            _ if deeper > 0 => {}
            (b'[', _) => steps.push(Step::Index(0)),
            (b'{', _) => steps.push(Step::Property(None)),
            (b']' | b'}', _) => {
                steps.pop();
            }
            (b':', Some(Step::Property(name))) => *name = Some(unquoted(last_string)),
            (b',', Some(Step::Index(index))) => *index += 1,
            (b',', Some(Step::Property(name))) => *name = None,
            _ => {}
        }
        rest = &rest[length..];
    }
    let steps = steps.into_iter().map(|step| match step {
        Step::Index(index) => format!("[{index}]"),
        Step::Property(Some(name)) => format!(".{name}"),
        Step::Property(None) if is_in_string => ".?".to_owned(),
        Step::Property(None) => String::new(),
    });
    std::iter::once("$".to_owned()).chain(steps).collect()
}

/// Returns the text of a JSON string, or `?` if the string is invalid.
fn unquoted(string: &[u8]) -> String {
    serde_json::from_slice(string).unwrap_or_else(|_| "?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::at_end;

    #[test]
    fn the_path_leads_to_the_value_at_the_end_of_the_text() {
        for (text, path) in [
            ("", "$"),
            ("[", "$[0]"),
            (r#"[{}, {"id": 5"#, "$[1].id"),
            (r#"[{"id": "a"}, {"b": [[], [1, 2"#, "$[1].b[1][1]"),
            (r#"{"a,]}\"": "b:{\\", "c\u0064": {"e": "un"#, "$.cd.e"),
            (r#"{"a": 1, "#, "$"),
            (r#"{"a": 1, "b"#, "$.?"),
            (r#"[{"a": {"b": 1}, "\ud800": 1"#, "$[0].?"),
            (r#"[{"a": 1}"#, "$[0]"),
        ] {
            assert_eq!(at_end(text.as_bytes()), path, "{text}");
        }
    }

    #[test]
    fn the_path_of_a_deeply_nested_value_is_short() {
        let text = format!("{}{}", "[".repeat(1_000_000), "]".repeat(999_999));
        assert_eq!(at_end(text.as_bytes()), "$[0]");
        assert!(at_end(&text.as_bytes()[..1_000_000]).len() < 100);
    }
}
