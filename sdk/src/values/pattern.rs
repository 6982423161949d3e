//! Comparing an identifier with its pattern in the contract; the generated code says the pattern's parts.

/// A character class of a pattern, and how often it comes.
pub(crate) struct Part {
    pub(crate) one: fn(char) -> bool,
    pub(crate) least: usize,
    pub(crate) most: usize,
}

/// Whether the whole text is a sequence of the parts.
pub(crate) fn fits(text: &str, parts: &[Part]) -> bool {
    let Some((part, others)) = parts.split_first() else {
        return text.is_empty();
    };
    let mut rest = text.chars();
    for taken in 0.. {
        if taken >= part.least && fits(rest.as_str(), others) {
            return true;
        }
        if taken == part.most || !rest.next().is_some_and(part.one) {
            break;
        }
    }
    false
}

/// What `\s` means in a pattern of JSON Schema, which is ECMAScript's: Unicode's white space but for U+0085, and the byte order
/// mark.
pub(crate) fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::{Part, fits, is_space};

    fn part(one: fn(char) -> bool, least: usize, most: usize) -> Part {
        Part { one, least, most }
    }

    #[test]
    fn a_text_fits_when_all_of_it_does() {
        let letter = |c: char| c.is_ascii_lowercase();
        let word = [part(letter, 1, 1), part(|c| c != '/', 0, usize::MAX)];
        let tail = [part(|_| true, 0, usize::MAX), part(letter, 2, 3)];
        for (text, expected) in [
            ("", false),
            ("a", true),
            ("aß日", true),
            ("a/", false),
            ("1a", false),
        ] {
            assert_eq!(fits(text, &word), expected, "{text}");
        }
        for (text, expected) in [("a", false), ("ab", true), ("1 abcd", true), ("ab1", false)] {
            assert_eq!(fits(text, &tail), expected, "{text}");
        }
        assert!(fits("", &[]) && !fits("a", &[]));
    }

    #[test]
    fn white_space_is_what_ecmascript_takes_for_it() {
        for c in [
            '\t', '\u{b}', '\r', ' ', '\u{a0}', '\u{1680}', '\u{2003}', '\u{2028}', '\u{3000}',
            '\u{feff}',
        ] {
            assert!(is_space(c), "{c:?}");
        }
        for c in ['a', '\u{85}', '\u{180e}', '\u{200b}', '\u{0}'] {
            assert!(!is_space(c), "{c:?}");
        }
    }
}
