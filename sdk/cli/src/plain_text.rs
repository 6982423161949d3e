//! Converts text from the service to one line of plain text without characters that control a terminal.

/// Converts HTML to one line of plain text.
pub fn from_html(html: &str) -> String {
    let text = html2text::config::plain_no_decorate()
        .link_footnotes(true)
        .string_from_read(html.as_bytes(), 10_000)
        .unwrap_or_else(|_| html.to_owned());
    one_line(&text)
}

/// Replaces each sequence of white space by one space, and escapes control characters.
pub fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    escape_controls(&words.join(" "), |control| {
        control.escape_unicode().to_string()
    })
}

/// Replaces each control character except line breaks by the text that `escape` returns.
pub fn escape_controls(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && is_control(character) {
            escaped += &escape(character);
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Returns whether a terminal interprets the character instead of displaying it. Such characters are the C0 and C1 controls, and the
/// bidirectional controls. The bidirectional controls change the order of the displayed text.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
