//! The list of contents.

use maud::{Markup, html};

use super::book::Book;
use super::ids;
use crate::coverage::sites::operation_name;

impl Book<'_> {
    /// Links to everything that has a heading.
    pub fn outline(&self) -> Markup {
        html! {
            nav aria-label="Contents" {
                details.contents {
                    summary { "Contents" }
                    ul {
                        (entry("about", "About"))
                        @if self.get("/servers").is_some() { (entry("servers", "Servers")) }
                        @if self.get("/components/securitySchemes").is_some() { (entry("security", "Credentials")) }
                    }
                    @for (tag, operations) in self.by_tag() {
                        p.group { a href="#operations" { "Operations" } ": " a href={ "#" (ids::tag(tag)) } { (tag) } }
                        ul {
                            @for operation in operations {
                                @let name = operation_name(self.checker, operation);
                                li {
                                    a href={ "#" (ids::operation(&name)) } {
                                        code.method { (operation.method) } " "
                                        (self.heading(operation))
                                    }
                                }
                            }
                        }
                    }
                    p.group { a href="#schemas" { "Schemas" } }
                    ul {
                        @for section in &self.sections.list {
                            li { a href={ "#" (section.id) } { code { (section.name) } } }
                        }
                    }
                    ul {
                        (entry("proof", "What proves a claim"))
                        (entry("recordings", "Recordings"))
                    }
                }
            }
        }
    }
}

fn entry(id: &str, name: &str) -> Markup {
    html! { li { a href={ "#" (id) } { (name) } } }
}
