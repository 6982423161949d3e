//! What the languages' clients decoded, as a table or as JSON.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::Skipped;
use super::compare::Difference;
use super::language::Language;
use super::work::Trouble;
use crate::exit::Outcome;
use crate::output::{count, more, say};

/// What a run found.
pub struct Report<'l> {
    /// The languages that ran.
    pub tested: Vec<Tested<'l>>,
    /// Those that couldn't.
    pub skipped: Vec<Skipped>,
    /// Whether those that ran are all that there are.
    pub complete: bool,
}

/// What a run of one language found.
pub struct Tested<'l> {
    /// The language.
    pub language: &'l Language,
    /// How many calls were made.
    pub calls: usize,
    /// How many of them gave what the SDK gave.
    pub same: usize,
    /// The limits that were met, each with how many calls met it.
    pub limits: Vec<(String, usize)>,
    /// The differences that no limit accepts.
    pub new: Vec<Difference>,
    /// What is wrong with the limits.
    pub unneeded: Vec<String>,
    /// The command that failed.
    pub trouble: Option<Trouble>,
}

impl<'l> Tested<'l> {
    /// Sorts the differences: those that a limit accepts, and new ones.
    pub fn new(
        language: &'l Language,
        calls: usize,
        differences: Result<Vec<Difference>, Trouble>,
    ) -> Self {
        let mut tested = Self {
            language,
            calls,
            same: 0,
            limits: Vec::new(),
            new: Vec::new(),
            unneeded: Vec::new(),
            trouble: None,
        };
        let differences = match differences {
            Ok(differences) => differences,
            Err(trouble) => {
                tested.trouble = Some(trouble);
                return tested;
            }
        };
        let names: Vec<String> = differences.iter().map(Difference::name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        tested.unneeded = language.limits.unneeded(&names);

        // Differences come call by call.
        let mut other: Vec<&str> = differences.iter().map(|one| one.case.as_str()).collect();
        other.dedup();
        tested.same = calls - other.len();
        let mut met: Vec<(&str, &str)> = Vec::new();
        for (difference, name) in differences.iter().zip(names) {
            match language.limits.accepting(name) {
                Some(limit) => met.push((&limit.name, &difference.case)),
                None => tested.new.push(difference.clone()),
            }
        }
        met.sort_unstable();
        met.dedup();
        tested.limits = language
            .limits
            .list
            .iter()
            .map(|limit| {
                let calls = met.iter().filter(|(name, _)| *name == limit.name);
                (limit.name.clone(), calls.count())
            })
            .filter(|(_, calls)| *calls > 0)
            .collect();
        tested
    }

    fn is_fine(&self) -> bool {
        self.trouble.is_none() && self.new.is_empty() && self.unneeded.is_empty()
    }

    /// The names of the limits that were met, each with how many calls met it.
    pub fn limits(&self) -> String {
        let limits: Vec<String> = self
            .limits
            .iter()
            .map(|(name, calls)| format!("{name} ({calls})"))
            .collect();
        limits.join(", ")
    }
}

impl Report<'_> {
    /// Whether it is good enough; if they are `needed`, every language must have run.
    pub fn outcome(&self, needed: bool) -> Outcome {
        if self.tested.iter().all(Tested::is_fine) && (self.skipped.is_empty() || !needed) {
            Outcome::Fine
        } else {
            Outcome::Findings
        }
    }

    /// The report as text.
    pub fn text(&self, took: Duration, out: &mut dyn Write) -> io::Result<()> {
        let header = ["language", "generator", "calls", "same", "what differs"];
        let mut rows = vec![header.map(ToOwned::to_owned).to_vec()];
        rows.extend(self.tested.iter().map(|one| {
            vec![
                one.language.about.title.clone(),
                one.language.generator.name.clone(),
                one.calls.to_string(),
                one.same.to_string(),
                one.limits(),
            ]
        }));
        table(&rows, out)?;
        for one in &self.tested {
            one.wrong(out)?;
        }
        skipped(&self.skipped, out)?;
        let clients = || {
            self.tested
                .iter()
                .filter(|one| !one.language.is_reference())
        };
        let fine = clients().filter(|one| one.is_fine()).count();
        say(
            out,
            "Languages",
            format!(
                "{fine} of {} clients decode what the SDK decodes, but for what their limits say; in {:.0} s",
                clients().count() + self.skipped.len(),
                took.as_secs_f64()
            ),
        )
    }

    /// The report as JSON.
    pub fn json(&self) -> Value {
        let languages: Vec<Value> = self.tested.iter().map(Tested::json).collect();
        let skipped: Vec<Value> = self
            .skipped
            .iter()
            .map(|one| json!({ "name": one.name, "missing": one.missing }))
            .collect();
        json!({ "format": 1, "languages": languages, "skipped": skipped })
    }
}

impl Tested<'_> {
    /// What must be mended.
    fn wrong(&self, out: &mut dyn Write) -> io::Result<()> {
        let name = &self.language.name;
        if let Some(trouble) = &self.trouble {
            let mut lines = trouble.what.lines();
            let first = lines.next().unwrap_or_default();
            say(
                out,
                "Error",
                format!("{name}: {} failed: {first}", trouble.stage),
            )?;
            for line in lines {
                more(out, line)?;
            }
        }
        for difference in &self.new {
            say(out, "Differs", format!("{name}: {}", difference.name()))?;
            more(out, &difference.said)?;
        }
        for problem in &self.unneeded {
            say(out, "Error", problem)?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let limits: Vec<Value> = self
            .limits
            .iter()
            .map(|(name, calls)| json!({ "name": name, "calls": calls }))
            .collect();
        let new: Vec<Value> = self
            .new
            .iter()
            .map(|one| json!({ "case": one.case, "path": one.path, "said": one.said }))
            .collect();
        json!({
            "name": self.language.name,
            "title": self.language.about.title,
            "generator": self.language.generator.name,
            "calls": self.calls,
            "same": self.same,
            "limits": limits,
            "differences": new,
            "unneeded": self.unneeded,
            "failed": self.trouble.as_ref().map(|trouble| {
                json!({ "command": trouble.stage.to_string(), "what": trouble.what })
            }),
        })
    }
}

/// Rows of a table, the first of them its header; a column is as wide as its widest cell.
pub fn table(rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            // Writing to a string doesn't fail.
            let _ = fmt::Write::write_fmt(&mut line, format_args!("{cell:<width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Who couldn't run, and how to change that.
fn skipped(skipped: &[Skipped], out: &mut dyn Write) -> io::Result<()> {
    for Skipped { name, missing } in skipped {
        say(out, "Skipped", format!("{name}: {missing}"))?;
    }
    if skipped.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = skipped.iter().map(|one| one.name.as_str()).collect();
    say(
        out,
        "Warning",
        format!(
            "{} left out; this installs what is missing:",
            count(names.len(), "language")
        ),
    )?;
    more(out, format!("tests/languages/install {}", names.join(" ")))
}
