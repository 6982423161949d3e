//! Tests `serve` and `demo`. These commands start a replay server, which responds with recordings.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use crate::common::{self, assert_contains, assert_exit_code, assert_stderr, stdout};

/// The test replaces cargo by a script, which prints its arguments and the publisher. The script exits with 0 for `offers`. It exits with 7
/// for `watch` if the environment has a token and the URL of a local server.
#[test]
fn demo_runs_the_tool_and_returns_its_exit_code() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cargo = folder.path().join("cargo");
    let script = "#!/bin/sh\necho \"$@\"\necho \"$CLOUD_PARTNER_PUBLISHER\"\ntest -n \"$AZURE_TOKEN\" || exit 8\n\
        case $* in *' offers') exit 0;; esac\n\
        case $CLOUD_PARTNER_ENDPOINT in http://127.0.0.1:*) exit 7;; esac\n";
    fs::write(&cargo, script).expect("a script");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a program");
    let output = common::xtask(folder.path(), &["demo"])
        .env("CARGO", &cargo)
        .output()
        .expect("xtask starts");
    assert_stderr(7, &output, "Serving ");
    let run = "run --quiet --bin cloud-partner --";
    let watch = "watch linux-vm --until live --interval 500ms";
    assert_eq!(
        stdout(&output),
        format!("{run} offers\ncontoso\n{run} {watch}\ncontoso\n")
    );
}

/// A server process that is killed at the end of the test, even if the test fails.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn serve_runs_until_it_is_interrupted() {
    let child = common::xtask(&common::workspace(), &["serve"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let mut child = KillOnDrop(child);
    let mut lines = BufReader::new(child.0.stdout.take().expect("a pipe")).lines();
    let printed: Vec<String> = lines.by_ref().take(5).map_while(Result::ok).collect();
    let listed = stdout(&common::run(&common::workspace(), &["serve", "--list"]));
    for sample in &printed[..3] {
        let path = sample
            .split_once("/api/")
            .and_then(|(_, path)| path.split_once('?'));
        let (path, _) = path.unwrap_or_else(|| panic!("no URL in {sample}"));
        assert_contains(sample, "curl --header");
        assert_contains(&listed, &format!("/api/{path} "));
    }
    assert_contains(&printed[3], "serve --list");
    let serving = printed[4].trim_start().strip_prefix("Serving http://");
    let address = serving.and_then(|rest| rest.split(' ').next());
    let address = address.expect("a line with the address");

    let mut socket = TcpStream::connect(address).expect("the server listens");
    let request = "GET /api/publishers/contoso/offers?api-version=2017-10-31 HTTP/1.1\r\nHost: x\r\n\
        Authorization: Bearer anything\r\nConnection: close\r\n\r\n";
    socket
        .write_all(request.as_bytes())
        .expect("the server listens");
    let mut response = String::new();
    socket.read_to_string(&mut response).expect("a response");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");

    let port = address.rsplit(':').next().expect("a port");
    let taken = common::run(&common::workspace(), &["serve", "--port", port]);
    let error = format!("error: the replay server can't start on port {port}: ");
    assert_stderr(3, &taken, &error);

    let id = child.0.id().to_string();
    let interrupted = Command::new("kill").args(["-INT", &id]).status();
    assert!(interrupted.is_ok_and(|status| status.success()));
    assert_eq!(child.0.wait().expect("the server ends").code(), Some(0));
}

#[test]
fn serve_lists_every_path_with_its_response() {
    let output = common::run(&common::workspace(), &["serve", "--list"]);
    assert_exit_code(0, &output);
    let listed = stdout(&output);
    assert!(listed.lines().count() > 60, "{listed}");
    let mut lines = listed.lines();
    let scenario = lines.find(|line| line.contains("/linux-vm/status "));
    let scenario = scenario.expect("the scenario's path");
    assert_contains(scenario, "scenario publish-succeeds");
    assert_contains(&listed, "/api/publishers/contoso/offers ");
}
