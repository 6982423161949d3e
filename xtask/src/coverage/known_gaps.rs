//! Reads the known gaps of `cargo xtask coverage` from `xtask/known-gaps.yaml`.
//!
//! A statement is one keyword at one place of the spec. If the recordings don't test a statement, the statement is uncovered, and the
//! command reports an error. A known gap is an uncovered statement that the maintainers accept for a reason. For a known gap, the command
//! reports no error.

use serde::Deserialize;

use crate::exit_code::CommandError;
use crate::files;
use crate::findings::{Finding, Place};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownGap {
    /// The name of the statement, exactly as `cargo xtask coverage` prints it.
    pub name: String,
    /// The reason why the statement may stay uncovered.
    pub reason: String,
    /// The date on which the gap was accepted.
    pub date: String,
    #[serde(skip)]
    place: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    coverage: Vec<KnownGap>,
}

/// Reads the known gaps. Returns an empty list if the file doesn't exist.
pub fn read() -> Result<Vec<KnownGap>, CommandError> {
    let path = files::root().join("xtask/known-gaps.yaml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let (file, File { mut coverage }) = files::read_yaml(&path)?;
    for (index, gap) in coverage.iter_mut().enumerate() {
        let pointer = format!("/coverage/{index}");
        gap.place = Place::in_spec(&file, &pointer);
        let is_date = gap.date.replace(|c: char| c.is_ascii_digit(), "0") == "0000-00-00";
        if gap.reason.trim().is_empty() || !is_date {
            let message = "the known gap needs a `reason`, and a `date` like 2026-01-31";
            return Err(file.error(&pointer, message).into());
        }
    }
    Ok(coverage)
}

impl KnownGap {
    /// Returns the error for an entry whose statement doesn't exist, is covered, or has an earlier entry.
    pub fn unneeded_error(self) -> Finding {
        let message = format!(
            "the known gap `{}` isn't needed: its statement is covered, doesn't exist, or has an earlier entry",
            self.name
        );
        Finding::error("unneeded-gap", message)
            .at(self.place)
            .help("delete the known gap, or correct its name")
    }
}
