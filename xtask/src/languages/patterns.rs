//! The patterns of known differences: `*` is any text, `{a,b}` is either, everything else is itself.

use regex::Regex;

use crate::exit::Failure;
use crate::spec::Spec;

/// The patterns of all known differences of a language.
#[derive(Default)]
pub struct Patterns(Vec<Pattern>);

struct Pattern {
    /// The index of the known difference.
    known: usize,
    text: String,
    regex: Regex,
    /// Where it is written: `file:line:column`.
    place: String,
}

impl Patterns {
    /// Adds the patterns of the known difference with this index, which are at `pointer` in the file.
    pub fn add(
        &mut self,
        known: usize,
        file: &Spec,
        pointer: &str,
        texts: &[String],
    ) -> Result<(), Failure> {
        for (index, text) in texts.iter().enumerate() {
            let at = format!("{pointer}/{index}");
            self.0.push(Pattern {
                known,
                text: text.clone(),
                regex: compile(text).map_err(|error| file.error(&at, error))?,
                place: format!("{}:{}", file.path.display(), file.location(&at)),
            });
        }
        Ok(())
    }

    /// Returns the index of the known difference that has a pattern for this name.
    pub fn matching(&self, name: &str) -> Option<usize> {
        let mut patterns = self.0.iter();
        let pattern = patterns.find(|pattern| pattern.regex.is_match(name))?;
        Some(pattern.known)
    }

    /// Returns a message for each pattern that none of the names needs.
    pub fn unneeded(&self, names: &[&str]) -> Vec<String> {
        let first = |name: &&str| self.0.iter().position(|one| one.regex.is_match(name));
        let needed: Vec<usize> = names.iter().filter_map(first).collect();
        let unneeded = self.0.iter().enumerate();
        unneeded
            .filter(|(index, _)| !needed.contains(index))
            .map(|(_, Pattern { text, place, .. })| {
                format!("{place}: no difference needs the pattern `{text}`; remove it")
            })
            .collect()
    }
}

fn compile(text: &str) -> Result<Regex, String> {
    let mut expression = String::from("^");
    let mut in_braces = false;
    for letter in text.chars() {
        match letter {
            '*' => expression += ".*",
            '{' if !in_braces => {
                in_braces = true;
                expression += "(?:";
            }
            '}' if in_braces => {
                in_braces = false;
                expression.push(')');
            }
            ',' if in_braces => expression.push('|'),
            _ => expression += &regex::escape(letter.encode_utf8(&mut [0; 4])),
        }
    }
    if in_braces {
        return Err("a `{` without its `}`".to_owned());
    }
    Regex::new(&(expression + "$")).map_err(|error| error.to_string())
}
