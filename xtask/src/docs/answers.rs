//! What an operation is sent and what it answers: statuses, headers, bodies, examples.

use maud::{Markup, html};
use serde_json::Value;

use super::book::{Book, permalink};
use super::ids;
use super::rows::{self, Row};
use super::words::example;
use crate::generator::contract::pointer_segment;
use crate::validate::Operation;

/// One status of one operation.
struct Answer<'a> {
    operation: &'a str,
    status: &'a str,
    /// Where it is in the contract, references followed.
    pointer: String,
}

impl Book<'_> {
    /// What an operation is sent beside its parameters.
    pub fn request(&self, operation: &Operation, name: &str) -> Markup {
        let Some((pointer, body)) = self.document().member(&operation.pointer, "requestBody")
        else {
            return html! {};
        };
        let required = body.get("required") == Some(&Value::Bool(true));
        let prose = self.description(&pointer);
        let rows: Vec<Row> = self
            .names(&format!("{pointer}/content"))
            .into_iter()
            .map(|media| {
                let schema = format!("{pointer}/content/{}/schema", pointer_segment(media));
                Row {
                    id: ids::within(name, &["request", media]),
                    name: media.to_owned(),
                    notes: vec![if required { "required" } else { "optional" }],
                    kind: self.kind(&schema),
                    text: html! { (prose.html) (self.details(&schema)) },
                    provenance: self.provenance(&prose.marks, &[]),
                }
            })
            .collect();
        html! {
            div.part {
                h4 { "Request" }
                (rows::table(&format!("Request of {name}"), ["Body", "Type"], &rows))
                (self.all_examples(&pointer))
            }
        }
    }

    /// Everything that an operation answers.
    pub fn answers(&self, operation: &Operation, name: &str) -> Markup {
        let all = format!("{}/responses", operation.pointer);
        let statuses = self.names(&all);
        let answers = statuses
            .into_iter()
            .filter(|status| !status.starts_with("x-"))
            .filter_map(|status| {
                let (pointer, _) = self.document().member(&all, status)?;
                let answer = Answer {
                    operation: name,
                    status,
                    pointer,
                };
                let own = format!("{all}/{}", pointer_segment(status));
                Some(self.answer(&own, &answer))
            });
        html! {
            div.part {
                h4 { "Answers" }
                @for answer in answers { (answer) }
            }
        }
    }

    fn answer(&self, own: &str, answer: &Answer<'_>) -> Markup {
        let Answer {
            operation,
            status,
            pointer,
        } = answer;
        let id = ids::within(operation, &["responses", status]);
        let label = format!("{operation} {status}");
        let prose = self.description(pointer);
        let claims = self.proofs.of_answer(own, operation, status);
        let mut rows = self.headers(answer);
        rows.extend(self.bodies(answer));
        html! {
            section.answer id=(id) data-item {
                h5 { code data-name { (status) } " " (permalink(&id, &label)) }
                div.beside {
                    div { (prose.html) }
                    div.provenance { (self.provenance(&prose.marks, &claims)) }
                }
                (rows::table(&format!("Headers and bodies of {label}"), ["Part", "Type"], &rows))
                (self.all_examples(pointer))
            }
        }
    }

    fn headers(&self, answer: &Answer<'_>) -> Vec<Row> {
        let Answer {
            operation,
            status,
            pointer,
        } = answer;
        let all = format!("{pointer}/headers");
        let names = self.names(&all).into_iter();
        names
            .filter_map(|name| {
                let (header, value) = self.document().member(&all, name)?;
                let required = value.get("required") == Some(&Value::Bool(true));
                let prose = self.description(&header);
                let schema = format!("{header}/schema");
                let own = format!("{all}/{}", pointer_segment(name));
                let claims = self.proofs.of_answer(&own, operation, status);
                Some(Row {
                    id: ids::within(operation, &["responses", status, "headers", name]),
                    name: name.to_owned(),
                    notes: vec!["header", if required { "required" } else { "optional" }],
                    kind: self.kind(&schema),
                    text: html! { (prose.html) (self.details(&schema)) (example(value)) },
                    provenance: self.provenance(&prose.marks, &claims),
                })
            })
            .collect()
    }

    fn bodies(&self, answer: &Answer<'_>) -> Vec<Row> {
        let Answer {
            operation,
            status,
            pointer,
        } = answer;
        let all = format!("{pointer}/content");
        let names = self.names(&all).into_iter();
        names
            .map(|media| {
                let own = format!("{all}/{}", pointer_segment(media));
                let schema = format!("{own}/schema");
                let prose = self.description(&schema);
                let mut claims = self.proofs.of_answer(&own, operation, status);
                for pointer in self.sections.reach(self.document(), &schema) {
                    claims.extend(self.proofs.of_answer(&pointer, operation, status));
                }
                Row {
                    id: ids::within(operation, &["responses", status, "content", media]),
                    name: media.to_owned(),
                    notes: vec!["body"],
                    kind: self.kind(&schema),
                    text: html! { (prose.html) (self.details(&schema)) },
                    provenance: self.provenance(&prose.marks, &claims),
                }
            })
            .collect()
    }

    /// The examples of every content type below a JSON pointer.
    fn all_examples(&self, owner: &str) -> Markup {
        let all = format!("{owner}/content");
        html! {
            @for media in self.names(&all) {
                @let media = format!("{all}/{}", pointer_segment(media));
                @if let Some(value) = self.get(&format!("{media}/example")) { (pretty("Example", value)) }
                @for name in self.names(&format!("{media}/examples")) {
                    (self.example(&media, name))
                }
            }
        }
    }

    fn example(&self, media: &str, name: &str) -> Markup {
        let example = self.document().member(&format!("{media}/examples"), name);
        let Some((pointer, example)) = example else {
            return html! {};
        };
        let summary = self.text(&pointer, "summary").unwrap_or(name);
        html! {
            @if let Some(value) = example.get("value") { (pretty(&format!("Example: {summary}"), value)) }
        }
    }
}

fn pretty(summary: &str, value: &Value) -> Markup {
    html! {
        details.example data-quiet {
            summary { (summary) }
            pre tabindex="0" { code { (format!("{value:#}")) } }
        }
    }
}
