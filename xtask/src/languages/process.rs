//! Runs a command with a timeout and an output limit, and ends all its processes.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::exit::CommandError;
use crate::files;

/// The limit of standard output and of standard error, in bytes each.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// The interval at which a running command is polled.
const POLL: Duration = Duration::from_millis(20);

/// The number of output lines of a failed command that the message has.
const TAIL: usize = 12;

/// The process groups of the running commands.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Runs a command to its end, and returns its standard output. The inner error is the reason why the command failed.
///
/// The command writes to the files `LOG.out` and `LOG.err` instead of pipes, because reading a pipe would also wait for processes
/// that outlive the command. After the end of the command, its process group is killed.
pub fn run(
    command: &mut Command,
    timeout: Duration,
    log: &Path,
    input: &Path,
) -> Result<Result<Vec<u8>, String>, CommandError> {
    let [out, err] = ["out", "err"].map(|ending| log.with_extension(ending));
    let create = |path: &PathBuf| File::create(path).map_err(|error| file_error(path, &error));
    command
        .stdin(File::open(input).map_err(|error| file_error(input, &error))?)
        .stdout(create(&out)?)
        .stderr(create(&err)?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command
        .spawn()
        .map_err(|error| CommandError(format!("sh can't be started: {error}")))?;
    running().push(child.id());
    let ended = wait(&mut child, timeout, [&out, &err]);
    kill(child.id());
    running().retain(|group| *group != child.id());
    let ended = ended.map_err(|error| CommandError(format!("waiting for sh failed: {error}")))?;
    Ok(match ended {
        Ok(()) => Ok(read(&out)?),
        Err(why) => Err(format!("{why}{}", tail(&[read(&out)?, read(&err)?]))),
    })
}

/// Kills every running command when this program is interrupted. The terminal's signal doesn't reach separate process groups.
pub fn end_with_interrupt() {
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if runtime.is_ok_and(|runtime| runtime.block_on(tokio::signal::ctrl_c()).is_ok()) {
            running().iter().copied().for_each(kill);
            std::process::exit(130);
        }
    });
}

/// Returns the error for a path that can't be read or written.
pub fn file_error(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError(format!(
        "{}: can't be used: {error}",
        files::display_path(path)
    ))
}

fn running() -> std::sync::MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait(
    child: &mut Child,
    timeout: Duration,
    outputs: [&PathBuf; 2],
) -> std::io::Result<Result<(), String>> {
    let started = Instant::now();
    let why = loop {
        if let Some(status) = child.try_wait()? {
            break if status.success() {
                return Ok(Ok(()));
            } else {
                status.to_string()
            };
        }
        if started.elapsed() > timeout {
            break format!("timed out after {} s", timeout.as_secs_f64());
        }
        if outputs
            .iter()
            .any(|path| fs::metadata(path).is_ok_and(|file| file.len() > OUTPUT_LIMIT))
        {
            break format!("printed more than {} MiB", OUTPUT_LIMIT >> 20);
        }
        thread::sleep(POLL);
    };
    kill(child.id());
    // The command is a child of this program: without `wait`, it would remain as a zombie.
    child.kill()?;
    child.wait()?;
    Ok(Err(why))
}

/// Kills a process group. A group that has ended already is ignored.
fn kill(group: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = group;
}

/// Reads an output file up to the limit, which the command may have exceeded between two polls.
fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(OUTPUT_LIMIT).read_to_end(&mut bytes))
        .map_err(|error| file_error(path, &error))?;
    Ok(bytes)
}

/// Returns the last lines of both outputs, truncated and without control characters.
fn tail(outputs: &[Vec<u8>; 2]) -> String {
    const LONGEST: usize = 200;
    let text = outputs.concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let mut shown = String::new();
    for line in &lines[lines.len().saturating_sub(TAIL)..] {
        shown.push('\n');
        let letters = line.chars().take(LONGEST);
        shown.extend(letters.map(|letter| if letter.is_control() { ' ' } else { letter }));
    }
    shown
}
