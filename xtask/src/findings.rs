//! Prints the findings of a command. A command adds its [`Finding`]s to a [`Report`], which prints them as text or as JSON. The command
//! fails if a finding has [`Level::Error`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::exit_code::{CommandResult, Outcome};
use crate::print::{escaped, print_continuation, print_line, with_noun};
use crate::spec::Spec;

/// The output format of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Text,
    /// One JSON object for programs. Its property `format` is a version number. If we remove a property or change its meaning, we
    /// increase this number.
    Json,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The command fails.
    Error,
    /// The finding doesn't change the exit code.
    Note,
}

/// An error or a note. A finding can have a place in the spec and a place in another file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name of this kind of finding.
    pub code: &'static str,
    pub level: Level,
    /// The description of the problem, in one line and without a full stop.
    pub message: String,
    /// What to do. Text output prints the help once per code, and only for errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'static str>,
    /// The place in a recording, or in any other file except the spec.
    #[serde(rename = "recording")]
    pub place: Option<Place>,
    /// The place in the spec.
    #[serde(rename = "spec")]
    pub spec_place: Option<Place>,
}

/// A place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: String,
    /// The JSON pointer; empty for the whole file.
    pub pointer: String,
    /// The line, from 1, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl Place {
    /// Returns the place of a JSON pointer in the spec.
    pub fn in_spec(spec: &Spec, pointer: &str) -> Self {
        let location = spec.location(pointer);
        Self {
            file: spec.file.clone(),
            pointer: pointer.to_owned(),
            line: Some(location.line),
            column: Some(location.column),
        }
    }

    /// Returns the sort key. Array indices in the pointer are compared as numbers.
    fn order(&self) -> impl Ord + use<> {
        let segments = self.pointer.split('/');
        let segments = segments.map(|segment| (segment.parse::<usize>().ok(), segment.to_owned()));
        let segments: Vec<_> = segments.collect();
        (self.file.clone(), self.line, self.column, segments)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = match (self.line, self.column) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            _ => String::new(),
        };
        let text = format!("{}{position} {}", self.file, self.pointer);
        // An empty pointer would leave a space at the end.
        f.write_str(escaped(&text).trim_end())
    }
}

impl Finding {
    /// Creates an error. Escapes control characters in the message, because a value from a recording can contain them.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            level: Level::Error,
            message: escaped(&message.into()),
            help: None,
            place: None,
            spec_place: None,
        }
    }

    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            ..Self::error(code, message)
        }
    }

    /// Adds the help, which says what to do.
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    /// Adds the place in a recording or another file.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds a place that has a JSON pointer but no file name. [`in_file`](Self::in_file) adds the file name.
    pub fn at_pointer(self, pointer: &str) -> Self {
        self.at(Place {
            pointer: pointer.to_owned(),
            ..Place::default()
        })
    }

    /// Adds the name of the file to the place. If the finding has no place yet, its place is the whole file.
    pub fn in_file(mut self, file: &str) -> Self {
        let place = self.place.get_or_insert_default();
        file.clone_into(&mut place.file);
        self
    }

    /// Adds the place of a JSON pointer in the spec.
    pub fn in_spec(mut self, spec: &Spec, pointer: &str) -> Self {
        self.spec_place = Some(Place::in_spec(spec, pointer));
        self
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let label = match self.level {
            Level::Error => "Error",
            Level::Note => "Note",
        };
        match self.place.as_ref().or(self.spec_place.as_ref()) {
            Some(place) => print_line(out, label, format!("{}: {place}", self.code))?,
            None => print_line(out, label, self.code)?,
        }
        print_continuation(out, &self.message)?;
        if let (Some(_), Some(spec_place)) = (&self.place, &self.spec_place) {
            print_continuation(out, format!("spec: {spec_place}"))?;
        }
        Ok(())
    }
}

/// The findings of a command, and additional properties for the JSON output.
#[derive(Default)]
pub struct Report {
    /// If `true`, text output counts the notes, for example `unknown-value: 3`. If `false`, it prints each note.
    pub counts_notes: bool,
    pub findings: Vec<Finding>,
    properties: Map<String, Value>,
}

impl Report {
    pub fn add_property(&mut self, name: &str, value: impl Serialize) {
        self.properties.insert(name.to_owned(), json!(value));
    }

    /// Prints the findings in the order of their places, and returns the outcome of the command. `done` is a text for the last line, such
    /// as `checked the spec`.
    pub fn print(mut self, format: Format, done: &str, out: &mut dyn Write) -> CommandResult {
        self.findings.sort_by_cached_key(|finding| {
            let order = |place: &Option<Place>| place.as_ref().map(Place::order);
            (
                order(&finding.place),
                finding.code,
                order(&finding.spec_place),
                finding.message.clone(),
            )
        });
        self.findings.dedup();
        let is_error = |finding: &&Finding| finding.level == Level::Error;
        let errors = self.findings.iter().filter(is_error).count();
        match format {
            Format::Text => self.print_text(errors, done, out)?,
            Format::Json => {
                let notes = self.findings.len() - errors;
                let mut report = json!({ "format": 4, "errors": errors, "notes": notes });
                for (name, value) in self.properties {
                    report[name] = value;
                }
                report["findings"] = json!(self.findings);
                writeln!(out, "{report:#}")?;
            }
        }
        Ok(match errors {
            0 => Outcome::Success,
            _ => Outcome::Findings,
        })
    }

    fn print_text(&self, errors: usize, done: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut help = BTreeSet::new();
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.findings {
            if finding.level == Level::Error {
                help.extend(finding.help.map(|help| (finding.code, help)));
            } else if self.counts_notes {
                *counted.entry(finding.code).or_default() += 1;
                continue;
            }
            finding.print(out)?;
        }
        for (code, number) in counted {
            let what = format!("{code}: {number} (--notes prints them)");
            print_line(out, "Note", what)?;
        }
        for (code, help) in help {
            print_line(out, "Help", format!("{code}: {help}"))?;
        }
        let label = if errors == 0 { "Success" } else { "Failure" };
        let notes = match self.findings.len() - errors {
            0 => String::new(),
            notes => format!(", {}", with_noun(notes, "note")),
        };
        let errors = with_noun(errors, "error");
        print_line(out, label, format!("{done}: {errors}{notes}"))
    }
}
