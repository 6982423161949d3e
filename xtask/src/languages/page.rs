//! Creates the page of a language for the folder openapi/languages. The page contains the commands that generate the client, an example
//! program, and the known differences between the client's results and the recordings.

use std::fs;
use std::path::PathBuf;

use super::language::Language;
use crate::exit_code::CommandError;
use crate::files;

/// Returns the path and the text of a language's page. A language without an example has no page.
pub fn page(language: &Language) -> Result<Option<(PathBuf, String)>, CommandError> {
    let (name, manifest) = (&language.name, &language.manifest);
    if manifest.example.is_none() {
        return Ok(None);
    }
    let mut paragraphs = vec![
        format!(
            "<!-- Written by `cargo xtask languages --write` from tests/languages/{name}. -->\n# {}",
            manifest.title
        ),
        format!("Generated with {}.", manifest.generator),
    ];
    let generate = manifest.generate.as_deref().map(displayed);
    let commands: Vec<String> = manifest.install.iter().cloned().chain(generate).collect();
    if !commands.is_empty() {
        paragraphs.push(format!("```console\n$ {}\n```", commands.join("\n$ ")));
    }
    for file in &manifest.files {
        paragraphs.push(format!("`{file}`:"));
        paragraphs.push(fenced(language, file)?);
    }
    let file = example_file(language)?;
    paragraphs.push(format!(
        "[`{file}`](../../tests/languages/{name}/{file}) lists a publisher's offers and prints the status of one of them. Set `URL` to\n\
         `https://cloudpartner.azure.com` and `TOKEN` to a [token](../README.md#two-requests-by-hand)."
    ));
    paragraphs.push(fenced(language, &file)?);
    if !manifest.notes.is_empty() {
        paragraphs.push(list(&manifest.notes));
    }
    paragraphs.push("## Known differences".to_owned());
    let known = manifest.known_differences.iter();
    let known = known.map(|known| format!("`{}`: {}", known.name, known.explanation));
    let known: Vec<String> = known.collect();
    paragraphs.push(if known.is_empty() {
        "None.".to_owned()
    } else {
        list(&known)
    });
    let path = files::root().join(format!("openapi/languages/{name}.md"));
    Ok(Some((path, paragraphs.join("\n\n") + "\n")))
}

/// Returns the name of the file with the example program.
fn example_file(language: &Language) -> Result<String, CommandError> {
    let folder = &language.folder;
    let entries = fs::read_dir(folder).map_err(|error| files::unusable(folder, &error))?;
    let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let example = names.find(|name| name.to_lowercase().starts_with("example."));
    example.ok_or_else(|| {
        CommandError(format!(
            "{}: the language has the command `example`, but no file `example.*`: add the program",
            files::display_path(folder)
        ))
    })
}

/// Returns the command `generate` for a reader of the page: with file names instead of variables such as `$SPEC`.
fn displayed(generate: &str) -> String {
    generate
        .trim()
        .replace("\"$SPEC\"", "cloud-partner-portal.yaml")
        .replace("\"$CLIENT\"", "client")
        .replace("\"$HERE\"/", "")
        .replace('\n', "\n  ")
}

fn list(items: &[String]) -> String {
    let items = items.iter().map(|item| format!("* {}", item.trim()));
    items.collect::<Vec<_>>().join("\n")
}

/// Returns a file of the language in a Markdown code fence, which begins with the file's extension, such as `go`.
fn fenced(language: &Language, file: &str) -> Result<String, CommandError> {
    let text = files::read(&language.folder.join(file))?;
    let extension = file.rsplit('.').next().unwrap_or_default();
    Ok(format!("```{extension}\n{}\n```", text.trim_end()))
}
