//! Lists of patterns in a committed file, each pattern for names that a command prints.

use std::collections::HashSet;

use regex::Regex;

use crate::exit::Failure;
use crate::generator::contract::Contract;

/// How many names a message about a pattern gives.
const EXAMPLES: usize = 3;

/// Lists of patterns.
#[derive(Default)]
pub struct Patterns {
    all: Vec<Pattern>,
    lists: usize,
}

struct Pattern {
    /// The list that it belongs to.
    list: usize,
    text: String,
    regex: Regex,
    /// Where it is written: `file:line:column`.
    place: String,
}

impl Patterns {
    /// Adds a list, which stands at `pointer` in the file.
    pub fn add(
        &mut self,
        file: &Contract,
        pointer: &str,
        texts: Vec<String>,
    ) -> Result<(), Failure> {
        for (index, text) in texts.into_iter().enumerate() {
            let at = format!("{pointer}/{index}");
            let regex =
                compile(&text).map_err(|what| Failure(file.error(&at, what).to_string()))?;
            self.all.push(Pattern {
                list: self.lists,
                text,
                regex,
                place: format!("{}:{}", file.path.display(), file.location(&at)),
            });
        }
        self.lists += 1;
        Ok(())
    }

    /// Which list, counted from 0 in the order in which they were added, covers the name.
    pub fn covering(&self, name: &str) -> Option<usize> {
        let covers = |pattern: &&Pattern| pattern.regex.is_match(name);
        self.all.iter().find(covers).map(|pattern| pattern.list)
    }

    /// What is wrong with the patterns, given every name and whether it needs none.
    pub fn unneeded(&self, names: &[(&str, bool)]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut taken = HashSet::new();
        for Pattern {
            text, regex, place, ..
        } in &self.all
        {
            let matching = || names.iter().filter(|(name, _)| regex.is_match(name));
            let proven: Vec<&str> = matching()
                .filter(|(_, proven)| *proven)
                .map(|(name, _)| *name)
                .collect();
            let mut new = false;
            for (name, _) in matching().filter(|(_, proven)| !proven) {
                new |= taken.insert(*name);
            }
            if !proven.is_empty() {
                let more = proven.len().saturating_sub(EXAMPLES);
                let more = if more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                };
                let shown = proven[..proven.len().min(EXAMPLES)].join("`, `");
                problems.push(format!(
                    "{place}: `{text}` also covers what is proven: `{shown}`{more}"
                ));
            } else if !new {
                problems.push(format!(
                    "{place}: `{text}` excuses nothing that isn't excused already"
                ));
            }
        }
        problems
    }
}

/// `*` is any text, `{a,b}` is one of the two; everything else is itself.
fn compile(text: &str) -> Result<Regex, String> {
    let mut expression = String::from("^");
    let mut open = false;
    for letter in text.chars() {
        match letter {
            '*' => expression += ".*",
            '{' if !open => {
                open = true;
                expression += "(?:";
            }
            '}' if open => {
                open = false;
                expression.push(')');
            }
            ',' if open => expression.push('|'),
            _ => expression += &regex::escape(letter.encode_utf8(&mut [0; 4])),
        }
    }
    if open {
        return Err("a `{` without its `}`".to_owned());
    }
    Regex::new(&(expression + "$")).map_err(|error| error.to_string())
}
