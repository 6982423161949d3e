//! Output formats: tables, JSON and tab-separated values.

use std::fmt::Write as _;
use std::io::{self, Write};

use comfy_table::{Cell, Color, Table};
use serde_json::Value;

use crate::plain_text::{clean, is_control};

/// Creates a table without lines, with two spaces between columns.
pub fn table(header: &[String]) -> Table {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_header(header);
    // `choice` is `Never` if `NO_COLOR` is set or standard output isn't a terminal.
    if anstream::AutoStream::choice(&io::stdout()) == anstream::ColorChoice::Never {
        table.force_no_tty();
    } else {
        table.enforce_styling();
    }
    table
}

pub fn cell(text: &str) -> Cell {
    Cell::new(clean(text))
}

/// Returns a table cell with a status in the colour of its meaning.
pub fn status_cell(status: &str) -> Cell {
    let cell = cell(status);
    match status.to_ascii_lowercase().as_str() {
        "succeeded" | "published" | "complete" => cell.fg(Color::Green),
        "failed" | "blocked" | "rejected" => cell.fg(Color::Red),
        "waitingforpublisherreview" | "canceled" => cell.fg(Color::Yellow),
        "running" | "inprogress" => cell.fg(Color::Cyan),
        _ => cell,
    }
}

/// Prints a table without the padding of its last column.
pub fn print(table: &Table, out: &mut impl Write) -> io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_start_matches(' ').trim_end())?;
    }
    Ok(())
}

/// Prints a JSON document with line breaks and indentation.
pub fn document(value: &Value, out: &mut impl Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    writeln!(out, "{}", escape(&text))
}

/// Prints a JSON value on one line.
pub fn line(value: &Value, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", escape(&value.to_string()))
}

/// Escapes the control characters in JSON text that `serde_json` doesn't escape. They occur only in strings.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_control(character) {
            // All control characters are in the basic multilingual plane, so four digits suffice.
            // Writing to a string can't fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Prints tab-separated values. Tabs and line breaks in a value become spaces.
pub fn tsv(values: &[&str], out: &mut impl Write) -> io::Result<()> {
    let values: Vec<_> = values.iter().map(|value| clean(value)).collect();
    writeln!(out, "{}", values.join("\t"))
}
