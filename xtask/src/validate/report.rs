//! The findings as text or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::codes;
use super::finding::{Finding, InContract, InRecording};
use crate::output::{count, more, say};
use crate::report::Level;

/// What a run found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this shape; members may be added to it, never removed or changed.
    pub format: u32,
    /// The contract's file.
    pub contract: String,
    /// How many recordings were read.
    pub recordings: usize,
    /// How many examples the contract has.
    pub examples: usize,
    /// How many findings are errors.
    pub errors: usize,
    /// How many are notes.
    pub notes: usize,
    /// The CPU time that the process used; `null` where the system doesn't tell.
    pub cpu_milliseconds: Option<u128>,
    /// The findings, sorted.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The report as text.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in &self.findings {
            let place = match (&finding.recording, &finding.contract) {
                (Some(place), _) => in_recording(place),
                (None, Some(place)) => in_contract(place),
                (None, None) => self.contract.clone(),
            };
            say(
                out,
                finding.level.verb(),
                format!("{} {}: {place}", finding.code, finding.name),
            )?;
            more(out, &finding.message)?;
            if let (Some(_), Some(place)) = (&finding.recording, &finding.contract) {
                more(out, format!("contract: {}", in_contract(place)))?;
            }
        }
        let is_error = |code: &str| {
            let of_code = |finding: &Finding| finding.code == code && finding.level == Level::Error;
            self.findings.iter().any(of_code)
        };
        for code in codes::ALL.iter().filter(|code| is_error(code.id)) {
            say(out, "Help", format!("{}: {}", code.id, code.help))?;
        }
        let cpu = self
            .cpu_milliseconds
            .map(|cpu| format!(", in {cpu} ms of CPU"))
            .unwrap_or_default();
        say(
            out,
            if self.errors == 0 {
                "Success"
            } else {
                "Failure"
            },
            format!(
                "validated {} and {}: {}, {}{cpu}",
                count(self.recordings, "recording"),
                count(self.examples, "example"),
                count(self.errors, "error"),
                count(self.notes, "note"),
            ),
        )
    }

    /// The report as JSON.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}

/// A recording that couldn't be read, in a line.
pub fn unreadable(finding: &Finding) -> String {
    let place = finding
        .recording
        .as_ref()
        .map(in_recording)
        .unwrap_or_default();
    format!("{place}: {}", finding.message)
}

fn in_recording(place: &InRecording) -> String {
    match (place.line, place.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", place.file),
        _ if place.pointer.is_empty() => place.file.clone(),
        _ => format!("{} {}", place.file, place.pointer),
    }
}

fn in_contract(place: &InContract) -> String {
    format!(
        "{}:{}:{} {}",
        place.file, place.line, place.column, place.pointer
    )
}
