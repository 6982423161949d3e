//! `cargo xtask docs`: the spec as one HTML file for reading offline, with the evidence and the recordings.
//!
//! The command writes a copy of the spec whose descriptions also name their evidence and the recordings, and OpenAPI Generator
//! renders it.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use serde_json::{Map, Value};

use crate::exit::{Failure, Run};
use crate::files;
use crate::serve::Source;
use crate::spec::{Kind, Spec};

/// Keeps the page from loading anything: the generator's template imports a font from another server.
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
    pub fn run(self, out: &mut dyn Write) -> Run {
        let spec = files::spec(&files::default_spec())?;
        let mut copy = spec.value.clone();
        describe_recordings(&spec, &Source::read()?, &mut copy)?;
        describe_evidence(&spec, &mut copy);
        let page = render(&copy)?;
        if let Some(folder) = self.output.parent() {
            fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
        }
        files::write(&self.output, &page, out)
    }
}

/// Adds to each operation's description the recordings of each status code.
fn describe_recordings(spec: &Spec, source: &Source, copy: &mut Value) -> Result<(), Failure> {
    for operation in spec.operations()? {
        let mut list = Vec::new();
        for (name, recording) in source.answers() {
            let (request, status) = (&recording.request, recording.response.status);
            if request.method == operation.method && operation.captures(&request.path).is_some() {
                let kind = serde_json::to_value(recording.provenance.kind).unwrap_or_default();
                let kind = kind.as_str().unwrap_or_default();
                let description = &recording.description;
                list.push(format!("* {status}: `{name}`, {kind}: {description}\n"));
            }
        }
        list.sort();
        let list = list.concat();
        append(copy, &operation.node.pointer, "Recordings", &list);
    }
    Ok(())
}

/// Adds its evidence to the description of whatever has some, and the sources to the description of the spec.
fn describe_evidence(spec: &Spec, copy: &mut Value) {
    spec.walk(|visited| {
        let evidence = visited.value.get("x-evidence").and_then(Value::as_object);
        let list = list(evidence);
        append(copy, &visited.pointer, "Evidence", &list);
        // The generator writes a response's description into a JavaScript text between backticks, and doesn't escape it.
        let description = copy.pointer_mut(&format!("{}/description", visited.pointer));
        if let (Kind::Response, Some(Value::String(text))) = (visited.kind, description) {
            *text = text.replace(['`', '$', '\\'], "'");
        }
    });
    let sources = spec.value.get("x-sources").and_then(Value::as_object);
    append(copy, "/info", "Sources", &list(sources));
}

/// A list of names, each with its texts.
fn list(named: Option<&Map<String, Value>>) -> String {
    let mut list = String::new();
    for (name, value) in named.into_iter().flatten() {
        // Writing to a string doesn't fail.
        let _ = writeln!(list, "* `{name}`: {}", texts(value).join(", "));
    }
    list
}

/// The texts in a value, in order.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(properties) => properties.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Appends a list with a heading to the description of a part of the copy.
fn append(copy: &mut Value, pointer: &str, heading: &str, list: &str) {
    let part = copy.pointer_mut(pointer).and_then(Value::as_object_mut);
    if let (Some(part), false) = (part, list.is_empty()) {
        let old = part.get("description").and_then(Value::as_str);
        let text = format!("{}\n\n**{heading}**\n\n{list}", old.unwrap_or_default());
        part.insert("description".to_owned(), text.into());
    }
}

/// Renders a spec with the pinned OpenAPI Generator.
fn render(spec: &Value) -> Result<String, Failure> {
    let folder = files::root().join("target/docs/html2");
    let file = folder.with_extension("json");
    fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
    fs::write(&file, spec.to_string()).map_err(|error| unusable(&file, &error))?;
    let program =
        files::root().join(".tools/languages/openapi-generator/venv/bin/openapi-generator-cli");
    let output = Command::new(&program)
        .args(["generate", "--generator-name", "html2", "--input-spec"])
        .arg(&file)
        .arg("--output")
        .arg(&folder)
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure(format!(
                "{}: OpenAPI Generator isn't installed; `tests/languages/install python` installs it",
                files::shown(&program)
            )),
            _ => unusable(&program, &error),
        })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let program = files::shown(&program);
        return Err(Failure(format!("{program}: {}\n{text}", output.status)));
    }
    let page = folder.join("index.html");
    let text = fs::read_to_string(&page).map_err(|error| unusable(&page, &error))?;
    Ok(text.replacen("<head>", &format!("<head>\n  {POLICY}"), 1))
}

fn unusable(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: can't be used: {error}", files::shown(path)))
}
