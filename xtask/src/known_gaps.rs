//! Known gaps: what a command accepts although it isn't right, each with a name, a reason and a date. `xtask/known-gaps.yaml`
//! has a list for each command that takes them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::files;
use crate::report::{Finding, Place};

/// The known gaps of one command.
pub struct KnownGaps {
    gaps: Vec<(Place, KnownGap)>,
}

/// A known gap.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KnownGap {
    /// What is accepted, exactly as the command prints it.
    pub name: String,
    /// Why it is accepted.
    pub reason: String,
    /// The day on which it was accepted.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    coverage: Vec<KnownGap>,
}

impl KnownGaps {
    /// Reads the known gaps of `coverage`; without a path, the workspace's own, if it has any.
    pub fn of_coverage(path: Option<PathBuf>) -> Result<Self, Failure> {
        let own = files::root().join("xtask/known-gaps.yaml");
        let path = match path {
            Some(path) => path,
            None if own.exists() => own,
            None => return Ok(Self { gaps: Vec::new() }),
        };
        Self::read(&path)
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let (file, written): (_, File) = files::yaml(path)?;
        let mut gaps: Vec<(Place, KnownGap)> = Vec::new();
        for (index, gap) in written.coverage.into_iter().enumerate() {
            let pointer = format!("/coverage/{index}");
            let wrong = if gap.name.trim().is_empty() {
                "a known gap needs a name"
            } else if gap.reason.trim().is_empty() {
                "a known gap needs a reason"
            } else if !is_date(&gap.date) {
                "the date of a known gap must be one such as 2026-01-31"
            } else if gaps.iter().any(|(_, other)| other.name == gap.name) {
                "another known gap has the same name"
            } else {
                gaps.push((Place::in_spec(&file, &pointer), gap));
                continue;
            };
            return Err(Failure(file.error(&pointer, wrong).to_string()));
        }
        Ok(Self { gaps })
    }

    /// Returns the known gap that accepts `name`.
    pub fn accepting(&self, name: &str) -> Option<&KnownGap> {
        let mut gaps = self.gaps.iter().map(|(_, gap)| gap);
        gaps.find(|gap| gap.name == name)
    }

    /// Returns a finding for each known gap that accepts nothing, given everything that needs one.
    pub fn unneeded(&self, names: &[&str]) -> Vec<Finding> {
        let unneeded = self
            .gaps
            .iter()
            .filter(|(_, gap)| !names.contains(&gap.name.as_str()));
        unneeded
            .map(|(place, gap)| {
                let message = format!("`{}` is no gap, or no longer one", gap.name);
                Finding::error("unneeded-gap", message)
                    .in_recording(place.clone())
                    .help("delete the known gap, or correct its name")
            })
            .collect()
    }
}

fn is_date(text: &str) -> bool {
    text.len() == "2026-01-31".len()
        && text.chars().enumerate().all(|(index, c)| match index {
            4 | 7 => c == '-',
            _ => c.is_ascii_digit(),
        })
}
