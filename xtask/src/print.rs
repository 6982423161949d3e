//! Prints tables and lines. A line looks like cargo's: a label such as `Error` in a right-aligned column, then a text.

use std::fmt::Display;
use std::io::{self, Stdout, Write};

use comfy_table::Table;
use comfy_table::presets::NOTHING;

/// Prints a label and a text. The column of the label is as wide as cargo's.
pub fn print_line(out: &mut dyn Write, label: &str, text: impl Display) -> io::Result<()> {
    writeln!(out, "{label:>12} {text}")
}

/// Prints a text without a label, in the same column as the texts of [`print_line`].
pub fn print_continuation(out: &mut dyn Write, text: impl Display) -> io::Result<()> {
    print_line(out, "", text)
}

/// Replaces each control character in a text with an escape such as `\n`. The result is a single line.
pub fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        c if c.is_control() => c.escape_default().collect(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Returns a number with its noun in the singular or plural: `1 error`, `2 errors`.
pub fn with_noun(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Prints a table without borders.
pub fn print_table(headings: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_header(headings)
        .add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
        .lines()
        .try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// Standard output that ignores a closed pipe. If a reader such as `head` closes the pipe early, the command still runs to its end, and
/// has the same exit code.
pub struct IgnoreClosedPipe(pub Stdout);

impl Write for IgnoreClosedPipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_closed(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(self.0.flush(), ())
    }
}

/// Returns the result, or `success` if the result is the error for a closed pipe.
fn unless_closed<T>(result: io::Result<T>, success: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(success),
        result => result,
    }
}
