//! The contract's prose as HTML.
//!
//! The prose may come from anywhere, so only what Markdown itself can say becomes HTML: HTML in it stays text, and a link leads to
//! the web or into the page. A picture would be a request, so it becomes a link.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped};
use pulldown_cmark::{
    CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};

use super::marks::Marks;

/// Prose, and the marks in it.
pub struct Prose {
    /// The prose.
    pub html: Markup,
    /// The marks, by their places in the legend.
    pub marks: BTreeSet<usize>,
}

/// Where a text's marks are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// In the text.
    Within,
    /// In the text, which is also the legend: those in bold can be linked to.
    Defined,
    /// In the margin; in the text too, unless they are about all of it.
    Beside,
}

/// A text that has no margin.
pub fn all(text: &str, marks: &Marks) -> Markup {
    render(text, marks, Shown::Within).html
}

/// The text that holds the legend.
pub fn with_legend(text: &str, marks: &Marks) -> Markup {
    render(text, marks, Shown::Defined).html
}

/// A text whose marks stand in the margin.
pub fn beside(text: &str, marks: &Marks) -> Prose {
    render(text, marks, Shown::Beside)
}

/// Its first paragraph, but the marks of all of it.
pub fn first_paragraph(text: &str, marks: &Marks) -> Prose {
    let first = text.split("\n\n").next().unwrap_or_default();
    Prose {
        html: beside(first, marks).html,
        marks: beside(text, marks).marks,
    }
}

/// Whether a link leads to the web or into the page.
pub fn is_safe(address: &str) -> bool {
    ["https://", "http://", "#"]
        .iter()
        .any(|safe| address.starts_with(safe))
}

fn render(text: &str, marks: &Marks, shown: Shown) -> Prose {
    let mut writer = Writer {
        marks,
        shown,
        said: Vec::new(),
        events: Vec::new(),
        code: false,
        bold: false,
        links: Vec::new(),
    };
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES).map(without_html);
    for event in TextMergeStream::new(parser) {
        writer.event(event);
    }
    if shown == Shown::Beside {
        writer.take_from_end();
    }
    let mut written = String::new();
    html::push_html(&mut written, writer.events.into_iter());
    Prose {
        html: PreEscaped(written),
        marks: writer.said.into_iter().map(|(_, mark)| mark).collect(),
    }
}

/// HTML is text as any other.
fn without_html(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        other => other,
    }
}

struct Writer<'w> {
    marks: &'w Marks,
    shown: Shown,
    /// The marks so far: which event is one, and which mark it is.
    said: Vec<(usize, usize)>,
    events: Vec<Event<'w>>,
    code: bool,
    bold: bool,
    /// Whether each open link leads anywhere.
    links: Vec<bool>,
}

impl<'w> Writer<'w> {
    fn event(&mut self, event: Event<'w>) {
        match event {
            Event::Text(text) if !self.code => self.text(&text),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let safe = is_safe(&dest_url);
                self.links.push(safe);
                if safe {
                    self.events.push(Event::Start(Tag::Link {
                        link_type: LinkType::Inline,
                        dest_url,
                        title: CowStr::Borrowed(""),
                        id: CowStr::Borrowed(""),
                    }));
                }
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if self.links.pop() == Some(true) {
                    self.events.push(Event::End(TagEnd::Link));
                }
            }
            // A heading of a text would stand among the page's own: it is a bold line.
            Event::Start(Tag::Heading { .. }) => {
                self.events.push(Event::Start(Tag::Paragraph));
                self.events.push(Event::Start(Tag::Strong));
            }
            Event::End(TagEnd::Heading(_)) => {
                self.events.push(Event::End(TagEnd::Strong));
                self.events.push(Event::End(TagEnd::Paragraph));
            }
            // Alignment would be a style attribute, which the page's policy refuses.
            Event::Start(Tag::Table(_)) => self.events.push(Event::Start(Tag::Table(Vec::new()))),
            other => {
                match &other {
                    Event::Start(Tag::CodeBlock(_)) => self.code = true,
                    Event::End(TagEnd::CodeBlock) => self.code = false,
                    Event::Start(Tag::Strong) => self.bold = true,
                    Event::End(TagEnd::Strong) => self.bold = false,
                    _ => {}
                }
                self.events.push(other);
            }
        }
    }

    /// Text in which the marks are badges.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        let mut plain = String::new();
        while let Some((before, after)) = rest.split_once('[') {
            plain += before;
            let mark = after.split_once(']').and_then(|(word, after)| {
                let index = self.marks.find(word)?;
                Some((index, after))
            });
            if let Some((index, after)) = mark {
                self.events
                    .push(Event::Text(std::mem::take(&mut plain).into()));
                self.mark(index);
                rest = after;
            } else {
                plain.push('[');
                rest = after;
            }
        }
        plain += rest;
        self.events.push(Event::Text(plain.into()));
    }

    fn mark(&mut self, index: usize) {
        let badge = if self.shown == Shown::Defined && self.bold {
            self.marks.defined(index)
        } else {
            self.marks.badge(index)
        };
        self.said.push((self.events.len(), index));
        self.events
            .push(Event::InlineHtml(badge.into_string().into()));
    }

    /// Marks that all stand at the very end are about the whole text: then the margin is enough.
    fn take_from_end(&mut self) {
        let Some((first, _)) = self.said.first().copied() else {
            return;
        };
        let says = |event: &Event<'_>| match event {
            Event::Text(text) | Event::Code(text) => !text.trim().is_empty(),
            _ => false,
        };
        if self.events[first..].iter().any(says) {
            return;
        }
        let ends: Vec<_> = self.events.split_off(first);
        self.events.extend(
            ends.into_iter()
                .filter(|event| matches!(event, Event::End(_))),
        );
        // A paragraph of marks alone is gone with them.
        let empty = |event: &Event<'_>| !says(event) && matches!(event, Event::Text(_));
        while let [.., before, Event::End(TagEnd::Paragraph)] = self.events.as_slice() {
            let alone = matches!(before, Event::Start(Tag::Paragraph));
            let keep = self.events.len() - 2;
            if alone {
                self.events.truncate(keep);
            } else if empty(before) {
                self.events.remove(keep);
            } else {
                break;
            }
        }
    }
}
