//! Where the two ends differ, as text or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::compare::{Verdict, Verdicts};
use crate::excuses::{Excuses, Why, by_reason};
use crate::output::{count, more, say};

/// What a run found; its members are the JSON report's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this shape; members may be added to it, never removed or changed.
    pub format: u32,
    /// The contract's file.
    pub contract: String,
    /// Bodies that no type is for, by title.
    pub missing: Vec<String>,
    /// Reasons that aren't needed.
    pub unneeded: Vec<String>,
    /// How many bodies both take.
    pub both_take: usize,
    /// How many bodies both refuse.
    pub both_refuse: usize,
    /// The bodies to which they say different things, by name.
    pub differences: Vec<Difference>,
}

/// A body to which the two say different things.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What the body is.
    pub body: String,
    /// Which of the two takes it.
    pub taken_by: Side,
    /// Why that is intended.
    pub intended: Option<Why>,
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The contract.
    Contract,
    /// The types.
    Types,
}

impl Report {
    /// Compares the verdicts.
    pub fn new(
        contract: String,
        missing: Vec<String>,
        verdicts: &Verdicts,
        reasons: &Excuses,
    ) -> Self {
        let names: Vec<(String, bool)> = verdicts
            .iter()
            .map(|(body, verdict)| (claim(body, *verdict), verdict.contract == verdict.types))
            .collect();
        let names: Vec<(&str, bool)> = names
            .iter()
            .map(|(name, same)| (name.as_str(), *same))
            .collect();
        let both = |taken: bool| {
            let said = Verdict {
                contract: taken,
                types: taken,
            };
            verdicts
                .values()
                .filter(|verdict| **verdict == said)
                .count()
        };
        Self {
            format: 1,
            contract,
            missing,
            unneeded: reasons.unneeded(&names),
            both_take: both(true),
            both_refuse: both(false),
            differences: verdicts
                .iter()
                .filter(|(_, verdict)| verdict.contract != verdict.types)
                .map(|(body, verdict)| Difference {
                    body: body.clone(),
                    taken_by: if verdict.types {
                        Side::Types
                    } else {
                        Side::Contract
                    },
                    intended: reasons.excuse(&claim(body, *verdict)).cloned(),
                })
                .collect(),
        }
    }

    /// Whether every difference is intended, and nothing else is wrong.
    pub fn is_fine(&self) -> bool {
        self.missing.is_empty()
            && self.unneeded.is_empty()
            && self
                .differences
                .iter()
                .all(|difference| difference.intended.is_some())
    }

    /// The report as text.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let reasons = by_reason(&self.differences, |one| one.intended.as_ref());
        for (why, differences) in reasons {
            say(
                out,
                "Intended",
                format!(
                    "{} since {}: {}",
                    count(differences.len(), "difference"),
                    why.since,
                    why.reason
                ),
            )?;
            for difference in differences {
                more(out, difference.sentence())?;
            }
        }
        for difference in self
            .differences
            .iter()
            .filter(|difference| difference.intended.is_none())
        {
            say(out, "Differs", difference.sentence())?;
        }
        for title in &self.missing {
            say(out, "Error", format!("no type is for the body `{title}`"))?;
        }
        for problem in &self.unneeded {
            say(out, "Error", problem)?;
        }
        let intended = self
            .differences
            .iter()
            .filter(|difference| difference.intended.is_some())
            .count();
        say(
            out,
            if self.is_fine() { "Success" } else { "Failure" },
            format!(
                "the contract and the types both take {} and both refuse {}; {} intended, {} not",
                count(self.both_take, "body").replace("bodys", "bodies"),
                self.both_refuse,
                count(intended, "difference"),
                self.differences.len() - intended,
            ),
        )
    }

    /// The report as JSON.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}

impl Difference {
    fn sentence(&self) -> String {
        match self.taken_by {
            Side::Types => format!("only the types take: {}", self.body),
            Side::Contract => format!("only the contract takes: {}", self.body),
        }
    }
}

/// What reasons are matched against: a reason for one direction is none for the other.
fn claim(body: &str, verdict: Verdict) -> String {
    let side = if verdict.types {
        "types take"
    } else {
        "contract takes"
    };
    format!("{side} {body}")
}
