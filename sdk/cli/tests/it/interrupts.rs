//! Tests that an interrupt (Ctrl-C) ends the command `watch`.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{closed_pipe, full_pipe, serve, tool};

/// Sends SIGINT to a process, and returns its exit code.
fn interrupt(child: &mut Child) -> Option<i32> {
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.is_ok_and(|status| status.success()));
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a state") {
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
fn an_interrupted_watch_names_the_offers_without_an_outcome() {
    let server = serve();
    for (format, err) in [
        ("table", Stdio::piped()),
        ("table", closed_pipe()),
        ("json", Stdio::piped()),
    ] {
        let mut child = tool(&server.url())
            .args(["watch", "gateway", "--until", "live", "--interval", "1h"])
            .args(["-o", format])
            .stdout(Stdio::piped())
            .stderr(err)
            .spawn()
            .expect("the tool can be started");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        assert!(!line.is_empty());
        assert_eq!(interrupt(&mut child), Some(130));
        if let Some(pipe) = child.stderr.take() {
            let err = std::io::read_to_string(pipe).expect("text");
            assert!(err.contains("Offers without an outcome: gateway"), "{err}");
        }
        if format == "json" {
            let last: Value = serde_json::from_reader(out).expect("one line of JSON");
            assert_eq!(last["results"], json!({"gateway": null}));
            assert_eq!(last["exitCode"], 130);
        }
    }
}

#[test]
fn a_watch_interrupted_before_the_first_status_names_no_offer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let mut child = tool(&url)
        .arg("watch")
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool can be started");
    let _connection = listener.accept().expect("a connection");
    assert_eq!(interrupt(&mut child), Some(130));
    let err = std::io::read_to_string(child.stderr.take().expect("a pipe")).expect("text");
    let end = "Offers without an outcome: not known yet";
    assert!(err.contains(end), "{err}");
}

#[test]
fn an_interrupt_ends_a_watch_whose_output_is_blocked() {
    let server = serve();
    let (_reader, full_pipe) = full_pipe();
    let mut child = tool(&server.url())
        .args(["--verbose", "watch", "gateway", "--until", "live"])
        .stdout(full_pipe)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool can be started");
    let err = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut lines = err.lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.contains("status=200")));
    assert_eq!(interrupt(&mut child), Some(130));
}

/// Runs the tool with a preloaded library in which `getaddrinfo`, the function that looks up host names, never returns.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupt_ends_a_watch_whose_name_lookup_hangs() {
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
