//! The files of the workspace: their paths, their names in messages, and the comparison of committed files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use similar::TextDiff;

use crate::exit::{Failure, Outcome, Run};
use crate::output::say;
use crate::spec::{Spec, pointer_segment};

/// Returns the folder of the workspace, so that every command works from any folder below. Cargo sets the variable when it runs this
/// program; without it, the folder in which the program was built counts.
pub fn root() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package)
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// The spec of a command that is given no other one.
pub fn default_spec() -> PathBuf {
    root().join("openapi/cloud-partner-portal.yaml")
}

/// Returns the name of a file in messages: its path from the current folder or the workspace's, with slashes on every system.
pub fn shown(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let root = root();
    path.strip_prefix(&current)
        .or_else(|_| path.strip_prefix(&root))
        .unwrap_or(path)
        .display()
        .to_string()
        .replace(std::path::MAIN_SEPARATOR, "/")
}

/// Reads a spec.
pub fn spec(path: &Path) -> Result<Spec, Failure> {
    let shown = shown(path);
    let bytes = fs::read(path)
        .map_err(|error| Failure(format!("{shown}: the spec can't be read: {error}")))?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let (line, last) = before.split('\n').enumerate().last().unwrap_or_default();
        let (line, column) = (line + 1, last.chars().count() + 1);
        Failure(format!("{shown}:{line}:{column}: the spec isn't UTF-8"))
    })?;
    Ok(Spec::parse(Path::new(&shown), text)?)
}

/// Reads a YAML file into a type. An error names the place in the file.
pub fn yaml<T: DeserializeOwned>(path: &Path) -> Result<(Spec, T), Failure> {
    let shown = shown(path);
    let text = fs::read_to_string(path)
        .map_err(|error| Failure(format!("{shown}: can't be read: {error}")))?;
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

/// Writes a file unless it has the text already: an unchanged file keeps its time stamp, so cargo rebuilds nothing.
pub fn write(path: &Path, text: &str, out: &mut dyn Write) -> Run {
    let shown = shown(path);
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        say(out, "Unchanged", shown)?;
        return Ok(Outcome::Fine);
    }
    fs::write(path, text)
        .map_err(|error| Failure(format!("{shown}: can't be written: {error}")))?;
    say(out, "Wrote", shown)?;
    Ok(Outcome::Fine)
}

/// Prints whether a committed file has the text, and the difference.
pub fn check(path: &Path, text: &str, out: &mut dyn Write) -> Run {
    let shown = shown(path);
    let old = match fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            say(out, "Missing", shown)?;
            return Ok(Outcome::Outdated);
        }
        Err(error) => return Err(Failure(format!("{shown}: can't be read: {error}"))),
    };
    if old == text {
        say(out, "Unchanged", shown)?;
        return Ok(Outcome::Fine);
    }
    say(out, "Outdated", &shown)?;
    let diff = TextDiff::from_lines(&old, text);
    write!(
        out,
        "{}",
        diff.unified_diff()
            .header(&format!("{shown} (committed)"), &format!("{shown} (now)"))
    )?;
    Ok(Outcome::Outdated)
}

/// Returns what git prints in the workspace's folder, if git is there and succeeds.
pub fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root())
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}
