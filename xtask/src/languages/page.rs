//! The part of openapi/README.md that a run writes: the table of results, and a section for each language.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use super::limits::Limit;
use super::report::{Report, Tested};
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::output::{more, say};

/// What stands before and after the part that is written.
const MARKS: [&str; 2] = [
    "<!-- written by cargo xtask languages --write -->\n",
    "<!-- until here -->\n",
];

const HEADER: &str =
    "| language | generator | the same answers | what differs |\n|---|---|---|---|\n";

/// Writes the part, of every language.
pub fn write(readme: &Path, report: &Report<'_>, out: &mut dyn Write) -> Run {
    let text = read(readme)?;
    let (before, _, after) = parts(readme, &text)?;
    let written = whole(report);
    files::write(readme, &format!("{before}{written}{after}"), out)
}

/// Compares the part with the results: all of it if every language has run, else only the rows and sections of those that have.
pub fn check(readme: &Path, report: &Report<'_>, out: &mut dyn Write) -> Run {
    let text = read(readme)?;
    let (before, committed, after) = parts(readme, &text)?;
    if report.complete {
        return files::check(readme, &format!("{before}{}{after}", whole(report)), out);
    }
    let stale: Vec<&str> = report
        .tested
        .iter()
        .filter(|tested| !says(committed, tested))
        .map(|tested| tested.language.name.as_str())
        .collect();
    if stale.is_empty() {
        return Ok(Outcome::Fine);
    }
    let what = format!(
        "{}, what it says of {}",
        files::shown(readme),
        stale.join(", ")
    );
    say(out, "Stale", what)?;
    more(out, "cargo xtask languages --write")?;
    Ok(Outcome::Stale)
}

/// Whether the page says of a language what was found, and nothing else.
fn says(committed: &str, tested: &Tested<'_>) -> bool {
    let row = row(tested);
    let own = row.split(" | ").next().unwrap_or_default();
    let rows = committed
        .lines()
        .filter(|line| line.starts_with(&format!("{own} |")));
    let section = section(tested);
    let heading = format!("## {}\n", tested.language.about.title);
    let sections = committed
        .split("\n## ")
        .skip(1)
        .map(|text| format!("## {text}"));
    let sections = sections.filter(|text| text.starts_with(&heading));
    let shared = tested
        .language
        .limits
        .list
        .iter()
        .filter(|limit| limit.shared);
    rows.eq([row.trim_end()])
        && sections
            .map(|text| text.trim().to_owned())
            .eq(Some(section.trim().to_owned()).filter(|text| !text.is_empty()))
        && shared
            .map(explained)
            .all(|line| committed.contains(&format!("\n{line}")))
}

fn read(readme: &Path) -> Result<String, Failure> {
    fs::read_to_string(readme)
        .map_err(|error| Failure(format!("{}: can't be read: {error}", files::shown(readme))))
}

fn parts<'t>(readme: &Path, text: &'t str) -> Result<(&'t str, &'t str, &'t str), Failure> {
    let [begin, end] = MARKS;
    text.find(begin)
        .zip(text.find(end))
        .filter(|(from, to)| from < to)
        .map(|(from, to)| {
            let from = from + begin.len();
            (&text[..from], &text[from..to], &text[to..])
        })
        .ok_or_else(|| {
            Failure(format!(
                "{}: it must have the lines `{}` and `{}`, between which the results go",
                files::shown(readme),
                begin.trim_end(),
                end.trim_end()
            ))
        })
}

fn whole(report: &Report<'_>) -> String {
    let mut text = format!("\n{HEADER}");
    for tested in &report.tested {
        text += &row(tested);
    }
    let mut shared: Vec<&Limit> = Vec::new();
    let limits = report
        .tested
        .iter()
        .flat_map(|one| &one.language.limits.list);
    for limit in limits.filter(|limit| limit.shared) {
        if shared.iter().all(|known| known.name != limit.name) {
            shared.push(limit);
        }
    }
    if !shared.is_empty() {
        text.push('\n');
    }
    for limit in shared {
        text += &explained(limit);
    }
    for tested in &report.tested {
        text += &section(tested);
    }
    text.push('\n');
    text
}

fn row(tested: &Tested<'_>) -> String {
    let title = &tested.language.about.title;
    let title = if tested.language.is_reference() {
        title.clone()
    } else {
        format!("[{title}](#{})", anchor(title))
    };
    format!(
        "| {title} | {} | {} of {} | {} |\n",
        tested.language.generator.name,
        tested.same,
        tested.calls,
        tested.limits()
    )
}

fn explained(limit: &Limit) -> String {
    format!("* `{}`: {}\n", limit.name, limit.explanation.trim())
}

/// A heading's anchor, as the places that show Markdown make it.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

/// A language's section; the SDK has none, because the workspace's README is about it.
fn section(tested: &Tested<'_>) -> String {
    let language = tested.language;
    if language.is_reference() {
        return String::new();
    }
    let about = &language.about;
    let mut text = format!("\n## {}\n", about.title);
    let generate = about.generate.as_deref().map(command);
    let install = language.generator.install.iter().cloned();
    let commands: Vec<String> = install.chain(generate).collect();
    if !commands.is_empty() {
        let _ = write!(text, "\n```console\n$ {}\n```\n", commands.join("\n$ "));
    }
    for (name, file) in &language.files {
        let kind = fence(name);
        let _ = write!(text, "\n`{name}`:\n\n```{kind}\n{}\n```\n", file.trim_end());
    }
    if !about.options.is_empty() {
        text.push('\n');
    }
    for option in &about.options {
        let _ = writeln!(text, "* `{}`: {}", option.option, option.why.trim());
    }
    let _ = write!(
        text,
        "\n```{}\n{}\n```\n",
        fence(&about.driver),
        language.example
    );
    let own = || language.limits.list.iter().filter(|limit| !limit.shared);
    if !about.notes.is_empty() || own().next().is_some() {
        text.push('\n');
    }
    for note in &about.notes {
        let _ = writeln!(text, "* {}", note.trim());
    }
    for limit in own() {
        text += &explained(limit);
    }
    text
}

/// The command as a reader types it.
fn command(generate: &str) -> String {
    generate
        .trim()
        .replace("\"$CONTRACT\"", "cloud-partner-portal.yaml")
        .replace("\"$CLIENT\"", "client")
        .replace("\"$HERE\"/", "")
        .replace('\n', "\n  ")
}

/// What Markdown calls a file's language.
fn fence(file: &str) -> &str {
    match file.rsplit('.').next().unwrap_or_default() {
        "cs" => "csharp",
        "kt" => "kotlin",
        "mjs" => "javascript",
        "py" => "python",
        "rb" => "ruby",
        "rs" => "rust",
        "ts" => "typescript",
        "yml" => "yaml",
        other => other,
    }
}
