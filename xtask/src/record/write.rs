//! The last step of `record`: sanitises the captures, searches the recordings for secrets, and writes or prints new recordings.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use cloud_partner_recordings::recording::{Provenance, ProvenanceKind, Recording};
use cloud_partner_recordings::store;
use heck::ToKebabCase;

use super::capture::{Capture, Captures};
use super::pseudonyms;
use super::public::PublicValues;
use super::sanitise::Sanitiser;
use crate::exit::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::output::{print_continuation, print_line, with_noun};
use crate::spec::{Operation, Spec};
use crate::validate::secrets;

/// The options for writing recordings.
#[derive(Args, Default)]
pub struct OutputOptions {
    /// The folder of the recordings [default: tests/recordings/live]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print the new recordings instead of writing them
    #[arg(long)]
    dry_run: bool,
    /// A value that isn't replaced, such as the name of a new property; can be given several times
    #[arg(long, value_name = "VALUE")]
    keep: Vec<String>,
}

/// Sanitises the captures, and writes or prints the new recordings.
pub fn write(
    target: OutputOptions,
    spec: &Spec,
    operations: &[Operation<'_>],
    captures: &Captures,
    out: &mut dyn Write,
) -> CommandResult {
    let mut sanitiser = Sanitiser::new(PublicValues::new(spec, target.keep));
    let folder = target
        .output
        .unwrap_or_else(|| files::root().join("tests/recordings/live"));
    let mut stored = OutputFolder::read(folder);
    let (mut written, mut rejected) = (0, captures.rejected);
    for capture in &captures.list {
        let Some(operation) = capture.operation(operations) else {
            continue;
        };
        let recording = recording(&mut sanitiser, operation, capture, &stored.folder);
        let text = recording.to_text();
        let value = serde_json::to_value(&recording).unwrap_or_default();
        let secret = |text: &str| captures.secrets.iter().any(|secret| text.contains(secret));
        if !secrets::scan(&value).is_empty() || secret(&text) || sanitiser.pseudonyms.leaks(&text) {
            rejected += 1;
            print_line(
                out,
                "Rejected",
                format!("{}: the recording would contain a secret", capture.name),
            )?;
            print_continuation(
                out,
                "The recording is neither written nor printed. Remove the `--keep` for the secret; without a `--keep`, the sanitiser doesn't recognise the secret.",
            )?;
            continue;
        }
        let path = match stored.place(&stem(operation, &recording), &recording) {
            Ok(path) => path,
            Err(path) => {
                print_line(out, "Unchanged", files::display_path(&path))?;
                continue;
            }
        };
        let shown = files::display_path(&path);
        written += 1;
        if target.dry_run {
            print_line(out, "Would write", &shown)?;
            write!(out, "{text}")?;
        } else {
            std::fs::create_dir_all(&stored.folder)
                .and_then(|()| std::fs::write(&path, &text))
                .map_err(|error| {
                    CommandError(format!("{shown}: the file can't be written: {error}"))
                })?;
            print_line(out, "Wrote", shown)?;
        }
    }
    summary(&sanitiser, written, target.dry_run, out)?;
    Ok(if rejected > 0 {
        Outcome::Findings
    } else {
        Outcome::Success
    })
}

fn recording(
    sanitiser: &mut Sanitiser,
    operation: &Operation<'_>,
    capture: &Capture,
    folder: &Path,
) -> Recording {
    let (request, response) = sanitiser.sanitise(operation, capture);
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let date = date.split('T').next().unwrap_or_default();
    // Only a response of the live service is evidence; the response of another server is synthetic.
    let (kind, source) = if capture.live {
        (
            ProvenanceKind::Captured,
            format!(
                "Response of the live service, sanitised on {date}: properties, types and formats are the service's, the values are pseudonyms."
            ),
        )
    } else {
        (
            ProvenanceKind::Synthetic,
            format!("Response of a server that isn't the live service, sanitised on {date}."),
        )
    };
    Recording {
        schema: schema(folder),
        description: format!(
            "A response with status {} to {}.",
            response.status,
            operation.name()
        ),
        provenance: Provenance {
            kind,
            sources: Vec::new(),
            source,
        },
        request,
        response,
    }
}

/// Returns the relative path from a folder of recordings to the JSON Schema.
fn schema(folder: &Path) -> Option<String> {
    let folder = std::path::absolute(folder).ok()?;
    let below = folder.strip_prefix(files::root().join("tests")).ok()?;
    let up = "../".repeat(below.components().count());
    Some(format!("{up}recording.schema.json"))
}

/// Returns the name of a file without its extension: the operation, the path parameters, the status code.
fn stem(operation: &Operation<'_>, recording: &Recording) -> String {
    let mut name = operation.name().to_kebab_case();
    for (_, value) in operation
        .captures(&recording.request.path)
        .unwrap_or_default()
    {
        name.push('-');
        name.extend(value.chars().map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        }));
    }
    format!("{name}-{}", recording.response.status)
}

