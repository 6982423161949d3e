//! The format of output: lines with a verb in a right-aligned column, as cargo prints them, and tables.

use std::fmt::Display;
use std::io::{self, Stdout, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

/// The width of the verb column, the same as cargo's.
const WIDTH: usize = 12;

/// Writes a line with a verb and its object.
pub fn print_line(out: &mut dyn Write, verb: &str, what: impl Display) -> io::Result<()> {
    writeln!(out, "{verb:>WIDTH$} {what}")
}

/// Writes a line without a verb, which continues the previous line.
pub fn print_continuation(out: &mut dyn Write, what: impl Display) -> io::Result<()> {
    print_line(out, "", what)
}

/// Returns a number with its noun in the singular or plural: `1 error`, `2 errors`.
pub fn with_noun(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Prints a table without borders. Columns of integers are aligned to the right, the other columns to the left.
pub fn print_table(headings: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_header(headings)
        .add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if rows.iter().all(|row| row[index].parse::<usize>().is_ok()) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
        .lines()
        .try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// Standard output without the error for a closed pipe. After the reader, such as `head`, has closed the pipe, output is dropped, and
/// the command still ends with its own exit code.
pub struct IgnoreClosedPipe(pub Stdout);

impl Write for IgnoreClosedPipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}
