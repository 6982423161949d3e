//! Output: tables for people, and JSON and tab-separated values for programs.

use std::io::{self, IsTerminal, Write};

use comfy_table::{Cell, Color, Table};
use serde_json::Value;

use crate::text::clean;

/// Whether standard output may be coloured: on a terminal, and never under `NO_COLOR`.
pub fn coloured() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Whether a person looks at standard output.
pub fn interactive() -> bool {
    io::stdout().is_terminal()
}

/// A table without lines, whose columns are two spaces apart.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_header(header.iter().map(Cell::new));
    if coloured() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

/// A status with the colour of what it means.
pub fn status_cell(status: &str) -> Cell {
    let cell = Cell::new(clean(status));
    match status.to_ascii_lowercase().as_str() {
        "succeeded" | "published" | "complete" => cell.fg(Color::Green),
        "failed" | "blocked" | "rejected" => cell.fg(Color::Red),
        "waitingforpublisherreview" | "canceled" => cell.fg(Color::Yellow),
        "running" | "inprogress" => cell.fg(Color::Cyan),
        _ => cell,
    }
}

/// Prints a table row by row, without the spaces that would fill its last column.
pub fn print(table: &Table, out: &mut impl Write) -> io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_start_matches(' ').trim_end())?;
    }
    Ok(())
}

/// Prints a JSON document for a person to read as well.
pub fn document(value: &Value, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Prints a JSON value on one line.
pub fn line(value: &Value, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

/// Prints tab-separated values; tabs and line breaks in them become spaces.
pub fn tsv(values: &[&str], out: &mut impl Write) -> io::Result<()> {
    let values: Vec<_> = values.iter().map(|value| clean(value)).collect();
    writeln!(out, "{}", values.join("\t"))
}
