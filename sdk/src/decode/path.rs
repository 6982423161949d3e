//! Where in an answer a decoding error is, as a path such as `$[3].id`.
//!
//! `serde_json` tells a line and a column. Crates that follow the path while they decode need the decoding of every type
//! compiled a second time, which was more than a quarter of what this crate takes to build.

/// The arrays and objects around a place, each with the child that was begun last.
enum Level {
    Array(usize),
    /// The member's name with its quotes; `None` before it is read.
    Object(Option<(usize, usize)>),
}

/// The path of the value that `error` is about, in the text that it came from.
pub(crate) fn path(json: &[u8], error: &serde_json::Error) -> String {
    let mut end = offset(json, error);
    // A syntax error is placed behind the byte that is wrong, and that byte opens or closes nothing.
    if error.is_syntax() {
        end = end.saturating_sub(1);
    }
    let json = &json[..end];
    let mut levels = Vec::new();
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        let begin = at;
        at += 1;
        match (byte, levels.last_mut()) {
            (b'"', level) => {
                let closed = string_end(json, at);
                at = closed.unwrap_or(end);
                if let (Some(Level::Object(name @ None)), Some(_)) = (level, closed) {
                    *name = Some((begin, at));
                }
            }
            (b'[', _) => levels.push(Level::Array(0)),
            (b'{', _) => levels.push(Level::Object(None)),
            (b']', Some(Level::Array(_))) | (b'}', Some(Level::Object(_))) => {
                levels.pop();
            }
            (b',', Some(Level::Array(index))) => *index += 1,
            (b',', Some(Level::Object(name))) => *name = None,
            _ => {}
        }
    }
    let steps = levels.iter().map(|level| match level {
        Level::Array(index) => format!("[{index}]"),
        Level::Object(None) => ".?".to_owned(),
        Level::Object(Some((begin, end))) => {
            let name: Option<String> = serde_json::from_slice(&json[*begin..*end]).ok();
            format!(".{}", name.as_deref().unwrap_or("?"))
        }
    });
    std::iter::once("$".to_owned()).chain(steps).collect()
}

/// How many bytes of the text were read.
fn offset(json: &[u8], error: &serde_json::Error) -> usize {
    let mut line_ends = (0..json.len()).filter(|at| json[*at] == b'\n');
    // Lines count from 1, so before the second one there is one end.
    let last_end = (error.line().checked_sub(2)).and_then(|before| line_ends.nth(before));
    let line_begin = last_end.map_or(0, |at| at + 1);
    (line_begin + error.column()).min(json.len())
}

/// Behind the quote that ends the string of which `at` is the first byte.
fn string_end(json: &[u8], at: usize) -> Option<usize> {
    let mut escaped = false;
    let length = json[at..].iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    Some(at + length + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::Value;

    use super::path;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the failure to read it counts")]
    struct Thing {
        id: String,
        count: Option<u8>,
        inner: Option<Box<Thing>>,
        list: Option<Vec<Thing>>,
        named: Option<BTreeMap<String, u8>>,
    }

    #[test]
    fn the_path_leads_to_the_value_at_fault() {
        for (json, expected) in [
            ("7", "$"),
            ("{}", "$"),
            ("[7]", "$[0]"),
            (r#"[{"id":"a"},{"id":7}]"#, "$[1].id"),
            (r#"[{"id":"a"},{"count":7}]"#, "$[1]"),
            (r#"[{"id":"a"},{"id":{"id":"b"}}]"#, "$[1].id"),
            (r#"[{"id":"a"},{"id":["b"]}]"#, "$[1].id"),
            (r#"[{"id":"a","count":256}]"#, "$[0].count"),
            (r#"[{"id":"a","count":-1,"x":1}]"#, "$[0].count"),
            (
                "[\n  {\n    \"id\": \"a\",\n    \"count\": \"b\"\n  }\n]",
                "$[0].count",
            ),
            (
                r#"[{"id":"}]\"\\","inner":{"id":"c","list":[{"id":"d"},{}]}}]"#,
                "$[0].inner.list[1]",
            ),
            (
                r#"[{"id":"a","named":{"x\ty":1,"[z]":300}}]"#,
                "$[0].named.[z]",
            ),
            (
                r#"[{"id":"a","x":[[],{"y":[1,2]}],"count":true}]"#,
                "$[0].count",
            ),
            (r#"[{"x\u0041":tru}]"#, "$[0].xA"),
            (r#"[{"id":"\ud800"}]"#, "$[0].id"),
            (r#"[{"id":"a"},{"id"#, "$[1].?"),
            (r#"[{"id":"a"},{"#, "$[1].?"),
            ("", "$"),
            (r#"[{"id":]}]"#, "$[0].id"),
        ] {
            let error = serde_json::from_str::<Vec<Thing>>(json).expect_err(json);
            assert_eq!(path(json.as_bytes(), &error), expected, "{json}: {error}");
            // Followed while decoding, it is the same.
            let mut reader = serde_json::Deserializer::from_str(json);
            let followed = serde_path_to_error::deserialize::<_, Vec<Thing>>(&mut reader);
            let followed = followed.expect_err(json).path().to_string();
            let followed = followed.trim_start_matches('.');
            let own = expected.trim_start_matches('$').trim_start_matches('.');
            assert_eq!(own, followed, "{json}");
        }
    }

    #[test]
    fn any_beginning_of_a_text_has_a_path() {
        let json = "[{\"id\": \"\\\"é\", \"x\": [1, {}, []]},\r\n\n {\"id\": \"b\"}]\n";
        for end in 0..json.len() - 1 {
            let json = &json.as_bytes()[..end];
            if let Err(error) = serde_json::from_slice::<Value>(json) {
                assert!(path(json, &error).starts_with('$'), "{json:?}");
            }
        }
    }
}
