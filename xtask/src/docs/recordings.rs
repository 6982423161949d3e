//! The recordings, for those who want to know what a proof is made of.

use maud::{Markup, html};

use super::book::{Book, heading};
use super::ids;
use super::rows::{self, Row};
use crate::coverage::provenance_class;

impl Book<'_> {
    /// All recordings.
    pub fn recordings(&self) -> Markup {
        let rows: Vec<Row> = self
            .recordings
            .iter()
            .map(|(file, recording)| {
                let label = self.proofs.label(file);
                let class = provenance_class(recording.provenance.kind);
                Row {
                    id: ids::recording(label),
                    name: label.to_owned(),
                    notes: Vec::new(),
                    kind: html! { code { (recording.response.status) } },
                    text: html! {
                        p { (recording.description) }
                        @if self.report.ignored.contains(file) {
                            p.detail { "It disagrees with the contract, so it proves nothing." }
                        }
                    },
                    provenance: html! { p { b class=(class) { (class) } } p.source { (recording.provenance.source) } },
                }
            })
            .collect();
        html! {
            section id="recordings" data-item {
                (heading("recordings", "Recordings"))
                p { "Each is one request and its answer, kept as a file." }
                (rows::table("Recordings", ["Recording", "Status"], &rows))
            }
        }
    }
}
