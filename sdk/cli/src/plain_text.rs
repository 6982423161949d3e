//! Converts text from the service to one line of plain text without characters that control a terminal.

/// Converts HTML to plain text.
pub fn from_html(html: &str) -> String {
    let text = html2text::config::plain_no_decorate()
        .link_footnotes(true)
        .string_from_read(html.as_bytes(), 10_000)
        .unwrap_or_else(|_| html.to_owned());
    one_line(&text)
}

/// Replaces each sequence of white space by one space, and escapes control characters.
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
