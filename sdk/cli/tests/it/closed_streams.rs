//! Tests of closed output streams, full devices and interrupts.

use std::io::{BufRead, BufReader, Read as _, pipe};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{serve, tool};

/// Returns a pipe whose reader is closed, for a process's standard output or standard error.
fn closed_pipe() -> Stdio {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn read_line(child: &mut Child) -> BufReader<std::process::ChildStdout> {
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    assert!(!line.is_empty());
    out
}

fn stderr(child: &mut Child) -> String {
    let mut text = String::new();
    let pipe = child.stderr.as_mut().expect("a pipe");
    pipe.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_watch_whose_output_is_closed_exits_with_14() {
    let server = serve();
    let mut child = tool(&server.url())
        .args(["watch", "linux-vm", "--interval", "20ms"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool can be started");
    drop(read_line(&mut child));
    let status = child.wait().expect("an exit status");
    assert_eq!((status.code(), stderr(&mut child).as_str()), (Some(14), ""));
}

#[test]
fn other_commands_succeed_when_their_output_is_closed() {
    let server = serve();
    for arguments in [
        &["offers"][..],
        &["status", "linux-vm"],
        &["completions", "bash"],
        &["man"],
    ] {
        let status = tool(&server.url())
            .args(arguments)
            .stdout(closed_pipe())
            .status()
            .expect("the tool can be started");
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_error_while_writing_the_output_exits_with_1() {
    let server = serve();
    for arguments in [
        &["offers"][..],
        &["offers", "-o", "json"],
        &["status", "linux-vm"],
        &["watch", "firewall"],
        &["watch", "firewall", "-o", "json"],
        &["completions", "bash"],
        &["man"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let status = tool(&server.url())
            .args(arguments)
            .stdout(full.expect("the full device"))
            .stderr(Stdio::null())
            .status()
            .expect("the tool can be started");
        assert_eq!(status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn an_error_keeps_its_exit_code_when_standard_error_is_closed() {
    let server = serve();
    for (arguments, code) in [
        (&["watch", "no-such-offer"][..], 10),
        (&["status", "no-such-offer"], 10),
        (&["--verbose", "status", "no-such-offer"], 10),
        (&["--publisher", "nobody", "watch"], 11),
        (&["--publisher", "../x", "offers"], 2),
        (&["--nonsense"], 2),
    ] {
        let status = tool(&server.url())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(closed_pipe())
            .status()
            .expect("the tool can be started");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[cfg(unix)]
fn interrupt(child: &mut Child) -> Option<i32> {
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.is_ok_and(|status| status.success()));
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("its state") {
            return status.code();
        }
        if start.elapsed() > Duration::from_secs(20) {
            drop(child.kill());
            panic!("the tool didn't end within 20 s");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_watch_names_the_offers_without_a_result() {
    let server = serve();
    for closed in [false, true] {
        let mut child = tool(&server.url())
            .args(["watch", "gateway", "--until", "live", "--interval", "1h"])
            .stdout(Stdio::piped())
            .stderr(if closed {
                closed_pipe()
            } else {
                Stdio::piped()
            })
            .spawn()
            .expect("the tool can be started");
        let _out = read_line(&mut child);
        assert_eq!(interrupt(&mut child), Some(130));
        if !closed {
            let err = stderr(&mut child);
            assert!(err.contains("still open: gateway"), "{err}");
        }
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_watch_prints_a_last_line_with_the_results() {
    let server = serve();
    let mut child = tool(&server.url())
        .args(["watch", "gateway", "--until", "live", "--interval", "1h"])
        .args(["-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tool can be started");
    let mut out = read_line(&mut child);
    assert_eq!(interrupt(&mut child), Some(130));
    let mut last = String::new();
    out.read_to_string(&mut last).expect("text");
    let last: serde_json::Value = serde_json::from_str(&last).expect("one line of JSON");
    assert_eq!(last["results"], serde_json::json!({"gateway": null}));
    assert_eq!(last["exitCode"], 130);
}

/// Preloads a library whose `getaddrinfo` never returns.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_watch_ends_while_a_name_lookup_hangs() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("hang.so");
    let source = folder.path().join("hang.c");
    let code = "#include <unistd.h>\nint getaddrinfo() { write(2, \"lookup\\n\", 7); for (;;) pause(); }\n";
    std::fs::write(&source, code).expect("a file");
    let compiled = std::process::Command::new("cc")
        .args(["-w", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.is_ok_and(|status| status.success()), "cc failed");
    let mut child = tool("https://portal.invalid")
        .args(["watch", "gateway"])
        .env("LD_PRELOAD", &library)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool can be started");
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("a pipe"))
        .read_line(&mut line)
        .expect("a line");
    assert_eq!(line, "lookup\n");
    assert_eq!(interrupt(&mut child), Some(130));
}
