//! Which mutants were noticed, as text or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::judge::Killer;
use crate::excuses::{Why, by_reason};
use crate::output::{count, more, say};

/// What a run found; its members are the JSON report's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this shape; members may be added to it, never removed or changed.
    pub format: u32,
    /// The contract's file.
    pub contract: String,
    /// How many recordings were read.
    pub recordings: usize,
    /// How many counterexamples were read.
    pub counterexamples: usize,
    /// Counterexamples that the contract doesn't refuse.
    pub accepted: Vec<String>,
    /// Excuses that aren't needed.
    pub unneeded: Vec<String>,
    /// How long it took.
    pub milliseconds: u128,
    /// The CPU time that the process used; `null` where the system doesn't tell.
    pub cpu_milliseconds: Option<u128>,
    /// The mutants.
    pub mutants: Vec<InReport>,
}

/// A mutant in the report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InReport {
    /// Its name: no two mutants have the same.
    pub mutant: String,
    /// What kind of change it is.
    pub kind: &'static str,
    /// Where the changed claim stands.
    pub pointer: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether it was noticed.
    pub state: State,
    /// What noticed it: a recording's or counterexample's file, or an example's JSON pointer.
    pub killed_by: Option<String>,
    /// What a recording must show so that it is noticed.
    pub to_kill: String,
    /// Why it needn't be noticed.
    pub excuse: Option<Why>,
}

/// Whether a mutant was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// By a recording.
    Recording,
    /// By a counterexample.
    Counterexample,
    /// By an example in the contract alone.
    Example,
    /// By nothing, with an excuse.
    Excused,
    /// By nothing.
    Survived,
}

impl State {
    /// The state of a mutant that this noticed.
    pub fn of(killer: Option<&Killer>, excused: bool) -> Self {
        match killer {
            Some(Killer::Recording(_)) => Self::Recording,
            Some(Killer::Counterexample(_)) => Self::Counterexample,
            Some(Killer::Example(_)) => Self::Example,
            None if excused => Self::Excused,
            None => Self::Survived,
        }
    }
}

/// The table's columns.
const COLUMNS: [(State, &str); 5] = [
    (State::Recording, "by recording"),
    (State::Counterexample, "by counterex."),
    (State::Example, "by example"),
    (State::Excused, "excused"),
    (State::Survived, "survived"),
];

impl Report {
    /// Whether everything was noticed or is excused, and nothing else is wrong.
    pub fn is_fine(&self) -> bool {
        self.accepted.is_empty() && self.unneeded.is_empty() && self.count(State::Survived) == 0
    }

    fn count(&self, state: State) -> usize {
        self.mutants
            .iter()
            .filter(|mutant| mutant.state == state)
            .count()
    }

    /// The report as text.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.table(out)?;
        let reasons = by_reason(&self.mutants, |one| one.excuse.as_ref());
        for (why, mutants) in reasons {
            say(
                out,
                "Excused",
                format!(
                    "{} since {}: {}",
                    count(mutants.len(), "mutant"),
                    why.since,
                    why.reason
                ),
            )?;
            for mutant in mutants {
                more(out, format!("`{}`", mutant.mutant))?;
            }
        }
        for mutant in self
            .mutants
            .iter()
            .filter(|mutant| mutant.state == State::Survived)
        {
            say(
                out,
                "Survived",
                format!("{}: {}:{}", mutant.mutant, self.contract, mutant.line),
            )?;
            more(out, format!("to kill it: {}", mutant.to_kill))?;
        }
        for file in &self.accepted {
            say(
                out,
                "Error",
                format!("{file}: the contract accepts this counterexample"),
            )?;
        }
        for problem in &self.unneeded {
            say(out, "Error", problem)?;
        }
        let cpu = self
            .cpu_milliseconds
            .map(|cpu| format!(", in {cpu} ms of CPU"))
            .unwrap_or_default();
        let noticed = self.mutants.len() - self.count(State::Excused) - self.count(State::Survived);
        say(
            out,
            if self.is_fine() { "Success" } else { "Failure" },
            format!(
                "{}: {noticed} noticed, {} excused, {} survived; {} and {}, in {} ms{cpu}",
                count(self.mutants.len(), "mutant"),
                self.count(State::Excused),
                self.count(State::Survived),
                count(self.recordings, "recording"),
                count(self.counterexamples, "counterexample"),
                self.milliseconds
            ),
        )
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut kinds: Vec<&str> = self.mutants.iter().map(|mutant| mutant.kind).collect();
        kinds.dedup();
        let width = kinds
            .iter()
            .map(|kind| kind.len())
            .max()
            .unwrap_or_default();
        write!(out, "{:<width$}  mutants", "")?;
        for (_, column) in COLUMNS {
            write!(out, "  {column:>13}")?;
        }
        writeln!(out)?;
        for kind in kinds {
            let of = || self.mutants.iter().filter(|mutant| mutant.kind == kind);
            write!(out, "{kind:<width$}  {:>7}", of().count())?;
            for (state, _) in COLUMNS {
                write!(
                    out,
                    "  {:>13}",
                    of().filter(|mutant| mutant.state == state).count()
                )?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// The report as JSON.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}
