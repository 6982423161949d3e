//! Known gaps: uncovered statements that are accepted, each with a reason and a date. `xtask/known-gaps.yaml` lists them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::exit::CommandError;
use crate::files;
use crate::report::{Finding, Place};

/// The known gaps, each with its place in the file.
pub struct KnownGaps {
    gaps: Vec<(Place, KnownGap)>,
}

/// A known gap.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KnownGap {
    /// The name of the statement, exactly as the command prints it.
    pub name: String,
    /// The reason why no recording can cover the statement.
    pub reason: String,
    /// The date on which the gap was accepted.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    coverage: Vec<KnownGap>,
}

impl KnownGaps {
    /// Reads the known gaps from `path`; without a path, from the workspace's own file if it exists.
    pub fn read(path: Option<PathBuf>) -> Result<Self, CommandError> {
        let own = files::root().join("xtask/known-gaps.yaml");
        let mut gaps: Vec<(Place, KnownGap)> = Vec::new();
        let Some(path) = path.or_else(|| own.exists().then_some(own)) else {
            return Ok(Self { gaps });
        };
        let (file, written): (_, File) = files::read_yaml(&path)?;
        for (index, gap) in written.coverage.into_iter().enumerate() {
            let pointer = format!("/coverage/{index}");
            let wrong = if gap.name.trim().is_empty() {
                "the known gap has no name: add the name that the command prints"
            } else if gap.reason.trim().is_empty() {
                "the known gap has no reason: add a `reason`"
            } else if !is_date(&gap.date) {
                "the date of the known gap is invalid: write it like 2026-01-31"
            } else if gaps.iter().any(|(_, other)| other.name == gap.name) {
                "another known gap has the same name: delete one of the two"
            } else {
                gaps.push((Place::in_spec(&file, &pointer), gap));
                continue;
            };
            return Err(CommandError(file.error(&pointer, wrong).to_string()));
        }
        Ok(Self { gaps })
    }

    /// Returns the known gap of the statement with this name.
    pub fn of_statement(&self, name: &str) -> Option<&KnownGap> {
        let mut gaps = self.gaps.iter().map(|(_, gap)| gap);
        gaps.find(|gap| gap.name == name)
    }

    /// Returns a finding for each known gap whose name isn't among `names`, the names of the uncovered statements.
    pub fn unneeded(&self, names: &[&str]) -> impl Iterator<Item = Finding> {
        let gaps = self.gaps.iter();
        let unneeded = gaps.filter(|(_, gap)| !names.contains(&gap.name.as_str()));
        unneeded.map(|(place, gap)| {
            let message = format!("the known gap `{}` accepts nothing", gap.name);
            Finding::error("unneeded-gap", message)
                .in_recording(place.clone())
                .help("delete the known gap, or correct its name")
        })
    }
}

fn is_date(text: &str) -> bool {
    let digits = text.replace(|c: char| c.is_ascii_digit(), "0");
    digits == "0000-00-00"
}
