//! `cargo xtask docs`: writes the spec as one HTML file for reading offline, with the evidence and the recordings.
//!
//! The command adds the evidence and the recordings to the descriptions in a copy of the spec. OpenAPI Generator renders the copy.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use serde_json::{Value, json};

use crate::exit_code::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::serve::Source;
use crate::spec::{Kind, Spec};

/// The content security policy, which keeps the page from loading anything: the generator's template imports a font from another
/// server.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'unsafe-inline' 'unsafe-eval' blob: data:\">";

/// Writes the spec as one HTML file for reading offline, with the evidence and the recordings
#[derive(Args)]
pub struct Docs {
    /// The file to write
    #[arg(
        long,
        value_name = "FILE",
        default_value = "target/docs/cloud-partner-portal.html"
    )]
    output: PathBuf,
}

impl Docs {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        // A failed run must not leave the page of an earlier run.
        if self.output.exists() {
            let removed = fs::remove_file(&self.output);
            removed.map_err(|error| files::unusable(&self.output, &error))?;
        }
        let spec = files::read_spec(&files::default_spec_path())?;
        let mut copy = spec.value.clone();
        describe_recordings(&spec, &Source::read()?, &mut copy)?;
        describe_evidence(&spec, &mut copy);
        files::write_if_changed(&self.output, &render(&copy)?, out)?;
        Ok(Outcome::Success)
    }
}

/// Adds the recordings of each operation to its description.
fn describe_recordings(spec: &Spec, source: &Source, copy: &mut Value) -> Result<(), CommandError> {
    for operation in spec.operations()? {
        let recordings = source.recordings().filter(|(_, recording)| {
            let request = &recording.request;
            request.method == operation.method && operation.captures(&request.path).is_some()
        });
        let lines = recordings.map(|(name, recording)| {
            let kind = json!(recording.provenance.kind);
            let kind = kind.as_str().unwrap_or_default();
            let status = recording.response.status;
            format!("* {status}: `{name}`, {kind}: {}\n", recording.description)
        });
        let lines: BTreeSet<String> = lines.collect();
        let list: String = lines.into_iter().collect();
        append(copy, &operation.node.pointer, "Recordings", &list);
    }
    Ok(())
}

/// Adds the entries of `x-evidence` to the description of the object that has them, and the sources to the description of the spec.
fn describe_evidence(spec: &Spec, copy: &mut Value) {
    spec.walk(|visited| {
        let evidence = list(visited.value.get("x-evidence"));
        append(copy, &visited.pointer, "Evidence", &evidence);
        // The generator writes a response's description into a JavaScript text between backticks, and doesn't escape it.
        let description = copy.pointer_mut(&format!("{}/description", visited.pointer));
        if let (Kind::Response, Some(Value::String(text))) = (visited.kind, description) {
            *text = text.replace(['`', '$', '\\'], "'");
        }
    });
    let sources = list(spec.value.get("x-sources"));
    append(copy, "/info", "Sources", &sources);
}

/// Returns a list of an object's names, each with the texts in its value.
fn list(named: Option<&Value>) -> String {
    let named = named.and_then(Value::as_object).into_iter().flatten();
    let lines = named.map(|(name, value)| format!("* `{name}`: {}\n", texts(value).join(", ")));
    lines.collect()
}

/// Returns the texts in a value, in order.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(properties) => properties.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Appends a list with a heading to the description of the object at `pointer`.
fn append(copy: &mut Value, pointer: &str, heading: &str, list: &str) {
    let part = copy.pointer_mut(pointer).and_then(Value::as_object_mut);
    if let (Some(part), false) = (part, list.is_empty()) {
        let old = part.get("description").and_then(Value::as_str);
        let text = format!("{}\n\n**{heading}**\n\n{list}", old.unwrap_or_default());
        part.insert("description".to_owned(), text.into());
    }
}

/// Returns the HTML page that the pinned OpenAPI Generator renders of a spec.
fn render(spec: &Value) -> Result<String, CommandError> {
    let folder = files::root().join("target/docs/html2");
    let file = folder.join("spec.json");
    files::empty_folder(&folder)?;
    fs::write(&file, spec.to_string()).map_err(|error| files::unusable(&file, &error))?;
    let program =
        files::root().join(".tools/languages/openapi-generator/venv/bin/openapi-generator-cli");
    let output = Command::new(&program)
        .args(["generate", "--generator-name", "html2", "--input-spec"])
        .arg(&file)
        .arg("--output")
        .arg(&folder)
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => CommandError(format!(
                "{}: OpenAPI Generator isn't installed; `tests/languages/install-tools python` installs it",
                files::display_path(&program)
            )),
            _ => files::unusable(&program, &error),
        })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let program = files::display_path(&program);
        let message = format!("{program}: {}\n{text}", output.status);
        return Err(CommandError(message));
    }
    let text = files::read(&folder.join("index.html"))?;
    Ok(text.replacen("<head>", &format!("<head>\n  {POLICY}"), 1))
}
