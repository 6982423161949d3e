//! The workspace's files: where they are, what messages call them, and whether a committed one is still right.

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

/// The workspace's folder, so that every command works from any folder below it. Cargo tells it when it runs this program;
/// else it is where the program was built.
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

/// What messages call a file: from the current folder, else from the workspace's, with slashes everywhere.
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

/// Reads a YAML file of a shape that is known. What doesn't fit is told with its place.
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

/// Writes a file, or says that it is fresh already: an unchanged file keeps its time stamp, so cargo builds nothing anew.
pub fn write(path: &Path, text: &str, out: &mut dyn Write) -> Run {
    let shown = shown(path);
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        say(out, "Fresh", shown)?;
        return Ok(Outcome::Fine);
    }
    fs::write(path, text)
        .map_err(|error| Failure(format!("{shown}: can't be written: {error}")))?;
    say(out, "Wrote", shown)?;
    Ok(Outcome::Fine)
}

/// Says whether a committed file is what would be written now, with the difference.
pub fn check(path: &Path, text: &str, out: &mut dyn Write) -> Run {
    let shown = shown(path);
    let old = match fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            say(out, "Missing", shown)?;
            return Ok(Outcome::Stale);
        }
        Err(error) => return Err(Failure(format!("{shown}: can't be read: {error}"))),
    };
    if old == text {
        say(out, "Fresh", shown)?;
        return Ok(Outcome::Fine);
    }
    say(out, "Stale", &shown)?;
    let diff = TextDiff::from_lines(&old, text);
    write!(
        out,
        "{}",
        diff.unified_diff()
            .header(&format!("{shown} (committed)"), &format!("{shown} (now)"))
    )?;
    Ok(Outcome::Stale)
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
