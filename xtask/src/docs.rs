//! `cargo xtask docs`: writes one HTML file with the spec, its sources, its evidence and the recordings. The file can be read offline.
//!
//! The extension `x-sources` of the spec describes each source, such as a web page, under an id. The extension `x-evidence` of an object
//! lists the ids of the sources for each statement about the object. A recording is a file with a request and its response. The command
//! copies the spec, and appends the sources, the evidence and a list of recordings to the descriptions in the copy. OpenAPI
//! Generator then renders the copy.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::process::Command;

use serde_json::{Value, json};

use crate::exit_code::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::serve::Source;
use crate::spec::{Kind, Spec};

/// A content security policy. It prevents the page from loading anything from a server, such as the font of OpenAPI Generator's template.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'unsafe-inline' 'unsafe-eval' blob: data:\">";

/// The path of OpenAPI Generator, which `tests/languages/install-tools` installs.
const GENERATOR: &str = ".tools/languages/openapi-generator/venv/bin/openapi-generator-cli";

/// Runs `cargo xtask docs`.
pub fn run(out: &mut dyn Write) -> CommandResult {
    let spec = files::read_spec(&files::default_spec_path())?;
    let mut copy = spec.value.clone();
    append_recordings(&spec, &Source::read()?, &mut copy)?;
    append_evidence(&spec, &mut copy);
    let page = files::root().join("target/docs/cloud-partner-portal.html");
    files::write_if_changed(&page, &render(&copy)?, out)?;
    Ok(Outcome::Success)
}

/// In the copy, appends a list of recordings to the description of each operation.
fn append_recordings(spec: &Spec, source: &Source, copy: &mut Value) -> Result<(), CommandError> {
    for operation in spec.operations()? {
        let mut lines = BTreeSet::new();
        for (name, recording) in source.recordings() {
            let request = &recording.request;
            if request.method == operation.method && operation.captures(&request.path).is_some() {
                let status = recording.response.status;
                let provenance = texts(&json!(recording.provenance.kind));
                lines.insert(format!(
                    "* {status}: `{name}`, {provenance}: {}\n",
                    recording.description
                ));
            }
        }
        let list: String = lines.into_iter().collect();
        append(copy, &operation.node.pointer, "Recordings", &list);
    }
    Ok(())
}

/// In the copy, appends each `x-evidence` to the description of its object. Also appends `x-sources` to the description of the whole spec.
fn append_evidence(spec: &Spec, copy: &mut Value) {
    spec.walk(|object| {
        let evidence = markdown_list(object.value.get("x-evidence"));
        append(copy, &object.pointer, "Evidence", &evidence);
        // OpenAPI Generator writes a response's description into a JavaScript template literal, without escaping special characters.
        // Therefore, a quote replaces each special character.
        let description = copy.pointer_mut(&format!("{}/description", object.pointer));
        if let (Kind::Response, Some(Value::String(text))) = (object.kind, description) {
            *text = text.replace(['`', '$', '\\'], "'");
        }
    });
    let sources = markdown_list(spec.value.get("x-sources"));
    append(copy, "/info", "Sources", &sources);
}

/// Returns a Markdown list with the name and the texts of each property of an object.
fn markdown_list(object: Option<&Value>) -> String {
    let properties = object.and_then(Value::as_object).into_iter().flatten();
    let lines = properties.map(|(name, value)| format!("* `{name}`: {}\n", texts(value)));
    lines.collect()
}

/// Returns all texts in a value, separated by commas.
fn texts(value: &Value) -> String {
    let texts: Vec<String> = match value {
        Value::String(text) => return text.clone(),
        Value::Array(values) => values.iter().map(texts).collect(),
        Value::Object(properties) => properties.values().map(texts).collect(),
        _ => Vec::new(),
    };
    texts.join(", ")
}

/// Appends a list with a heading to the description of the object at the JSON pointer `pointer`. Does nothing if the list is empty.
fn append(copy: &mut Value, pointer: &str, heading: &str, list: &str) {
    let object = copy.pointer_mut(pointer).and_then(Value::as_object_mut);
    if let (Some(object), false) = (object, list.is_empty()) {
        let description = object.get("description").and_then(Value::as_str);
        let description = description.unwrap_or_default();
        let text = format!("{description}\n\n**{heading}**\n\n{list}");
        object.insert("description".to_owned(), text.into());
    }
}

/// Returns the HTML page that OpenAPI Generator renders.
fn render(spec: &Value) -> Result<String, CommandError> {
    let folder = files::root().join("target/docs/html2");
    let file = folder.join("spec.json");
    files::empty_folder(&folder)?;
    fs::write(&file, spec.to_string()).map_err(|error| files::unusable(&file, &error))?;
    let program = files::root().join(GENERATOR);
    let output = Command::new(&program)
        .args(["generate", "--generator-name", "html2", "--input-spec"])
        .arg(&file)
        .arg("--output")
        .arg(&folder)
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => CommandError(format!(
                "{GENERATOR}: OpenAPI Generator isn't installed; `tests/languages/install-tools python` installs it"
            )),
            _ => files::unusable(&program, &error),
        })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let message = format!("{GENERATOR}: {}\n{text}", output.status);
        return Err(CommandError(message));
    }
    let page = files::read(&folder.join("index.html"))?;
    Ok(page.replacen("<head>", &format!("<head>\n  {POLICY}"), 1))
}
