//! Reports: findings with their places in files, printed as text or as JSON, and the outcome that follows from them.
//!
//! ```text
//! let mut report = Report::new();
//! report.add_property("recordings", 60);
//! report.add(Finding::error("body-schema", "…").in_recording(place).in_spec(place));
//! report.print(Format::Text, "validated 60 recordings", out)
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::exit_code::{CommandResult, Outcome};
use crate::print::{print_continuation, print_line, with_noun};
use crate::spec::Spec;

/// The output format of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Text,
    /// One JSON object for programs. Its `format` changes when a property is removed or changes its meaning.
    Json,
}

/// The severity of a finding: whether it fails the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The finding fails the command: exit code 1.
    Error,
    /// The finding is information: exit code 0.
    Note,
}

impl Level {
    /// Returns the word that text output has in the verb column.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::Note => "Note",
        }
    }
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable code of this kind of finding.
    pub code: &'static str,
    /// The severity.
    pub level: Level,
    /// The description of the problem, without a full stop.
    pub message: String,
    /// What to do. Text output has it once for all findings with the same code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'static str>,
    /// The place in a recording or another file.
    pub recording: Option<Place>,
    /// The place in the spec.
    pub spec: Option<Place>,
}

/// A place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
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
            file: spec.path.display().to_string(),
            pointer: pointer.to_owned(),
            line: Some(location.line),
            column: Some(location.column),
        }
    }

    /// Returns the place of a JSON pointer in a file whose name [`Finding::in_file`] adds.
    pub fn of_pointer(pointer: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            ..Self::default()
        }
    }

    fn text(&self) -> String {
        let line = match (self.line, self.column) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            _ => String::new(),
        };
        format!("{}{line} {}", self.file, self.pointer)
            .trim_end()
            .to_owned()
    }

    /// Returns the sort key: file, line, column and pointer, with list indices as numbers.
    fn order(&self) -> impl Ord + use<> {
        let segments = self.pointer.split('/');
        let segments: Vec<(Option<usize>, String)> = segments
            .map(|segment| (segment.parse().ok(), segment.to_owned()))
            .collect();
        (self.file.clone(), self.line, self.column, segments)
    }
}

impl Finding {
    /// Makes a finding that fails the command.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            level: Level::Error,
            message: message.into(),
            help: None,
            recording: None,
            spec: None,
        }
    }

    /// Makes a finding that doesn't fail the command.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            ..Self::error(code, message)
        }
    }

    /// Adds the help: what to do.
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    /// Adds the place in a recording or another file.
    pub fn in_recording(mut self, place: Place) -> Self {
        self.recording = Some(place);
        self
    }

    /// Adds the file of the place in a recording; without a place, the whole file becomes the place.
    pub fn in_file(mut self, file: &str) -> Self {
        let place = self.recording.get_or_insert_default();
        file.clone_into(&mut place.file);
        self
    }

    /// Adds the place in the spec.
    pub fn in_spec(mut self, place: Place) -> Self {
        self.spec = Some(place);
        self
    }

    /// Returns the place and the message in one line.
    pub fn line(&self) -> String {
        let place = self.place().map(|place| format!("{place}: "));
        format!("{}{}", place.unwrap_or_default(), self.message)
    }

    fn place(&self) -> Option<String> {
        let first = self.recording.as_ref().or(self.spec.as_ref());
        first.map(Place::text)
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let place = self.place().map(|place| format!(": {place}"));
        let place = place.unwrap_or_default();
        print_line(out, self.level.verb(), format!("{}{place}", self.code))?;
        print_continuation(out, &self.message)?;
        if let (Some(_), Some(place)) = (&self.recording, &self.spec) {
            print_continuation(out, format!("spec: {}", place.text()))?;
        }
        Ok(())
    }
}

/// The findings of a command, and further properties of its JSON output.
#[derive(Serialize)]
pub struct Report {
    format: u32,
    errors: usize,
    notes: usize,
    #[serde(flatten)]
    properties: Map<String, Value>,
    findings: Vec<Finding>,
    /// Whether the text has every note, or only the number of notes with the same code.
    #[serde(skip)]
    pub list_notes: bool,
}

impl Report {
    /// Makes an empty report.
    pub fn new() -> Self {
        Self {
            format: 3,
            errors: 0,
            notes: 0,
            properties: Map::new(),
            findings: Vec::new(),
            list_notes: true,
        }
    }

    /// Adds a property to the JSON object.
    pub fn add_property(&mut self, name: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.properties.insert(name.to_owned(), value);
    }

    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds several findings.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// Returns whether the report has no finding.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Prints the findings in the order of their places, then the summary `done` with the number of findings, and returns the
    /// outcome.
    pub fn print(mut self, format: Format, done: &str, out: &mut dyn Write) -> CommandResult {
        self.findings.sort_by_cached_key(|finding| {
            let order = |place: &Option<Place>| place.as_ref().map(Place::order);
            (
                order(&finding.recording),
                finding.code,
                order(&finding.spec),
                finding.message.clone(),
            )
        });
        self.findings.dedup();
        let is_error = |finding: &&Finding| finding.level == Level::Error;
        self.errors = self.findings.iter().filter(is_error).count();
        self.notes = self.findings.len() - self.errors;
        match format {
            Format::Text => self.print_text(done, out)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &self).map_err(io::Error::from)?;
                writeln!(out)?;
            }
        }
        Ok(match self.errors {
            0 => Outcome::Success,
            _ => Outcome::Findings,
        })
    }

    fn print_text(&self, done: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut advice = BTreeSet::new();
        let mut notes: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.findings {
            if finding.level == Level::Note && !self.list_notes {
                *notes.entry(finding.code).or_default() += 1;
                continue;
            }
            finding.print(out)?;
            if finding.level == Level::Error {
                advice.extend(finding.help.map(|help| (finding.code, help)));
            }
        }
        for (code, number) in notes {
            let what = format!("{code}: {number} (--notes prints them)");
            print_line(out, Level::Note.verb(), what)?;
        }
        for (code, help) in advice {
            print_line(out, "Help", format!("{code}: {help}"))?;
        }
        let verb = match self.errors {
            0 => "Success",
            _ => "Failure",
        };
        let errors = with_noun(self.errors, "error");
        let notes = match self.notes {
            0 => String::new(),
            notes => format!(", {}", with_noun(notes, "note")),
        };
        print_line(out, verb, format!("{done}: {errors}{notes}"))
    }
}
