//! Runs a command with a timeout and an output limit, and kills all its processes.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::time::sleep;

use crate::exit::CommandError;
use crate::files;

/// The limit of standard output and of standard error, in bytes each.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// The interval at which the size of a running command's output is polled.
const POLL: Duration = Duration::from_millis(20);

/// A process group, which is killed when this value is dropped.
struct ProcessGroup(Option<u32>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let group = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group.and_then(Pid::from_raw) {
            // The call fails if every process of the group has ended already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs a command to its end, and returns its standard output. The inner error is the reason why the command failed.
///
/// The command writes to the files `LOG.out` and `LOG.err` instead of pipes, because reading a pipe would also wait for processes
/// that outlive the command. After the end of the command, or when the future is dropped, its process group is killed.
pub async fn run(
    command: &mut Command,
    timeout: Duration,
    log: &Path,
) -> Result<Result<String, String>, CommandError> {
    let logs = ["out", "err"].map(|ending| log.with_extension(ending));
    let [out, err] = &logs;
    let create = |path| File::create(path).map_err(|error| files::unusable(path, &error));
    let mut child = command
        .stdout(create(out)?)
        .stderr(create(err)?)
        .process_group(0)
        .spawn()
        .map_err(|error| CommandError(format!("sh can't be started: {error}")))?;
    let group = ProcessGroup(child.id());
    let why = tokio::select! {
        status = child.wait() => match status {
            // The command may have exceeded the limit and ended between two polls.
            Ok(status) if status.success() => exceeds_limit(&logs).then(limit_message),
            Ok(status) => Some(status.to_string()),
            Err(error) => return Err(CommandError(format!("waiting for sh failed: {error}"))),
        },
        () = sleep(timeout) => Some(format!("timed out after {} s", timeout.as_secs_f64())),
        () = wait_until_limit_exceeded(&logs) => Some(limit_message()),
    };
    drop(group);
    let output = read(out)?;
    Ok(match why {
        None => String::from_utf8(output).map_err(|_| "the output isn't UTF-8".to_owned()),
        Some(why) => Err(format!("{why}{}", tail(&[output, read(err)?].concat()))),
    })
}

/// Returns when a file is larger than the limit.
async fn wait_until_limit_exceeded(logs: &[PathBuf]) {
    while !exceeds_limit(logs) {
        sleep(POLL).await;
    }
}

fn exceeds_limit(logs: &[PathBuf]) -> bool {
    let is_larger = |path| fs::metadata(path).is_ok_and(|file| file.len() > OUTPUT_LIMIT);
    logs.iter().any(is_larger)
}

fn limit_message() -> String {
    format!("printed more than {} MiB", OUTPUT_LIMIT >> 20)
}

/// Reads an output file up to the limit, which the command may have exceeded between two polls.
fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(OUTPUT_LIMIT).read_to_end(&mut bytes))
        .map_err(|error| files::unusable(path, &error))?;
    Ok(bytes)
}

/// Returns the last lines of an output, truncated and without control characters, each with a line break before it.
fn tail(output: &[u8]) -> String {
    const LINES: usize = 12;
    const LENGTH: usize = 200;
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    let mut tail = String::new();
    for line in &lines[lines.len().saturating_sub(LINES)..] {
        tail.push('\n');
        let letters = line.chars().take(LENGTH);
        tail.extend(letters.map(|letter| if letter.is_control() { ' ' } else { letter }));
    }
    tail
}
