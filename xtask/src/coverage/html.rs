//! The report as one page that needs nothing else: the contract as it is written, and beside each line what proves it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cloud_partner_recordings::recording::ProvenanceKind;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::kinds;
use super::report::{InReport, Report, State, Summary};
use super::table::proof;

/// The page's looks. It loads nothing: the policy in its head forbids that.
const STYLE: &str = include_str!("page.css");

/// How each kind of proof looks, on every page that shows some.
pub const PROOF_STYLE: &str = include_str!("proof.css");

impl Report {
    /// The report as a page; `contract` is the contract's text.
    pub fn html(&self, contract: &str, out: &mut dyn Write) -> io::Result<()> {
        let title = format!("{}: what is proven", self.contract);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { (title) }
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    meta name="viewport" content="width=device-width";
                    style { (PreEscaped(STYLE)) (PreEscaped(PROOF_STYLE)) }
                }
                body {
                    h1 { (title) }
                    p { (self.in_words()) }
                    @for problem in &self.unneeded { p.unseen { (problem) } }
                    (kinds_html(&self.claims))
                    (self.rows_html())
                    (self.contract_html(contract))
                }
            }
        };
        // One row on a line, so that a difference can be read.
        writeln!(out, "{}", page.into_string().replace("<tr", "\n<tr"))
    }

    /// How much is proven, in sentences.
    pub fn in_words(&self) -> String {
        let summary = &self.summary;
        format!(
            "{:.1} % of {} claims are shown by {} recordings. The best that shows a claim has the shape of an answer of the live \
            service for {}, is an example of the official pages for {}, and was made for the purpose for {}. \
            {} more claims are excused.",
            summary.percent,
            summary.claims - summary.excused,
            self.recordings,
            summary.observed_shape,
            summary.documentation,
            summary.synthetic,
            summary.excused
        )
    }

    fn rows_html(&self) -> Markup {
        let columns = [
            "answer",
            "claims",
            "observed",
            "pages",
            "synthetic",
            "excused",
            "unseen",
            "proven",
        ];
        html! {
            table {
                tr { @for column in columns { th { (column) } } }
                @for (name, row) in self.rows() {
                    tr {
                        td { (name) }
                        td { (row.claims) }
                        td { (row.observed_shape) }
                        td { (row.documentation) }
                        td { (row.synthetic) }
                        td { (row.excused) }
                        td { (row.unseen) }
                        td { (row.proven()) }
                    }
                }
            }
        }
    }

    fn contract_html(&self, contract: &str) -> Markup {
        let mut lines: BTreeMap<usize, Vec<&InReport>> = BTreeMap::new();
        for claim in &self.claims {
            lines.entry(claim.line).or_default().push(claim);
        }
        html! {
            table.contract {
                @for (number, text) in (1..).zip(contract.lines()) {
                    tr id={ "L" (number) } {
                        th { (number) }
                        td { pre { (text) } }
                        td { @if let Some(claims) = lines.get(&number) { (claims_html(claims)) } }
                    }
                }
            }
        }
    }
}

fn kinds_html(claims: &[InReport]) -> Markup {
    html! {
        table {
            tr { @for column in ["kind of claim", "seen means", "claims", "proven"] { th { (column) } } }
            @for kind in kinds::ALL {
                @let row = Summary::of(claims.iter().filter(|claim| claim.kind == kind.name));
                tr { td { (kind.name) } td { (kind.meaning) } td { (row.claims) } td { (row.proven()) } }
            }
        }
    }
}

fn claims_html(claims: &[&InReport]) -> Markup {
    html! {
        details {
            summary {
                @for (class, many) in classes(claims) { b class=(class) { (many) " " (class) } " " }
            }
            ul {
                @for claim in claims {
                    li class=(class(claim)) { (claim.claim) br; small { (proof(claim)) } }
                }
            }
        }
    }
}

/// How many of the claims are of which class, worst first.
fn classes(claims: &[&InReport]) -> Vec<(&'static str, usize)> {
    ["unseen", "synthetic", "excused", "pages", "observed"]
        .into_iter()
        .map(|wanted| {
            (
                wanted,
                claims.iter().filter(|claim| class(claim) == wanted).count(),
            )
        })
        .filter(|(_, many)| *many > 0)
        .collect()
}

/// A claim's state and best provenance in one word.
pub fn class(claim: &InReport) -> &'static str {
    match (claim.state, claim.provenance) {
        (State::Excused, _) => "excused",
        (State::Unseen, _) | (_, None) => "unseen",
        (_, Some(provenance)) => provenance_class(provenance),
    }
}

/// A recording's provenance in the same words.
pub fn provenance_class(provenance: ProvenanceKind) -> &'static str {
    match provenance {
        ProvenanceKind::Captured | ProvenanceKind::ObservedShape => "observed",
        ProvenanceKind::Documentation => "pages",
        ProvenanceKind::Synthetic => "synthetic",
    }
}
