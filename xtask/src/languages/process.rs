//! Runs a command with a timeout and an output limit, and kills every process that the command leaves running.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// The maximum size of standard output in MiB. Standard error has the same maximum.
const OUTPUT_LIMIT: usize = 16;

/// The id of a process group. Dropping this value kills the processes of the group.
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

/// Runs a command to its end, and returns its standard output or the reason why the command failed. Kills the command's process group
/// after the end of the command, and when the future is dropped.
pub async fn run(command: &mut Command, timeout: Duration) -> Result<String, String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("the command can't be started: {error}"))?;
    let group = ProcessGroup(child.id());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let wait = async {
        let status = child.wait().await;
        // Kills processes that outlive the command, because they would keep the pipes open.
        drop(group);
        status
    };
    let run = async { tokio::try_join!(wait, read(stdout, &mut out), read(stderr, &mut err)) };
    let ended = tokio::time::timeout(timeout, run).await;
    let why = match ended {
        _ if out.len().max(err.len()) > OUTPUT_LIMIT << 20 => {
            return Err(format!("printed more than {OUTPUT_LIMIT} MiB"));
        }
        Ok(Ok((status, ..))) if status.success() => {
            return String::from_utf8(out).map_err(|_| "the output isn't UTF-8".to_owned());
        }
        Ok(Ok((status, ..))) => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("timed out after {} s", timeout.as_secs_f64()),
    };
    Err(why + &tail(&[out, err].concat()))
}

/// Reads at most one byte more than the limit, then closes the pipe, so that the command can't write more.
async fn read(pipe: Option<impl AsyncRead + Unpin>, output: &mut Vec<u8>) -> io::Result<()> {
    let limit = (OUTPUT_LIMIT << 20) as u64;
    if let Some(pipe) = pipe {
        pipe.take(limit + 1).read_to_end(output).await?;
    }
    Ok(())
}

/// Returns the last 12 lines of an output. Each line is cut to 200 characters and begins with a line break.
fn tail(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(12)..].iter();
    let last = last.map(|line| format!("\n{line:.200}"));
    last.collect()
}
