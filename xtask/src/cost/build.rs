//! One clean build, and the CPU time that it takes.
//!
//! Cargo on the stable toolchain doesn't tell the CPU time of each crate, so it is made to start this program in the place of
//! rustc; that starts rustc, waits, and writes down what it took.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::process::{Command, ExitCode};

use super::consumer::Consumer;
use crate::exit::Failure;

/// The variable that names the file in which rustc's times are written down.
const TIMES: &str = "XTASK_COST_TIMES";

/// What a build took.
#[derive(Debug, Default)]
pub struct Build {
    /// CPU seconds of cargo and everything that it started; `None` where they can't be measured.
    pub cpu: Option<f64>,
    /// Of these, rustc's (with the linker's) by package.
    pub by_package: BTreeMap<String, f64>,
}

/// Builds the program from nothing.
pub fn clean(consumer: &Consumer) -> Result<Build, Failure> {
    let failed = |what: &str, error: &io::Error| Failure(format!("{what}: {error}"));
    let this = std::env::current_exe().map_err(|error| failed("this program's file", &error))?;
    let times = consumer.folder().join("times");
    fs::write(&times, "").map_err(|error| failed("a temporary file", &error))?;
    let before = cpu_of_children();
    let output = consumer
        .cargo(&["build", "--locked", "--quiet"])
        .env("RUSTC_WRAPPER", this)
        .env(TIMES, &times)
        .output()
        .map_err(|error| failed("cargo can't be started", &error))?;
    let after = cpu_of_children();
    if !output.status.success() {
        return Err(Failure(format!(
            "the program {} can't be built:\n{}",
            consumer.name,
            String::from_utf8_lossy(&output.stderr).trim_end()
        )));
    }
    let text = fs::read_to_string(&times).map_err(|error| failed("a temporary file", &error))?;
    // The next build shall be clean too.
    fs::remove_dir_all(consumer.target())
        .map_err(|error| failed("the build can't be removed", &error))?;
    Ok(Build {
        cpu: before.zip(after).map(|(before, after)| after - before),
        by_package: by_package(&text),
    })
}

/// When cargo has started this program as rustc: runs rustc, and gives its exit code.
pub fn as_rustc() -> Option<ExitCode> {
    let times = std::env::var_os(TIMES)?;
    let mut arguments = std::env::args_os().skip(1);
    let status = Command::new(arguments.next()?).args(arguments).status();
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    // Cargo's questions to rustc are for no package.
    if !package.is_empty()
        && let Some(seconds) = cpu_of_children()
    {
        // The build itself doesn't depend on this, and a line this short is written in one piece.
        let _ = write_line(&times, &format!("{package} {seconds:.2}\n"));
    }
    let code = status.ok().and_then(|status| status.code());
    Some(ExitCode::from(
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
    ))
}

fn write_line(file: &OsStr, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(file)?;
    file.write_all(line.as_bytes())
}

/// The seconds of each package, of lines `package seconds`.
fn by_package(text: &str) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for (package, seconds) in text.lines().filter_map(|line| line.split_once(' ')) {
        if let Ok(seconds) = seconds.parse::<f64>() {
            *sums.entry(package.to_owned()).or_default() += seconds;
        }
    }
    sums
}

/// The CPU seconds of all child processes that have ended, and of theirs. Linux tells them in a file; elsewhere `None`.
fn cpu_of_children() -> Option<f64> {
    children_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The same from the file's text (`man 5 proc_pid_stat`).
fn children_in(stat: &str) -> Option<f64> {
    /// How the kernel counts for programs, on every processor that Rust builds on.
    const TICKS_PER_SECOND: f64 = 100.0;
    // The name in parentheses can hold anything, so counting begins behind it, with the third field.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(16 - 3);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::{by_package, children_in};

    #[test]
    fn times_of_a_package_are_added_up() {
        let sums = by_package("serde 1.50\nlibc 0.20\nserde 0.25\nodd\nbroken x\n");
        let sums: Vec<_> = sums
            .iter()
            .map(|(name, sum)| (name.as_str(), *sum))
            .collect();
        assert_eq!(sums, [("libc", 0.2), ("serde", 1.75)]);
    }

    #[test]
    fn the_kernels_line_is_read_whatever_the_program_is_called() {
        let stat =
            "812 (a) b (c) S 1 812 812 0 -1 4194304 90 4000 0 7 11 22 1250 330 20 0 1 0 99 1 1";
        assert_eq!(children_in(stat), Some(15.8));
        for broken in ["", "812 (cargo", "812 (cargo) S 1 2 3"] {
            assert_eq!(children_in(broken), None, "{broken}");
        }
    }
}
