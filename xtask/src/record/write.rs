//! The last steps of `record` and `import`: sanitise all captures together, look once more, and write or show them.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use cloud_partner_recordings::library;
use cloud_partner_recordings::recording::{Provenance, ProvenanceKind, Recording};
use heck::ToKebabCase;
use serde_json::Value;
use similar::TextDiff;

use super::capture::Capture;
use super::known::Known;
use super::sanitise::Sanitiser;
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::generator::contract::Contract;
use crate::output::{count, more, say};
use crate::validate::{Checker, Document, Operation};

/// Where the recordings go, and how.
#[derive(Args)]
pub struct Options {
    /// Where to write the recordings [default: tests/recordings/live]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// A value that may stay as it is, such as a new member's name; can be given several times
    #[arg(long, value_name = "VALUE")]
    keep: Vec<String>,
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
}

impl Options {
    /// Reads the contract.
    pub fn contract(&self) -> Result<Contract, Failure> {
        match &self.contract {
            Some(path) => files::contract(path),
            None => files::contract(&files::default_contract()),
        }
    }
}

/// Sanitises the captures and writes what comes of them. `secrets` are texts that must not be in any of it.
pub fn write(
    options: Options,
    contract: &Contract,
    captures: &[Capture],
    secrets: &[String],
    out: &mut dyn Write,
) -> Run {
    let document = Document::new(contract)?;
    let checker = Checker::new(contract)?;
    let mut known = Known::read(contract)?;
    known.keep(options.keep);
    let mut sanitiser = Sanitiser::new(&document, known);
    for capture in captures {
        sanitiser.prepare(capture);
    }
    let folder = options
        .output
        .unwrap_or_else(|| files::root().join("tests/recordings/live"));
    let mut names = Names::new(&folder);
    let mut refused = 0;
    let mut written = 0;
    for capture in captures {
        let Some(operation) = operation(&document, capture) else {
            continue;
        };
        let id = document.get(&format!("{}/operationId", operation.pointer));
        let id = id.and_then(Value::as_str).unwrap_or("operation");
        let recording = recording(&mut sanitiser, operation, id, capture, &folder);
        let text = recording.to_text();
        let findings = checker.recording(&recording);
        let secret = findings.iter().any(|found| found.code.id.starts_with('S'));
        let told = secrets.iter().any(|secret| text.contains(secret));
        if secret || told || sanitiser.leaks(&text) {
            refused += 1;
            say(
                out,
                "Refused",
                format!("{}: a secret is left in it", capture.name),
            )?;
            more(
                out,
                "It isn't written and isn't shown. Leave out the `--keep` for it; without one, the sanitiser must learn its kind.",
            )?;
            continue;
        }
        let Some((path, new)) = names.place(&stem(id, operation, &recording), &recording) else {
            say(
                out,
                "Same",
                format!("{}: as a recording of this run", capture.name),
            )?;
            continue;
        };
        let shown = files::shown(&path);
        if !new {
            say(out, "Fresh", shown)?;
        } else if options.dry_run {
            say(out, "Would write", &shown)?;
            show(&shown, &text, out)?;
        } else {
            fs::create_dir_all(&folder)
                .and_then(|()| fs::write(&path, &text))
                .map_err(|error| Failure(format!("{shown}: can't be written: {error}")))?;
            say(out, "Wrote", shown)?;
        }
        written += usize::from(new);
        let first = sanitiser
            .known
            .asked(&recording.request.to_string(), &files::shown(&path));
        if let Some(first) = first {
            more(
                out,
                format!("asks the same as {first}: keep one of them, or make them a scenario"),
            )?;
        }
        let errors = findings
            .iter()
            .filter(|found| found.level == crate::validate::Level::Error)
            .count();
        if errors > 0 {
            let errors = count(errors, "error");
            more(
                out,
                format!(
                    "`cargo xtask validate` finds {errors} in it: the contract says something else"
                ),
            )?;
        }
    }
    summary(&sanitiser, written, options.dry_run, out)?;
    Ok(if refused > 0 {
        Outcome::Findings
    } else {
        Outcome::Fine
    })
}

/// The contract's operation that a capture is of. Where paths overlap, the one with the fewest templates.
pub fn operation<'d>(document: &'d Document<'_>, capture: &Capture) -> Option<&'d Operation> {
    document
        .operations
        .iter()
        .filter(|operation| {
            operation.method == capture.method && operation.shape.is_match(&capture.path)
        })
        .min_by_key(|operation| operation.templates.len())
}

