//! The page of a language in openapi/languages: the commands that generate the client, a complete program, the known differences.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::language::Language;
use crate::exit::CommandError;
use crate::files;

/// Returns the path of a language's page. A language without an example has no page.
pub fn path(language: &Language) -> Option<PathBuf> {
    language.manifest.example.as_ref()?;
    let name = format!("openapi/languages/{}.md", language.name);
    Some(files::root().join(name))
}

/// Returns the text of a language's page.
pub fn page(language: &Language) -> Result<String, CommandError> {
    let manifest = &language.manifest;
    let mut text = format!(
        "<!-- Written by `cargo xtask languages --write` from tests/languages/{}. -->\n# {}\n\nGenerated with {}.\n",
        language.name, manifest.title, manifest.generator
    );
    let generate = manifest.generate.as_deref().map(command);
    let commands: Vec<String> = manifest.install.iter().cloned().chain(generate).collect();
    if !commands.is_empty() {
        let _ = write!(text, "\n```console\n$ {}\n```\n", commands.join("\n$ "));
    }
    for file in &manifest.files {
        let _ = write!(text, "\n`{file}`:\n{}", fenced(file, &language.text(file)?));
    }
    let file = example(language)?;
    let _ = write!(
        text,
        "\n[`{file}`](../../tests/languages/{}/{file}) lists a publisher's offers and prints the status of one of them. Set `URL` to\n\
         `https://cloudpartner.azure.com` and `TOKEN` to a [token](../README.md#two-requests-by-hand).\n{}",
        language.name,
        fenced(&file, &language.text(&file)?)
    );
    if !manifest.notes.is_empty() {
        text.push('\n');
    }
    for note in &manifest.notes {
        let _ = writeln!(text, "* {}", note.trim());
    }
    text += "\n## Known differences\n\n";
    if manifest.known_differences.is_empty() {
        text += "None.\n";
    }
    for known in &manifest.known_differences {
        let _ = writeln!(text, "* `{}`: {}", known.name, known.explanation.trim());
    }
    Ok(text)
}

/// Returns the name of the example's file.
fn example(language: &Language) -> Result<String, CommandError> {
    let folder = &language.folder;
    let entries = fs::read_dir(folder).map_err(|error| files::unusable(folder, &error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut examples = names.filter(|name| name.to_lowercase().starts_with("example."));
    examples.next().ok_or_else(|| {
        CommandError(format!(
            "{}: the language has the command `example`, but no file `example.*`: add the program",
            files::display_path(folder)
        ))
    })
}

/// Returns the command `generate` as a reader of the page types it.
fn command(generate: &str) -> String {
    generate
        .trim()
        .replace("\"$SPEC\"", "cloud-partner-portal.yaml")
        .replace("\"$CLIENT\"", "client")
        .replace("\"$HERE\"/", "")
        .replace('\n', "\n  ")
}

/// Returns a file's text in a Markdown code fence. The file's extension names the language, which renderers accept.
fn fenced(file: &str, text: &str) -> String {
    let language = file.rsplit('.').next().unwrap_or_default();
    format!("\n```{language}\n{}\n```\n", text.trim_end())
}
