//! How a caller proves who it is.

use maud::{Markup, html};
use serde_json::Value;

use super::book::{Book, heading, permalink};
use super::ids;
use crate::generator::contract::pointer_segment;

/// Where the contract says how.
const SCHEMES: &str = "/components/securitySchemes";

impl Book<'_> {
    /// All ways.
    pub fn security(&self) -> Markup {
        let names = self.names(SCHEMES);
        html! {
            @if !names.is_empty() {
                section id="security" data-item {
                    (heading("security", "Credentials"))
                    @for name in names { (self.scheme(name)) }
                }
            }
        }
    }

    /// Which of them an operation takes.
    pub fn credentials(&self, operation: &str) -> Markup {
        let own = self.get(&format!("{operation}/security"));
        let taken = own
            .or_else(|| self.get("/security"))
            .and_then(Value::as_array);
        let ways: Vec<Markup> = taken
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .map(|together| {
                html! {
                    @if together.is_empty() { "none" }
                    @for (index, name) in together.keys().enumerate() {
                        @if index > 0 { " with " }
                        @if self.get(&format!("{SCHEMES}/{}", pointer_segment(name))).is_some() {
                            a href={ "#" (ids::scheme(name)) } { code { (name) } }
                        } @else { code { (name) } }
                    }
                }
            })
            .collect();
        html! {
            @if !ways.is_empty() {
                p.detail {
                    "Credentials: "
                    @for (index, way) in ways.iter().enumerate() {
                        @if index > 0 { " or " }
                        (way)
                    }
                }
            }
        }
    }

    fn scheme(&self, name: &str) -> Markup {
        let own = format!("{SCHEMES}/{}", pointer_segment(name));
        let Some((pointer, scheme)) = self.document().resolve(&own) else {
            return html! {};
        };
        let prose = self.description(&pointer);
        let id = ids::scheme(name);
        let words = [
            "type",
            "scheme",
            "bearerFormat",
            "in",
            "name",
            "openIdConnectUrl",
        ];
        let said: Vec<&str> = words
            .into_iter()
            .filter_map(|word| scheme.get(word)?.as_str())
            .collect();
        let flows = scheme.get("flows").and_then(Value::as_object);
        html! {
            section.scheme id=(id) data-item {
                h3 { code data-name { (name) } " " (permalink(&id, name)) }
                div.beside {
                    div {
                        p.kind { (said.join(", ")) }
                        (prose.html)
                        @for (flow, said) in flows.into_iter().flatten() { (self::flow(flow, said)) }
                    }
                    div.provenance { (self.provenance(&prose.marks, &[])) }
                }
            }
        }
    }
}

fn flow(name: &str, said: &Value) -> Markup {
    let scopes = said.get("scopes").and_then(Value::as_object);
    html! {
        dl {
            dt { "Flow" }
            dd { code { (name) } }
            @for (key, words) in [("authorizationUrl", "Authorization URL"), ("tokenUrl", "Token URL"), ("refreshUrl", "Refresh URL")] {
                @if let Some(address) = said.get(key).and_then(Value::as_str) {
                    dt { (words) }
                    dd { code { (address) } }
                }
            }
            @for (scope, meaning) in scopes.into_iter().flatten() {
                dt { "Scope" }
                dd { code { (scope) } @if let Some(meaning) = meaning.as_str() { ": " (meaning) } }
            }
        }
    }
}
