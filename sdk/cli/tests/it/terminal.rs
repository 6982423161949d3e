//! Tests of the tool in a pseudo-terminal: the screen after the tool has ended.

use std::io::Read;
use std::num::NonZero;

use crate::support::{TOKEN, golden, serve};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const ROWS: NonZero<u16> = NonZero::new(24).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(100).expect("not zero");

/// Runs the tool in a terminal. Returns its exit code, the screen, and all output.
fn terminal(
    endpoint: &str,
    arguments: &str,
    environment: &[(&str, &str)],
) -> (u32, String, String) {
    let pair = native_pty_system()
        .openpty(PtySize {
            rows: ROWS.get(),
            cols: COLUMNS.get(),
            ..PtySize::default()
        })
        .expect("a pseudo-terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cloud-partner"));
    command.env_clear();
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("CLOUD_PARTNER_ENDPOINT", endpoint),
        ("CLOUD_PARTNER_PUBLISHER", "contoso"),
        ("AZURE_TOKEN", TOKEN),
    ] {
        command.env(name, value);
    }
    for (name, value) in environment {
        command.env(name, value);
    }
    command.args(arguments.split(' '));
    let mut child = pair
        .slave
        .spawn_command(command)
        .expect("the tool can be started");
    drop(pair.slave);
    let mut reader = pair
        .master
        .try_clone_reader()
        .expect("the terminal's output");
    let mut bytes = Vec::new();
    // On Linux, reading from a terminal whose program has ended returns an error.
    let _ = reader.read_to_end(&mut bytes);
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
    let (code, screen, _) = terminal(
        &server.url(),
        "watch linux-vm windows-vm --interval 20ms --until live",
        &[],
    );
    assert_eq!(code, 6, "{screen}");
    // The order of the lines is the order of the first responses.
    let mut lines: Vec<_> = screen.lines().collect();
    lines.sort_unstable();
    golden("terminal-watch.txt", &(lines.join("\n") + "\n"));
}

#[test]
fn status_has_colours_in_a_terminal_unless_no_color_is_set() {
    let server = serve();
    let (code, screen, written) = terminal(&server.url(), "status database", &[]);
    assert_eq!(code, 0, "{screen}");
    golden("terminal-status.txt", &screen);
    assert!(
        written.contains("\u{1b}["),
        "no colour in a terminal: {written:?}"
    );
    let (_, plain, written) = terminal(&server.url(), "status database", &[("NO_COLOR", "1")]);
    assert!(
        !written.contains("\u{1b}["),
        "colour under NO_COLOR: {written:?}"
    );
    assert_eq!(plain, screen);
}
