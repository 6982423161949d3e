//! The comparison as text or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::change::Change;
use super::release::Release;
use super::rust_api::Difference;
use crate::output::{count, more, say};

/// What a run found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this shape; members may be added to it, never removed or changed.
    pub format: u32,
    /// What the contract was compared with.
    pub base: String,
    /// The contract.
    pub contract: String,
    /// Every change.
    pub changes: Vec<Change>,
    /// How many changes are words for people only, and not among them.
    pub words: usize,
    /// What the Rust API loses and gains; `null` if one of the two can't be generated.
    pub rust: Option<Difference>,
    /// Why it can't be generated.
    pub rust_unknown: Option<String>,
    /// The version and the changelog.
    pub release: Release,
}

impl Report {
    /// How many changes break a client.
    pub fn breaking(&self) -> usize {
        let breaking = |change: &&Change| change.client.is_some();
        self.changes.iter().filter(breaking).count()
    }

    /// The report as text.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        say(
            out,
            "Comparing",
            format!("{} with {}", self.contract, self.base),
        )?;
        for change in &self.changes {
            let verb = if change.client.is_some() {
                "Breaking"
            } else {
                "Compatible"
            };
            say(out, verb, &change.pointer)?;
            more(out, &change.what)?;
            let nothing = "keeps working".to_owned();
            more(
                out,
                format!("client: {}", change.client.as_ref().unwrap_or(&nothing)),
            )?;
            let nothing = "nothing to do".to_owned();
            more(
                out,
                format!("server: {}", change.server.as_ref().unwrap_or(&nothing)),
            )?;
        }
        if self.words > 0 {
            let words = count(self.words, "place");
            say(
                out,
                "Reworded",
                format!("{words}: descriptions, examples and the like"),
            )?;
        }
        if let Some(rust) = &self.rust {
            for item in &rust.lost {
                say(out, "Rust loses", item)?;
            }
            for changed in &rust.changed {
                say(out, "Rust changes", &changed.item)?;
                more(out, format!("was {}", changed.before))?;
                more(out, format!("now {}", changed.after))?;
            }
            for item in &rust.gained {
                say(out, "Rust gains", item)?;
            }
        }
        if let Some(why) = &self.rust_unknown {
            say(out, "Note", "what the Rust API loses can't be told:")?;
            more(out, why)?;
        }
        let release = &self.release;
        match &release.released {
            Some(released) => say(
                out,
                "Version",
                format!("{}, after {released}", release.version),
            )?,
            None => say(
                out,
                "Version",
                format!("{}; the base wasn't released", release.version),
            )?,
        }
        for problem in &release.problems {
            say(out, "Error", problem)?;
        }
        let verb = if release.problems.is_empty() {
            "Success"
        } else {
            "Failure"
        };
        let rust = self.rust.as_ref().map_or_else(String::new, |rust| {
            format!(
                "; Rust loses {}, changes {}, gains {}",
                rust.lost.len(),
                rust.changed.len(),
                rust.gained.len()
            )
        });
        say(
            out,
            verb,
            format!(
                "{}, {} of them breaking{rust}",
                count(self.changes.len(), "change"),
                self.breaking()
            ),
        )
    }

    /// The report as JSON.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}
