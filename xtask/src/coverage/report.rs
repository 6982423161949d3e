//! What a run found, and the report for programs.

use std::io::{self, Write};

use cloud_partner_recordings::recording::{ProvenanceKind, Recording};
use serde::Serialize;

use super::claims::{Claim, Claims};
use crate::excuses::{Excuses, Why};
use crate::generator::contract::Contract;

/// How well the contract is proven; its members are the JSON report's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this shape; members may be added to it, never removed or changed.
    pub format: u32,
    /// The contract's file.
    pub contract: String,
    /// How many recordings were read.
    pub recordings: usize,
    /// The recordings that prove nothing, because they disagree with the contract.
    pub ignored: Vec<String>,
    /// How many claims there are, by state.
    pub summary: Summary,
    /// Excuses that aren't needed.
    pub unneeded: Vec<String>,
    /// The claims, in the contract's order.
    pub claims: Vec<InReport>,
}

/// How many claims there are, by state.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// All.
    pub claims: usize,
    /// Shown by a recording whose shape the live service was seen to give.
    pub observed_shape: usize,
    /// Else, shown by the pages' own example.
    pub documentation: usize,
    /// Else, shown by recordings that were made to prove it.
    pub synthetic: usize,
    /// Shown by none, with an excuse.
    pub excused: usize,
    /// Shown by none, without an excuse.
    pub unseen: usize,
    /// Of 100 that aren't excused, how many are shown by a recording of any provenance.
    pub percent: f64,
}

/// A claim in the report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InReport {
    /// The claim's name.
    pub claim: String,
    /// What kind of claim it is.
    pub kind: &'static str,
    /// The operation.
    pub operation: String,
    /// The status, as the contract writes it.
    pub status: String,
    /// Where the contract makes it.
    pub pointer: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether it is proven.
    pub state: State,
    /// The best provenance among its recordings.
    pub provenance: Option<ProvenanceKind>,
    /// The recordings that show it, the best first.
    pub recordings: Vec<Proof>,
    /// Why it needn't be proven.
    pub excuse: Option<Why>,
}

/// Whether a claim is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A recording shows it.
    Seen,
    /// None does, and there is a reason.
    Excused,
    /// None does.
    Unseen,
}

/// A recording that shows a claim.
#[derive(Clone, Serialize)]
pub struct Proof {
    /// Its file.
    pub file: String,
    /// How close it is to the live service.
    pub provenance: ProvenanceKind,
}

impl Report {
    /// Puts the claims together with their proofs and excuses.
    pub fn new(
        contract: &Contract,
        claims: Claims,
        recordings: &[(String, Recording)],
        excuses: &Excuses,
    ) -> Self {
        let proven: Vec<(&str, bool)> = claims
            .list
            .iter()
            .map(|claim| (claim.name.as_str(), !claim.recordings.is_empty()))
            .collect();
        let unneeded = excuses.unneeded(&proven);
        let ignored = claims
            .wrong
            .iter()
            .map(|index| recordings[*index].0.clone())
            .collect();
        let claims: Vec<InReport> = claims
            .list
            .into_iter()
            .map(|claim| in_report(contract, claim, recordings, excuses))
            .collect();
        Self {
            format: 1,
            contract: contract.path.display().to_string(),
            recordings: recordings.len(),
            ignored,
            summary: Summary::of(claims.iter()),
            unneeded,
            claims,
        }
    }

    /// The report as JSON.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}

impl Summary {
    /// Counts some claims.
    pub fn of<'r>(claims: impl Iterator<Item = &'r InReport>) -> Self {
        let mut summary = Self::default();
        for claim in claims {
            summary.claims += 1;
            *match (claim.state, claim.provenance) {
                (State::Excused, _) => &mut summary.excused,
                (State::Unseen, _) | (_, None) => &mut summary.unseen,
                (_, Some(ProvenanceKind::Captured | ProvenanceKind::ObservedShape)) => {
                    &mut summary.observed_shape
                }
                (_, Some(ProvenanceKind::Documentation)) => &mut summary.documentation,
                (_, Some(ProvenanceKind::Synthetic)) => &mut summary.synthetic,
            } += 1;
        }
        summary.percent = percent(summary.seen(), summary.claims - summary.excused);
        summary
    }

    /// The percentage in words; where nothing is left to prove, there is none.
    pub fn proven(&self) -> String {
        if self.claims == self.excused {
            return "–".to_owned();
        }
        format!("{:.1} %", self.percent)
    }

    /// How many are shown by a recording of any provenance.
    pub fn seen(&self) -> usize {
        self.observed_shape + self.documentation + self.synthetic
    }
}

/// Rounded down to a tenth, so that 100 means all; nothing to prove is proven.
fn percent(seen: usize, of: usize) -> f64 {
    let tenths = (seen * 1000).checked_div(of).unwrap_or(1000);
    f64::from(u32::try_from(tenths).unwrap_or(1000)) / 10.0
}

fn in_report(
    contract: &Contract,
    claim: Claim,
    recordings: &[(String, Recording)],
    excuses: &Excuses,
) -> InReport {
    let mut proofs: Vec<Proof> = claim
        .recordings
        .iter()
        .filter_map(|index| recordings.get(*index))
        .map(|(file, recording)| Proof {
            file: file.clone(),
            provenance: recording.provenance.kind,
        })
        .collect();
    proofs.sort_by_key(|proof| (distance(proof.provenance), proof.file.clone()));
    let excuse = excuses
        .excuse(&claim.name)
        .filter(|_| proofs.is_empty())
        .cloned();
    InReport {
        state: match (&excuse, proofs.is_empty()) {
            (_, false) => State::Seen,
            (Some(_), true) => State::Excused,
            (None, true) => State::Unseen,
        },
        line: contract.location(&claim.pointer).line,
        kind: claim.kind.name,
        operation: claim.operation,
        status: claim.status,
        pointer: claim.pointer,
        provenance: proofs.first().map(|proof| proof.provenance),
        recordings: proofs,
        excuse,
        claim: claim.name,
    }
}

/// How far a recording is from the live service.
fn distance(provenance: ProvenanceKind) -> u8 {
    match provenance {
        ProvenanceKind::Captured => 0,
        ProvenanceKind::ObservedShape => 1,
        ProvenanceKind::Documentation => 2,
        ProvenanceKind::Synthetic => 3,
    }
}

/// The word for it, as recordings write it.
pub fn provenance_name(provenance: ProvenanceKind) -> &'static str {
    match provenance {
        ProvenanceKind::Captured => "captured",
        ProvenanceKind::ObservedShape => "observed-shape",
        ProvenanceKind::Documentation => "documentation",
        ProvenanceKind::Synthetic => "synthetic",
    }
}
