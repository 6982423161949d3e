//! Tests of the tool in a pseudo-terminal: the screen after the tool has ended.

use std::io::Read;
use std::num::NonZero;

use crate::support::{TOKEN, golden, serve};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const ROWS: u16 = 24;
const COLUMNS: u16 = 100;

fn size(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has a size")
}

/// Runs the tool in a terminal. Returns its exit code, the screen, and all output.
fn terminal(
    endpoint: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (u32, String, String) {
    let pair = native_pty_system()
        .openpty(PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
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
    command.args(arguments);
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
    let mut buffer = [0; 4096];
    // On Linux, reading from a terminal whose program has ended returns an error.
    while let Ok(count) = reader.read(&mut buffer) {
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let status = child.wait().expect("an exit status");
    let mut screen = vt100::Parser::new(size(ROWS), size(COLUMNS), 0);
    screen.process(&bytes);
    let text: Vec<_> = screen
        .screen()
        .rows(0, COLUMNS)
        .map(|row| row.trim_end().to_owned())
        .collect();
    let text = text.join("\n").trim_end().to_owned() + "\n";
    let written = String::from_utf8_lossy(&bytes).into_owned();
    assert!(!written.contains(TOKEN), "the output contains the token");
    (status.exit_code(), text, written)
}

#[test]
fn watch_shows_a_progress_line_for_each_offer() {
    let server = serve();
    let (code, screen, _) = terminal(
        &server.url(),
        &[
            "watch",
            "linux-vm",
            "windows-vm",
            "--interval",
            "20ms",
            "--until",
            "live",
        ],
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
    let (code, screen, written) = terminal(&server.url(), &["status", "database"], &[]);
    assert_eq!(code, 0, "{screen}");
    golden("terminal-status.txt", &screen);
    assert!(
        written.contains("\u{1b}["),
        "no colour in a terminal: {written:?}"
    );
    let (_, plain, written) =
        terminal(&server.url(), &["status", "database"], &[("NO_COLOR", "1")]);
    assert!(
        !written.contains("\u{1b}["),
        "colour under NO_COLOR: {written:?}"
    );
    assert_eq!(plain, screen);
}
