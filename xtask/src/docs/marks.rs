//! The contract's marks for where a fact comes from, as its own legend explains them.

use maud::{Markup, html};
use pulldown_cmark::{Event, Parser, Tag, TagEnd, TextMergeStream};

use super::ids;

/// How many marks have a colour of their own; the others share the last.
const COLOURS: usize = 4;

/// The marks, in the legend's order.
pub struct Marks(Vec<Mark>);

/// One mark.
struct Mark {
    /// What stands between the brackets.
    word: String,
    /// What it means, in the legend's words.
    meaning: String,
}

impl Marks {
    /// Reads the legend: every point of a list that begins with a mark in bold, `* **[doc]** the official pages say so;`.
    pub fn new(description: &str) -> Self {
        let mut marks = Vec::new();
        let mut point: Option<(Option<String>, String)> = None;
        let mut bold = false;
        for event in TextMergeStream::new(Parser::new(description)) {
            match event {
                Event::Start(Tag::Item) => point = Some((None, String::new())),
                Event::Start(Tag::Strong) => bold = true,
                Event::End(TagEnd::Strong) => bold = false,
                Event::Text(text) | Event::Code(text) => match &mut point {
                    Some((word @ None, _)) if bold => *word = bracketed(&text),
                    Some((Some(_), meaning)) => meaning.push_str(&text),
                    _ => {}
                },
                Event::SoftBreak => {
                    if let Some((_, meaning)) = &mut point {
                        meaning.push(' ');
                    }
                }
                Event::End(TagEnd::Item) => {
                    if let Some((Some(word), meaning)) = point.take() {
                        let meaning = meaning.trim().trim_end_matches([';', '.']).to_owned();
                        marks.push(Mark { word, meaning });
                    }
                }
                _ => {}
            }
        }
        Self(marks)
    }

    /// The mark's place in the legend.
    pub fn find(&self, word: &str) -> Option<usize> {
        self.0.iter().position(|mark| mark.word == word)
    }

    /// The mark as a link to the legend.
    pub fn badge(&self, index: usize) -> Markup {
        let Mark { word, meaning } = &self.0[index];
        html! {
            a class={ "mark mark-" (index.min(COLOURS - 1)) } href={ "#" (ids::mark(word)) } title=(meaning) { (word) }
        }
    }

    /// The mark in the legend itself.
    pub fn defined(&self, index: usize) -> Markup {
        let word = &self.0[index].word;
        html! {
            span class={ "mark mark-" (index.min(COLOURS - 1)) } id=(ids::mark(word)) { (word) }
        }
    }
}

fn bracketed(text: &str) -> Option<String> {
    let word = text.strip_prefix('[')?.strip_suffix(']')?;
    let fits = !word.is_empty() && word.chars().all(char::is_alphanumeric);
    fits.then(|| word.to_owned())
}
