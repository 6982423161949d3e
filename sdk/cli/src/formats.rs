//! Builds tables, and prints JSON and tab-separated values.

use std::io::{self, Write as _, stdout};

use comfy_table::{Cell, Color, Table};
use serde_json::Value;

use crate::plain_text::{escape_controls, one_line};

/// Returns the lines of a table without borders, with two spaces between columns. On a terminal, a cell of the
/// column `status` has the colour of its status.
pub fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_header(columns.iter().map(|name| name.to_uppercase()));
    // The choice is `Never` if `NO_COLOR` is set or standard output isn't a terminal.
    if anstream::AutoStream::choice(&stdout()) == anstream::ColorChoice::Never {
        table.force_no_tty();
    } else {
        table.enforce_styling();
    }
    for row in rows {
        let cells = columns.iter().zip(row);
        table.add_row(cells.map(|(column, text)| match (*column, colour(&text)) {
            ("status", Some(colour)) => Cell::new(one_line(&text)).fg(colour),
            _ => Cell::new(one_line(&text)),
        }));
    }
    // `trim` removes the padding of the first and the last column.
    table.lines().map(|line| line.trim().to_owned()).collect()
}

/// Returns the colour of a status, or `None` for a status without a colour.
fn colour(status: &str) -> Option<Color> {
    Some(match status.to_ascii_lowercase().as_str() {
        "succeeded" | "published" | "complete" => Color::Green,
        "failed" | "blocked" | "rejected" => Color::Red,
        "waitingforpublisherreview" | "canceled" => Color::Yellow,
        "running" | "inprogress" => Color::Cyan,
        _ => return None,
    })
}

/// Prints a JSON value with line breaks and indentation.
pub fn document(value: &Value) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    writeln!(stdout(), "{}", escape(&text))
}

/// Prints a JSON value on one line.
pub fn line(value: &Value) -> io::Result<()> {
    writeln!(stdout(), "{}", escape(&value.to_string()))
}

/// Escapes the control characters that `serde_json` doesn't escape. These characters occur only in JSON strings, where an escape
/// sequence such as `\u009b` means the same as the character.
fn escape(json: &str) -> String {
    // Four digits suffice: every control character is below U+10000.
    escape_controls(json, |control| format!("\\u{:04x}", u32::from(control)))
}

/// Prints values on one line, separated by tabs. A tab or line break in a value becomes a space.
pub fn tsv(values: &[impl AsRef<str>]) -> io::Result<()> {
    let cells = values.iter().map(|value| one_line(value.as_ref()));
    writeln!(stdout(), "{}", cells.collect::<Vec<_>>().join("\t"))
}
