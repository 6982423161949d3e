//! The page around its parts: the head with the policy that forbids every request, the search, the landmarks.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::book::Book;
use crate::coverage::PROOF_STYLE;

/// The page's looks.
const STYLE: &str = include_str!("page.css");

/// The page's only script: the search. Without it the page only lacks the search.
const SCRIPT: &str = include_str!("search.js");

impl Book<'_> {
    /// The whole page.
    pub fn page(&self) -> String {
        let style = format!("{STYLE}{PROOF_STYLE}");
        let title = self.title();
        let version = self.text("/info", "version").unwrap_or_default();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { (title) " " (version) }
                    meta http-equiv="Content-Security-Policy" content=(policy(&style));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    style { (PreEscaped(&style)) }
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header {
                        h1 { (title) " " small { (version) } }
                    }
                    div.side {
                        (search())
                        (self.outline())
                    }
                    main id="content" tabindex="-1" {
                        (self.overview())
                        (self.security())
                        (self.operations())
                        (self.schemas())
                        (self.proof_legend())
                        (self.recordings())
                    }
                    footer { p { "Made from the contract by " code { "cargo xtask docs" } "." } }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string()
    }
}

/// Nothing is loaded, and of what the page brings along exactly this style and this script count.
fn policy(style: &str) -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        source(style),
        source(SCRIPT)
    )
}

/// How a policy calls a text.
fn source(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    format!("'sha256-{}'", BASE64_STANDARD.encode(hash))
}

/// The search's field; the script shows it.
fn search() -> Markup {
    html! {
        search hidden {
            label for="search" { "Search " kbd { "/" } }
            input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="name or text";
            p id="found" role="status" {}
        }
    }
}