/// The recordings in the output folder. Files are never replaced, because a person may have edited them.
struct OutputFolder {
    folder: PathBuf,
    recordings: Vec<KnownRecording>,
}

/// A recording in the output folder, or a new recording of this run.
struct KnownRecording {
    path: PathBuf,
    /// The request and the response as text. The description and the provenance are left out: they may have been edited, and the
    /// date differs.
    text: String,
    /// The same text without pseudonyms.
    form: String,
    /// Whether a capture of this run has the same request and response.
    captured: bool,
}

impl OutputFolder {
    fn read(folder: PathBuf) -> Self {
        let found = store::recordings(&folder).found;
        let recordings = found
            .into_iter()
            .map(|stored| KnownRecording::new(stored.file, &stored.recording));
        Self {
            recordings: recordings.collect(),
            folder,
        }
    }

    /// Returns an unused path for a new recording. Returns as an error the path of the recording that differs at most in pseudonyms.
    /// Captures of the same run that differ in pseudonyms are different recordings.
    fn place(&mut self, stem: &str, recording: &Recording) -> Result<PathBuf, PathBuf> {
        let mut new = KnownRecording::new(PathBuf::new(), recording);
        new.captured = true;
        let same = |known: &KnownRecording| known.text == new.text;
        let similar = |known: &KnownRecording| !known.captured && known.form == new.form;
        let found = self.recordings.iter().position(same);
        if let Some(index) = found.or_else(|| self.recordings.iter().position(similar)) {
            let known = &mut self.recordings[index];
            new.path.clone_from(&known.path);
            *known = new;
            return Err(known.path.clone());
        }
        let mut path = self.folder.join(format!("{stem}.json"));
        let mut number = 1;
        while path.exists() || self.recordings.iter().any(|known| known.path == path) {
            number += 1;
            path = self.folder.join(format!("{stem}-{number}.json"));
        }
        new.path.clone_from(&path);
        self.recordings.push(new);
        Ok(path)
    }
}

impl KnownRecording {
    fn new(path: PathBuf, recording: &Recording) -> Self {
        let text = serde_json::to_string(&(&recording.request, &recording.response));
        let text = text.unwrap_or_default();
        Self {
            path,
            form: pseudonyms::without_pseudonyms(&text),
            text,
            captured: false,
        }
    }
}

fn summary(
    sanitiser: &Sanitiser,
    written: usize,
    dry_run: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let replaced = with_noun(sanitiser.pseudonyms.replaced, "value");
    print_line(out, "Replaced", format!("{replaced} by pseudonyms"))?;
    let left_out = sanitiser.left_out;
    print_line(
        out,
        "Removed",
        format!("{left_out} headers and query parameters that the spec doesn't name"),
    )?;
    let recordings = with_noun(written, "recording");
    let finished = match (written, dry_run) {
        (0, _) => "no new recording".to_owned(),
        (_, true) => format!("{recordings} would be written"),
        (_, false) => {
            format!(
                "{recordings} written: review them, run `cargo xtask validate`, and commit them"
            )
        }
    };
    print_line(out, "Finished", finished)
}
