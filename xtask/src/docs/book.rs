//! What the page is made of. Each file beside this one writes a part of it.

use std::collections::BTreeSet;

use cloud_partner_recordings::recording::Recording;
use maud::{Markup, html};
use serde_json::Value;

use super::markdown::{self, Prose};
use super::marks::Marks;
use super::proofs::Proofs;
use super::sections::Sections;
use crate::coverage::{InReport, Report};
use crate::validate::{Checker, Document};

/// The contract, and what is known of it.
pub struct Book<'b> {
    /// The contract.
    pub checker: &'b Checker<'b>,
    /// What proves it.
    pub report: &'b Report,
    /// The recordings that do.
    pub recordings: &'b [(String, Recording)],
    /// The contract's marks.
    pub marks: Marks,
    /// The schemas that have a place of their own.
    pub sections: Sections,
    /// What is proven where.
    pub proofs: Proofs<'b>,
}

impl<'b> Book<'b> {
    /// Gets everything ready that more than one part needs.
    pub fn new(
        checker: &'b Checker<'b>,
        report: &'b Report,
        recordings: &'b [(String, Recording)],
    ) -> Self {
        let description = checker.document.get("/info/description");
        Self {
            checker,
            report,
            recordings,
            marks: Marks::new(description.and_then(Value::as_str).unwrap_or_default()),
            sections: Sections::new(checker),
            proofs: Proofs::new(report, recordings),
        }
    }

    /// The contract's parts.
    pub fn document(&self) -> &'b Document<'b> {
        &self.checker.document
    }

    /// What stands at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&'b Value> {
        self.document().get(pointer)
    }

    /// A text member of what stands at a JSON pointer.
    pub fn text(&self, pointer: &str, key: &str) -> Option<&'b str> {
        self.get(pointer)?.get(key)?.as_str()
    }

    /// The names of the members of what stands at a JSON pointer.
    pub fn names(&self, pointer: &str) -> Vec<&'b str> {
        let members = self.get(pointer).and_then(Value::as_object);
        members
            .into_iter()
            .flat_map(|members| members.keys().map(String::as_str))
            .collect()
    }

    /// The description at a JSON pointer; of a reference, how the description there begins.
    pub fn description(&self, pointer: &str) -> Prose {
        match self.text(pointer, "description") {
            Some(text) => markdown::beside(text, &self.marks),
            None => self.referenced(pointer),
        }
    }

    /// The same where there is no margin.
    pub fn plain_description(&self, pointer: &str) -> Markup {
        let text = self.text(pointer, "description").unwrap_or_default();
        markdown::all(text, &self.marks)
    }

    fn referenced(&self, pointer: &str) -> Prose {
        let resolved = self.document().resolve(pointer);
        let text = resolved.and_then(|(_, value)| value.get("description")?.as_str());
        markdown::first_paragraph(text.unwrap_or_default(), &self.marks)
    }

    /// What stands beside a claim: the contract's marks, and what proves it.
    pub fn provenance(&self, marks: &BTreeSet<usize>, claims: &[&InReport]) -> Markup {
        html! {
            @if !marks.is_empty() {
                p.marks { @for mark in marks { (self.marks.badge(*mark)) " " } }
            }
            (self.proofs.show(claims))
        }
    }
}

/// The heading of one of the page's main parts.
pub fn heading(id: &str, name: &str) -> Markup {
    html! { h2 { span data-name { (name) } " " (permalink(id, name)) } }
}

/// A link to what it stands beside.
pub fn permalink(id: &str, name: &str) -> Markup {
    html! {
        a.permalink href={ "#" (id) } aria-label={ "Link to " (name) } { "#" }
    }
}

/// An address as a link, if it leads to the web; else as it is.
pub fn link(address: &str, text: &str) -> Markup {
    html! {
        @if markdown::is_safe(address) { a href=(address) { (text) } } @else { (text) " (" (address) ")" }
    }
}

/// A value as one line of JSON.
pub fn json(value: &Value) -> Markup {
    html! { code { (value.to_string()) } }
}
