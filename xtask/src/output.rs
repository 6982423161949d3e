//! The format of output lines: a verb in a right-aligned column, then its object, as cargo prints them.

use std::fmt::Display;
use std::io::{self, Write};

/// The width of the verb column, the same as cargo's.
const WIDTH: usize = 12;

/// Writes a line with a verb and its object.
pub fn print_line(out: &mut dyn Write, verb: &str, what: impl Display) -> io::Result<()> {
    writeln!(out, "{verb:>WIDTH$} {what}")
}

/// Writes a line without a verb, which continues the previous line.
pub fn print_continuation(out: &mut dyn Write, what: impl Display) -> io::Result<()> {
    writeln!(out, "{:>WIDTH$} {what}", "")
}

/// Returns a number with its noun in the singular or plural: `1 error`, `2 errors`.
pub fn with_noun(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A writer that ignores a closed pipe. After the reader (such as `head`) has closed the pipe, output is dropped, and the command
/// still ends with its own exit code.
pub struct IgnoreClosedPipe<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> IgnoreClosedPipe<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            closed: false,
        }
    }

    fn unless_closed<T>(&mut self, result: io::Result<T>, dropped: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(dropped)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for IgnoreClosedPipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        self.unless_closed(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.inner.flush();
        self.unless_closed(result, ())
    }
}
