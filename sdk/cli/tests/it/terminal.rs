//! Tests the output of the tool in a pseudo-terminal.

use std::io::Read;
use std::num::NonZero;
use std::process::Command;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::support::{TOKEN, golden, serve, tool};

const ROWS: NonZero<u16> = NonZero::new(24).expect("not zero");
/// The terminal is wider than the longest line in the golden files, so that no line is wrapped.
const COLUMNS: NonZero<u16> = NonZero::new(250).expect("not zero");

/// Runs the tool in a terminal. Returns the exit code, the final text on the screen, and the whole output with its control characters.
fn terminal(command: &Command) -> (u32, String, String) {
    let size = PtySize {
        rows: ROWS.get(),
        cols: COLUMNS.get(),
        ..PtySize::default()
    };
    let pair = native_pty_system()
        .openpty(size)
        .expect("a pseudo-terminal");
    let mut in_terminal = CommandBuilder::new(command.get_program());
    in_terminal.args(command.get_args());
    in_terminal.env_clear();
    in_terminal.env("TERM", "xterm-256color");
    for (name, value) in command.get_envs() {
        in_terminal.env(name, value.unwrap_or_default());
    }
    let child = pair.slave.spawn_command(in_terminal);
    let mut child = child.expect("the tool can be started");
    drop(pair.slave);
    let reader = pair.master.try_clone_reader();
    let mut bytes = Vec::new();
    // On Linux, reading from a terminal returns an error after the program has ended. This error is ignored.
    let _ = reader
        .expect("the terminal's output")
        .read_to_end(&mut bytes);
    let status = child.wait().expect("an exit status");
    let mut screen = vt100::Parser::new(ROWS, COLUMNS, 0);
    screen.process(&bytes);
    let rows = screen.screen().rows(0, COLUMNS.get());
    let text: String = rows.map(|row| row.trim_end().to_owned() + "\n").collect();
    let text = text.trim_end().to_owned() + "\n";
    let written = String::from_utf8_lossy(&bytes).into_owned();
    assert!(!written.contains(TOKEN), "the output contains the token");
    (status.exit_code(), text, written)
}

#[test]
fn watch_shows_a_progress_line_for_each_offer() {
    let server = serve();
    let mut watch = tool(&server.url());
    watch.args(["watch", "linux-vm", "windows-vm"]);
    let (code, screen, _) = terminal(watch.args(["--interval", "20ms", "--until", "live"]));
    assert_eq!(code, 6, "{screen}");
    // The order of the lines varies, because it depends on the order of the responses.
    let mut lines: Vec<_> = screen.lines().collect();
    lines.sort_unstable();
    golden("terminal-watch.txt", &(lines.join("\n") + "\n"));
}

#[test]
fn status_in_a_terminal_has_colours_unless_the_variable_no_color_is_set() {
    let server = serve();
    let mut status = tool(&server.url());
    let (code, screen, written) = terminal(status.args(["status", "database"]));
    assert_eq!(code, 0, "{screen}");
    golden("status-failed.txt", &screen);
    assert!(written.contains("\u{1b}["), "no colour: {written:?}");
    let (_, plain, written) = terminal(status.env("NO_COLOR", "1"));
    assert!(!written.contains("\u{1b}["), "colour: {written:?}");
    assert_eq!(plain, screen);
}
