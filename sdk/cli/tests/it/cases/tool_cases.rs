//! Runs the cases in `tests/tool-cases` with the tool. A case has these properties:
//!
//! * `commands` are command lines of the tool. Each command runs with a new server. `{folder}` stands for a new folder.
//! * `files` are executable files, which the test creates in the folder.
//! * `environment` sets environment variables. A variable whose value is null is removed.
//! * `broken` is a defect of an output stream, such as `stdoutClosed`.
//! * `stdout` is a list of texts that standard output must contain. If the list is empty, standard output must be empty.
//! * `stderr` does the same for standard error.
//! * `exit` is the expected exit code.
//! * `server` is described in the module `cases`.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde::Deserialize;
use serde_json::Value;

use super::server::{RunningServer, Server};
use crate::support::{closed_pipe, full_pipe, run, tool};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "name")]
    _name: String,
    commands: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, Option<String>>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    broken: Option<Broken>,
    #[serde(default)]
    server: Server,
    exit: i32,
    #[serde(default)]
    stdout: Vec<String>,
    #[serde(default)]
    stderr: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Broken {
    StdoutBlocked,
    StdoutClosed,
    StdoutFull,
    StderrClosed,
}

/// Runs a command of a case. Returns the differences from the expected output.
fn check(case: &Case, command: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in &case.files {
        write_executable(&folder.path().join(name), text);
    }
    let folder_name = folder.path().to_str().expect("text");
    let server = RunningServer::start(&case.server, folder.path());
    let mut tool = tool(&server.url);
    for argument in command.split_whitespace() {
        tool.arg(argument.replace("{folder}", folder_name));
    }
    for (name, value) in &case.environment {
        match value {
            Some(value) => tool.env(name, value.replace("{folder}", folder_name)),
            None => tool.env_remove(name),
        };
    }
    let (_reader, full_pipe) = full_pipe();
    match case.broken {
        None => {}
        Some(Broken::StdoutBlocked) => drop(tool.stdout(full_pipe)),
        Some(Broken::StdoutClosed) => drop(tool.stdout(closed_pipe())),
        Some(Broken::StderrClosed) => drop(tool.stderr(closed_pipe())),
        Some(Broken::StdoutFull) => {
            // Only some operating systems, such as Linux, have `/dev/full`. Without this device, the case is skipped.
            let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
                return Vec::new();
            };
            tool.stdout(Stdio::from(full));
        }
    }
    let ended = run(&mut tool);
    let mut differences = Vec::new();
    if ended.code != Some(case.exit) {
        let expected = case.exit;
        differences.push(format!("exit code {:?}, expected {expected}", ended.code));
    }
    for (stream, text, parts) in [
        ("stdout", &ended.out, &case.stdout),
        ("stderr", &ended.err, &case.stderr),
    ] {
        let complete = parts.iter().all(|part| text.contains(part));
        if !complete || (parts.is_empty() && !text.is_empty()) {
            differences.push(format!("{stream} {text:?}, expected {parts:?}"));
        }
    }
    if command.contains("-o json") {
        let mut values = serde_json::Deserializer::from_str(&ended.out).into_iter::<Value>();
        if !values.all(|value| value.is_ok()) {
            differences.push(format!("stdout isn't JSON: {}", ended.out));
        }
    }
    differences
}

fn write_executable(file: &std::path::Path, text: &str) {
    std::fs::write(file, text).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let executable = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(file, executable).expect("a program");
    }
}

#[test]
fn every_tool_case_has_the_expected_exit_code_and_output() {
    super::check_cases("tool-cases", |case: Case, _| {
        let mut differences = Vec::new();
        for command in &case.commands {
            for difference in check(&case, command) {
                differences.push(format!("{command}: {difference}"));
            }
        }
        differences
    });
}
