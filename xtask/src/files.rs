//! Finds, reads, writes and compares files, for all commands.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use similar::TextDiff;

use crate::exit_code::{CommandError, CommandResult, Outcome};
use crate::print::print_line;
use crate::spec::{Spec, pointer_segment};

/// Returns the folder of the workspace: the parent of the folder `xtask`. `cargo run` sets the variable `CARGO_MANIFEST_DIR` to the path of
/// the folder `xtask`. Without this variable, the result is the workspace in which xtask was compiled.
pub fn root() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package)
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// Returns the path of the workspace's spec.
pub fn default_spec_path() -> PathBuf {
    root().join("openapi/cloud-partner-portal.yaml")
}

/// Returns a path as messages show it, with slashes on every system. A path in the current folder is relative to the current folder.
/// Any other path in the workspace is relative to the workspace.
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
pub fn unusable(path: &Path, error: &io::Error) -> CommandError {
    CommandError(format!("{}: can't be used: {error}", display_path(path)))
}

/// Creates an empty folder. Deletes the contents of an existing folder.
pub fn empty_folder(folder: &Path) -> Result<(), CommandError> {
    fs::create_dir_all(folder)
        .and_then(|()| fs::remove_dir_all(folder))
        .and_then(|()| fs::create_dir(folder))
        .map_err(|error| unusable(folder, &error))
}

pub fn read(path: &Path) -> Result<String, CommandError> {
    fs::read_to_string(path).map_err(|error| {
        let shown = display_path(path);
        CommandError(format!("{shown}: the file can't be read: {error}"))
    })
}

pub fn read_spec(path: &Path) -> Result<Spec, CommandError> {
    Ok(Spec::parse(&display_path(path), &read(path)?)?)
}

/// Reads a YAML file. Returns the contents twice: as a [`Spec`], which knows the line of each value, and as a value of the type `T`.
pub fn read_yaml<T: DeserializeOwned>(path: &Path) -> Result<(Spec, T), CommandError> {
    let file = Spec::yaml(&display_path(path), &read(path)?)?;
    let value = serde_path_to_error::deserialize(&file.value).map_err(|error| {
        let segments = error.path().iter();
        let pointer: String = segments
            .map(|segment| match segment {
                Segment::Seq { index } => format!("/{index}"),
                Segment::Map { key } => format!("/{}", pointer_segment(key)),
                Segment::Enum { .. } | Segment::Unknown => String::new(),
            })
            .collect();
        file.error(&pointer, error.to_string())
    })?;
    Ok((file, value))
}

/// Writes the texts to the files. With `check`, compares the files with the texts instead. If a file differs, the outcome is
/// [`Outcome::Outdated`].
pub fn write_or_compare(
    files: impl IntoIterator<Item = (PathBuf, String)>,
    check: bool,
    out: &mut dyn Write,
) -> CommandResult {
    let mut outcome = Outcome::Success;
    for (path, text) in files {
        if !check {
            write_if_changed(&path, &text, out)?;
        } else if !is_current(&path, &text, out)? {
            outcome = Outcome::Outdated;
        }
    }
    Ok(outcome)
}

/// Writes a file and creates its folder. Doesn't write a file that already has this text, because cargo would compile the file again.
pub fn write_if_changed(path: &Path, text: &str, out: &mut dyn Write) -> Result<(), CommandError> {
    let shown = display_path(path);
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(print_line(out, "Unchanged", shown)?);
    }
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{shown}: the file can't be written: {error}"))?;
    Ok(print_line(out, "Wrote", shown)?)
}

/// Returns whether a file has this text. Prints the result and the changed lines.
fn is_current(path: &Path, text: &str, out: &mut dyn Write) -> Result<bool, CommandError> {
    let shown = display_path(path);
    if !path.exists() {
        print_line(out, "Missing", shown)?;
        return Ok(false);
    }
    let old = read(path)?;
    if old == text {
        print_line(out, "Unchanged", shown)?;
        return Ok(true);
    }
    print_line(out, "Outdated", &shown)?;
    let (committed, now) = (format!("{shown} (committed)"), format!("{shown} (now)"));
    let diff = TextDiff::from_lines(&old, text);
    write!(out, "{}", diff.unified_diff().header(&committed, &now))?;
    Ok(false)
}

/// Returns the standard output of a git command in the workspace's folder. Returns `None` if git isn't installed or the command fails.
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
