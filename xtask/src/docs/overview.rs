//! What the contract says of itself, and how to read the page.

use maud::{Markup, html};
use serde_json::Value;

use super::book::{Book, heading, link};
use super::markdown;
use super::proofs::{KINDS, UNSHOWN};
use crate::coverage::provenance_class;

impl Book<'_> {
    /// The contract's title.
    pub fn title(&self) -> &str {
        self.text("/info", "title").unwrap_or("Untitled")
    }

    /// The page's beginning.
    pub fn overview(&self) -> Markup {
        let description = self.text("/info", "description").unwrap_or_default();
        html! {
            section id="about" data-item {
                (heading("about", "About"))
                (markdown::with_legend(description, &self.marks))
                (self.people())
            }
            (self.servers())
        }
    }

    fn people(&self) -> Markup {
        let contact = self.get("/info/contact");
        let licence = self.get("/info/license");
        html! {
            dl {
                @if let Some(contact) = contact { dt { "Contact" } dd { (named(contact)) } }
                @if let Some(licence) = licence { dt { "Licence" } dd { (named(licence)) } }
                @if let Some(terms) = self.text("/info", "termsOfService") { dt { "Terms" } dd { (link(terms, terms)) } }
            }
        }
    }

    /// What the badges of the proofs mean.
    pub fn proof_legend(&self) -> Markup {
        html! {
            section id="proof" data-item {
                (heading("proof", "What proves a claim"))
                p {
                    "Below the contract's own marks stands what was compared with it: how many "
                    a href="#recordings" { "recordings" }
                    " show it with a value, and how many of the claims made there no recording shows. Open it for the claims one by one, "
                    "also those that it may be absent or null."
                }
                dl.badges {
                    @for (kind, meaning) in KINDS {
                        @let class = provenance_class(kind);
                        dt { b class=(class) { (class) } } dd { "a recording that " (meaning) }
                    }
                    @for (class, meaning) in UNSHOWN { dt { b class=(class) { (class) } } dd { (meaning) } }
                }
                p { (self.report.in_words()) }
            }
        }
    }

    fn servers(&self) -> Markup {
        let servers = self.get("/servers").and_then(Value::as_array);
        let count = servers.map_or(0, Vec::len);
        html! {
            @if count > 0 {
                section id="servers" data-item {
                    (heading("servers", "Servers"))
                    ul {
                        @for index in 0..count {
                            @let pointer = format!("/servers/{index}");
                            li { code { (self.text(&pointer, "url").unwrap_or_default()) } (self.plain_description(&pointer)) }
                        }
                    }
                }
            }
        }
    }
}

/// A name with whatever leads further.
fn named(owner: &Value) -> Markup {
    let text = |key: &str| owner.get(key).and_then(Value::as_str);
    let name = text("name").or(text("url")).unwrap_or_default();
    html! {
        @if let Some(address) = text("url") { (link(address, name)) } @else { (name) }
        @if let Some(email) = text("email") { " " code { (email) } }
    }
}
