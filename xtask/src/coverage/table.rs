//! The report for people: a table of operations and statuses, then whatever isn't proven; on demand, every claim.

use std::io::{self, Write};

use super::report::{InReport, Report, State, Summary, provenance_name};
use crate::excuses::by_reason;
use crate::output::{count, more, say};

/// How many recordings a line names.
const NAMED: usize = 2;

/// The table's columns.
const COLUMNS: [&str; 7] = [
    "claims",
    "observed",
    "pages",
    "synthetic",
    "excused",
    "unseen",
    "proven",
];

impl Report {
    /// The report as text.
    pub fn text(&self, all: bool, min: Option<f64>, out: &mut dyn Write) -> io::Result<()> {
        self.table(out)?;
        if all {
            for claim in &self.claims {
                say(out, state_name(claim.state), &claim.claim)?;
                more(out, proof(claim))?;
            }
        }
        let reasons = by_reason(&self.claims, |one| one.excuse.as_ref());
        for (why, claims) in reasons {
            say(
                out,
                "Excused",
                format!(
                    "{} since {}: {}",
                    count(claims.len(), "claim"),
                    why.since,
                    why.reason
                ),
            )?;
            if let Some(first) = claims.first() {
                more(out, format!("such as `{}`", first.claim))?;
            }
        }
        for file in &self.ignored {
            say(
                out,
                "Ignored",
                format!(
                    "{file}: disagrees with the contract, so it proves nothing; see cargo xtask validate"
                ),
            )?;
        }
        for claim in self
            .claims
            .iter()
            .filter(|claim| claim.state == State::Unseen)
        {
            say(out, "Unseen", &claim.claim)?;
            more(out, format!("contract: {}:{}", self.contract, claim.line))?;
        }
        for problem in &self.unneeded {
            say(out, "Error", problem)?;
        }
        let summary = &self.summary;
        say(
            out,
            if self.is_fine(min) {
                "Success"
            } else {
                "Failure"
            },
            format!(
                "{:.1} % of {} are shown by {}; {} by synthetic ones alone, {} more are excused",
                summary.percent,
                count(summary.claims - summary.excused, "claim"),
                count(self.recordings, "recording"),
                summary.synthetic,
                summary.excused,
            ),
        )
    }

    /// Whether enough is proven, and every excuse is needed.
    pub fn is_fine(&self, min: Option<f64>) -> bool {
        self.unneeded.is_empty() && min.is_none_or(|min| self.summary.percent >= min)
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows();
        let width = rows
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or_default();
        write!(out, "{:<width$}", "")?;
        for column in COLUMNS {
            write!(out, "  {column:>9}")?;
        }
        writeln!(out)?;
        for (name, row) in rows {
            write!(out, "{name:<width$}")?;
            for number in [
                row.claims,
                row.observed_shape,
                row.documentation,
                row.synthetic,
                row.excused,
                row.unseen,
            ] {
                write!(out, "  {number:>9}")?;
            }
            writeln!(out, "  {:>9}", row.proven())?;
        }
        Ok(())
    }

    /// One row for each status of each operation.
    pub fn rows(&self) -> Vec<(String, Summary)> {
        let mut names: Vec<(&str, &str)> = Vec::new();
        for claim in &self.claims {
            let name = (claim.operation.as_str(), claim.status.as_str());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
            .into_iter()
            .map(|(operation, status)| {
                let of = self
                    .claims
                    .iter()
                    .filter(|claim| claim.operation == operation && claim.status == status);
                (format!("{operation} {status}"), Summary::of(of))
            })
            .collect()
    }
}

/// The word in the verb column.
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Seen => "Seen",
        State::Excused => "Excused",
        State::Unseen => "Unseen",
    }
}

/// What proves a claim, in a line.
pub fn proof(claim: &InReport) -> String {
    if let Some(why) = &claim.excuse {
        return format!("since {}: {}", why.since, why.reason);
    }
    let named: Vec<String> = claim
        .recordings
        .iter()
        .take(NAMED)
        .map(|proof| format!("{} ({})", proof.file, provenance_name(proof.provenance)))
        .collect();
    match claim.recordings.len().saturating_sub(NAMED) {
        0 if named.is_empty() => "by no recording".to_owned(),
        0 => format!("by {}", named.join(", ")),
        others => format!("by {} and {others} more", named.join(", ")),
    }
}
