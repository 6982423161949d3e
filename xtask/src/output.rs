//! Lines of output: a verb in a right-aligned column, as in cargo's output, then its object.

use std::fmt::Display;
use std::io::{self, Write};

/// The width of the column; the same as cargo's.
const WIDTH: usize = 12;

/// Writes a line with a verb.
pub fn say(out: &mut dyn Write, verb: &str, what: impl Display) -> io::Result<()> {
    writeln!(out, "{verb:>WIDTH$} {what}")
}

/// Writes a line that continues the one before.
pub fn more(out: &mut dyn Write, what: impl Display) -> io::Result<()> {
    writeln!(out, "{:>WIDTH$} {what}", "")
}

/// Returns the number with its noun: `1 error`, `2 errors`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A writer whose reader may close the pipe, as `head` does. Later output is dropped, and the command still ends with its own exit
/// code.
pub struct UntilClosed<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> UntilClosed<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            closed: false,
        }
    }

    fn or_closed<T>(&mut self, result: io::Result<T>, dropped: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(dropped)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        self.or_closed(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.inner.flush();
        self.or_closed(result, ())
    }
}
