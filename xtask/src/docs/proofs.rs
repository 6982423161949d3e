//! What proves each claim, as `cargo xtask coverage` counts it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cloud_partner_recordings::recording::{ProvenanceKind, Recording};
use maud::{Markup, html};

use super::ids;
use crate::coverage::{InReport, Report, State, WITHOUT_VALUE, class, provenance_class};
use crate::excuses::by_reason;
use crate::output::count;

/// The kinds of recordings, the closest to the live service first, and what the page says of each.
pub const KINDS: [(ProvenanceKind, &str); 4] = [
    (
        ProvenanceKind::Captured,
        "is a response of the live service, sanitised",
    ),
    (
        ProvenanceKind::ObservedShape,
        "has the members, types and formats of an answer that the live service was seen to give",
    ),
    (
        ProvenanceKind::Documentation,
        "is the official pages' own example",
    ),
    (
        ProvenanceKind::Synthetic,
        "was made to prove the claim: it shows that it is understood, not that the service does so",
    ),
];

/// What the page says of claims that no recording shows.
pub const UNSHOWN: [(&str, &str); 2] = [
    (
        "excused",
        "claims that no recording shows, for a reason that is written down",
    ),
    ("unseen", "claims that no recording shows"),
];

/// The claims by where the contract makes them, and the recordings' short names.
pub struct Proofs<'p> {
    by_pointer: HashMap<&'p str, Vec<&'p InReport>>,
    labels: HashMap<&'p str, String>,
}

impl<'p> Proofs<'p> {
    /// Sorts the claims.
    pub fn new(report: &'p Report, recordings: &'p [(String, Recording)]) -> Self {
        let mut by_pointer: HashMap<&str, Vec<&InReport>> = HashMap::new();
        for claim in &report.claims {
            by_pointer.entry(&claim.pointer).or_default().push(claim);
        }
        let files: Vec<&str> = recordings.iter().map(|(file, _)| file.as_str()).collect();
        let common = common_folder(&files);
        let labels = files
            .into_iter()
            .map(|file| {
                let label = &file[common..];
                (
                    file,
                    label.strip_suffix(".json").unwrap_or(label).to_owned(),
                )
            })
            .collect();
        Self { by_pointer, labels }
    }

    /// The claims made at a place.
    pub fn at(&self, pointer: &str) -> Vec<&'p InReport> {
        self.by_pointer.get(pointer).cloned().unwrap_or_default()
    }

    /// Those about one status of an operation: a place can be shared.
    pub fn of_answer(&self, pointer: &str, operation: &str, status: &str) -> Vec<&'p InReport> {
        let mut claims = self.at(pointer);
        claims.retain(|claim| claim.operation == operation && claim.status == status);
        claims
    }

    /// A recording's short name: its path, without what all have in common.
    pub fn label(&self, file: &str) -> &str {
        self.labels.get(file).map_or("", String::as_str)
    }

    /// How much proves some claims, to be opened for more.
    pub fn show(&self, claims: &[&InReport]) -> Markup {
        let Some(first) = claims.first() else {
            return html! {};
        };
        let badges = badges(claims);
        let shown = claims.iter().filter(|claim| claim.state != State::Excused);
        let reasons = by_reason(claims, |claim| claim.excuse.as_ref());
        html! {
            details.proof name="proof" data-quiet {
                summary {
                    @for badge in &badges { (badge) " " }
                    @if badges.is_empty() { "never with a value" }
                }
                div.claims {
                    ul {
                        @for claim in shown {
                            li class=(class(claim)) {
                                b class=(class(claim)) { (class(claim)) } " " code { (claim.claim) } " " (self.recordings(claim))
                            }
                        }
                        @for (why, excused) in reasons {
                            li.excused {
                                (count(excused.len(), "claim")) " excused since " (why.since) ": " (why.reason)
                                ul { @for claim in excused { li { code { (claim.claim) } } } }
                            }
                        }
                    }
                    p { "In the contract: line " (first.line) }
                }
            }
        }
    }

    fn recordings(&self, claim: &InReport) -> Markup {
        html! {
            @if claim.recordings.is_empty() { "by no recording" } @else { "by " }
            @for (index, proof) in claim.recordings.iter().enumerate() {
                @let label = self.label(&proof.file);
                @if index > 0 { ", " }
                a href={ "#" (ids::recording(label)) } { (label) }
            }
        }
    }
}

/// How many recordings of each kind show that it is there, and how many claims none shows. That a member is absent or null is
/// shown by almost every other recording, and says nothing of the member.
fn badges(claims: &[&InReport]) -> Vec<Markup> {
    let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let of_value = |claim: &&&InReport| WITHOUT_VALUE.iter().all(|kind| kind.name != claim.kind);
    for proof in claims
        .iter()
        .filter(of_value)
        .flat_map(|claim| &claim.recordings)
    {
        let of_kind = files.entry(provenance_class(proof.provenance)).or_default();
        of_kind.insert(&proof.file);
    }
    let recordings = KINDS.into_iter().filter_map(|(kind, meaning)| {
        let class = provenance_class(kind);
        let many = files.get(class)?.len();
        Some(badge(
            class,
            many,
            &format!("{}; each {meaning}", count(many, "recording")),
        ))
    });
    let claims = UNSHOWN.into_iter().filter_map(|(word, meaning)| {
        let many = claims.iter().filter(|claim| class(claim) == word).count();
        (many > 0).then(|| badge(word, many, meaning))
    });
    recordings.chain(claims).collect()
}

fn badge(class: &str, many: usize, title: &str) -> Markup {
    html! { b class=(class) title=(title) { (many) " " (class) } }
}

/// How long the folders are that all files have in common.
fn common_folder(files: &[&str]) -> usize {
    let Some(first) = files.first() else { return 0 };
    let folders = first.match_indices('/').map(|(index, _)| index + 1);
    folders
        .rev()
        .find(|end| files.iter().all(|file| file.starts_with(&first[..*end])))
        .unwrap_or(0)
}
