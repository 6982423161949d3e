//! Reads, writes and compares the files of the workspace.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use similar::TextDiff;

use crate::exit::{CommandError, CommandResult, Outcome};
use crate::output::print_line;
use crate::spec::{Spec, pointer_segment};

/// Returns the folder of the workspace, independently of the current folder. Cargo sets `CARGO_MANIFEST_DIR` when it runs this
/// program; without the variable, the folder of the build is used.
pub fn root() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package)
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// Returns the path of the spec that a command uses by default.
pub fn default_spec_path() -> PathBuf {
    root().join("openapi/cloud-partner-portal.yaml")
}

/// Returns the path of a file as messages show it: relative to the current folder or the workspace, with slashes on every system.
pub fn display_path(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let root = root();
    path.strip_prefix(&current)
        .or_else(|_| path.strip_prefix(&root))
        .unwrap_or(path)
        .display()
        .to_string()
        .replace(std::path::MAIN_SEPARATOR, "/")
}

/// Returns the error for a file, folder or program that can't be used.
pub fn unusable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError(format!("{}: can't be used: {error}", display_path(path)))
}

/// Reads the spec at a path.
pub fn read_spec(path: &Path) -> Result<Spec, CommandError> {
    let shown = display_path(path);
    let bytes =
        fs::read(path).map_err(|error| format!("{shown}: the spec can't be read: {error}"))?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let (line, last) = before.split('\n').enumerate().last().unwrap_or_default();
        let (line, column) = (line + 1, last.chars().count() + 1);
        format!("{shown}:{line}:{column}: the spec isn't UTF-8")
    })?;
    Ok(Spec::parse(Path::new(&shown), text)?)
}

/// Reads a YAML file into a value of the type `T`. An error names the line and column in the file.
pub fn read_yaml<T: DeserializeOwned>(path: &Path) -> Result<(Spec, T), CommandError> {
    let shown = display_path(path);
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{shown}: the file can't be read: {error}"))?;
    let file = Spec::yaml(Path::new(&shown), &text)?;
    let value = serde_path_to_error::deserialize(&file.value).map_err(|error| {
        let pointer: String = error
            .path()
            .iter()
            .map(|segment| match segment {
                Segment::Seq { index } => format!("/{index}"),
                Segment::Map { key } => format!("/{}", pointer_segment(key)),
                Segment::Enum { .. } | Segment::Unknown => String::new(),
            })
            .collect();
        let what = if pointer.is_empty() {
            error.into_inner().to_string()
        } else {
            error.to_string()
        };
        file.error(&pointer, what)
    })?;
    Ok((file, value))
}

/// Writes a file and creates its folder, unless the file has this text already: an unchanged file keeps its modification time, so
/// cargo rebuilds nothing.
pub fn write_if_changed(path: &Path, text: &str, out: &mut dyn Write) -> CommandResult {
    let shown = display_path(path);
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        print_line(out, "Unchanged", shown)?;
        return Ok(Outcome::Success);
    }
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{shown}: the file can't be written: {error}"))?;
    print_line(out, "Wrote", shown)?;
    Ok(Outcome::Success)
}

/// Compares a committed file with `text`, and prints the result and the difference.
pub fn compare(path: &Path, text: &str, out: &mut dyn Write) -> CommandResult {
    let shown = display_path(path);
    let old = match fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            print_line(out, "Missing", shown)?;
            return Ok(Outcome::Outdated);
        }
        Err(error) => {
            return Err(format!("{shown}: the file can't be read: {error}").into());
        }
    };
    if old == text {
        print_line(out, "Unchanged", shown)?;
        return Ok(Outcome::Success);
    }
    print_line(out, "Outdated", &shown)?;
    let diff = TextDiff::from_lines(&old, text);
    write!(
        out,
        "{}",
        diff.unified_diff()
            .header(&format!("{shown} (committed)"), &format!("{shown} (now)"))
    )?;
    Ok(Outcome::Outdated)
}

/// Returns the standard output of a git command in the workspace's folder; `None` if git isn't installed or fails.
pub fn git_output(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root())
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}