fn recording(
    sanitiser: &mut Sanitiser<'_>,
    operation: &Operation,
    id: &str,
    capture: &Capture,
    folder: &Path,
) -> Recording {
    let (request, response) = sanitiser.sanitise(operation, capture);
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let date = date.split('T').next().unwrap_or_default();
    // Only a response of the service itself is evidence; the response of another server says nothing about the service.
    let (kind, source) = if capture.from_service {
        (
            ProvenanceKind::Captured,
            format!(
                "Response of the live service, sanitised on {date}: properties, types and formats are the service's, the values are pseudonyms."
            ),
        )
    } else {
        (
            ProvenanceKind::Synthetic,
            format!("Captured from a server that isn't the live service, sanitised on {date}."),
        )
    };
    Recording {
        schema: schema(folder),
        description: format!("An answer with status {} to {id}.", response.status),
        provenance: Provenance { kind, source },
        request,
        response,
    }
}

/// How a recording in `folder` refers to the schema, if the folder is one of the workspace's.
fn schema(folder: &Path) -> Option<String> {
    let folder = std::path::absolute(folder).ok()?;
    let below = folder.strip_prefix(files::root().join("tests")).ok()?;
    let up = "../".repeat(below.components().count());
    Some(format!("{up}recording.schema.json"))
}

/// A file's name: the operation, the path's parameters, the status.
fn stem(id: &str, operation: &Operation, recording: &Recording) -> String {
    let mut name = id.to_kebab_case();
    let parameters = operation.shape.captures(&recording.request.path);
    for value in parameters.iter().flat_map(|found| found.iter().skip(1)) {
        let value = value.map_or("", |value| value.as_str());
        name.push('-');
        name.extend(value.chars().map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        }));
    }
    format!("{name}-{}", recording.response.status)
}

/// The files of this run. No file is ever replaced: a person may have edited it.
struct Names<'f> {
    folder: &'f Path,
    taken: HashSet<PathBuf>,
    texts: HashSet<String>,
}

impl<'f> Names<'f> {
    fn new(folder: &'f Path) -> Self {
        Self {
            folder,
            taken: HashSet::new(),
            texts: HashSet::new(),
        }
    }

    /// A free name, or the file that says the same already; nothing if this run has said it.
    fn place(&mut self, stem: &str, recording: &Recording) -> Option<(PathBuf, bool)> {
        if !self.texts.insert(recording.to_text()) {
            return None;
        }
        let names = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}-{n}")));
        for name in names {
            let path = self.folder.join(format!("{name}.json"));
            if self.taken.contains(&path) {
                continue;
            }
            let exists = path.exists();
            if exists && !says_the_same(&path, recording) {
                continue;
            }
            self.taken.insert(path.clone());
            return Some((path, !exists));
        }
        None
    }
}

/// Whether a file holds this request and this answer. Its description may be a person's, and its day another.
fn says_the_same(path: &Path, recording: &Recording) -> bool {
    library::recording(path).is_ok_and(|stored| {
        stored.recording.request == recording.request
            && stored.recording.response == recording.response
    })
}

fn show(name: &str, text: &str, out: &mut dyn Write) -> std::io::Result<()> {
    let diff = TextDiff::from_lines("", text);
    write!(
        out,
        "{}",
        diff.unified_diff()
            .header("/dev/null", &format!("{name} (sanitised)"))
    )
}

fn summary(
    sanitiser: &Sanitiser<'_>,
    written: usize,
    dry_run: bool,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let kinds: BTreeMap<&str, usize> = sanitiser
        .replaced
        .iter()
        .map(|(kind, count)| (kind.word(), *count))
        .collect();
    for (kind, number) in &kinds {
        say(out, "Replaced", format!("{number} × {kind}"))?;
    }
    if kinds.is_empty() {
        say(out, "Replaced", "nothing: every value is public already")?;
    }
    let left_out = count(sanitiser.left_out, "header or query parameter");
    let left_out = left_out.replace("parameters", "parameters in all");
    say(
        out,
        "Left out",
        format!("{left_out} that the contract doesn't name"),
    )?;
    let recordings = count(written, "recording");
    if dry_run {
        say(out, "Finished", format!("{recordings} would be written"))
    } else {
        say(
            out,
            "Finished",
            format!("{recordings} written; read them before you commit them"),
        )
    }
}
