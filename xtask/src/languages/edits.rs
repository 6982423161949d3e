//! Edits of the contract that break clients: who notices?
//!
//! An edit is a file in tests/languages/edits. Each language says in its `language.yaml` which edits break its client, so that a
//! comparison that has gone blind is noticed.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::language::{Language, home};
use super::report::table;
use super::workshop::Workshop;
use crate::exit::{Failure, Outcome};
use crate::files;
use crate::generator::contract::Contract;
use crate::output::say;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    #[serde(skip)]
    name: String,
    /// What it does, in a sentence.
    description: String,
    /// The edit (RFC 6902).
    patch: json_patch::Patch,
}

/// Who notices which edit.
pub struct Report<'l> {
    edits: Vec<Edit>,
    /// Each language, with what it noticed of each edit.
    noticed: Vec<(&'l Language, Vec<Option<String>>)>,
    /// Whether these are all languages.
    complete: bool,
}

/// Tries every edit on every language.
pub fn run<'l>(
    shop: &Workshop<'_>,
    contract: &Contract,
    languages: &[&'l Language],
    complete: bool,
) -> Result<Report<'l>, Failure> {
    let edits = read()?;
    for language in languages {
        let known = |notice: &&String| !edits.iter().any(|edit| edit.name == **notice);
        if let Some(unknown) = language.about.notices.iter().find(known) {
            return Err(Failure(format!(
                "{}: there is no edit `{unknown}` in tests/languages/edits",
                files::shown(&language.folder.join("language.yaml"))
            )));
        }
    }
    let mut noticed: Vec<(&Language, Vec<Option<String>>)> = languages
        .iter()
        .map(|language| (*language, Vec::new()))
        .collect();
    for edit in &edits {
        let copy = edit.copy(contract)?;
        let works = shop.work(languages, &copy, &edit.name)?;
        for ((language, work), (_, row)) in works.into_iter().zip(&mut noticed) {
            row.push(match shop.differences(&work) {
                Err(trouble) => Some(format!("{} fails", trouble.stage)),
                Ok(differences) => {
                    let new = |name: &str| language.limits.accepting(name).is_none();
                    let mut cases: Vec<_> = differences
                        .iter()
                        .filter(|one| new(&one.name()))
                        .map(|one| &one.case)
                        .collect();
                    cases.dedup();
                    (!cases.is_empty()).then(|| format!("{} differ", cases.len()))
                }
            });
        }
    }
    Ok(Report {
        edits,
        noticed,
        complete,
    })
}

fn read() -> Result<Vec<Edit>, Failure> {
    let folder = home().join("edits");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .map_err(|error| Failure(format!("{}: can't be read: {error}", files::shown(&folder))))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    if paths.is_empty() {
        let shown = files::shown(&folder);
        return Err(Failure(format!("{shown}: there is no edit to be tried")));
    }
    paths.sort();
    paths.iter().map(|path| Edit::read(path)).collect()
}

impl Edit {
    fn read(path: &Path) -> Result<Self, Failure> {
        let (_, edit): (_, Self) = files::yaml(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            ..edit
        })
    }

    /// Writes an edited copy of the contract. JSON is YAML.
    fn copy(&self, contract: &Contract) -> Result<std::path::PathBuf, Failure> {
        let mut value = contract.value.clone();
        json_patch::patch(&mut value, &self.patch).map_err(|error| {
            Failure(format!(
                "tests/languages/edits/{}.yaml doesn't fit the contract: {error}",
                self.name
            ))
        })?;
        let folder = files::root().join("target/languages").join(&self.name);
        let path = folder.join("cloud-partner-portal.yaml");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&path, format!("{value:#}\n")))
            .map_err(|error| {
                Failure(format!(
                    "{}: can't be written: {error}",
                    files::shown(&path)
                ))
            })?;
        Ok(path)
    }
}

impl Report<'_> {
    /// Whether everybody noticed what they say, and nothing else.
    pub fn outcome(&self) -> Outcome {
        if self.wrong().is_empty() {
            Outcome::Fine
        } else {
            Outcome::Findings
        }
    }

    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (language, noticed) in &self.noticed {
            let file = files::shown(&language.folder.join("language.yaml"));
            for (Edit { name: edit, .. }, noticed) in self.edits.iter().zip(noticed) {
                match (noticed, language.about.notices.contains(edit)) {
                    (None, true) => {
                        wrong.push(format!("{file}: says that it notices `{edit}`, and didn't"));
                    }
                    (Some(how), false) => wrong.push(format!(
                        "{file}: doesn't say that it notices `{edit}`, and did: {how}"
                    )),
                    _ => {}
                }
            }
        }
        let unnoticed = |edit: &&Edit| {
            let mut languages = self.noticed.iter();
            languages.all(|(language, _)| !language.about.notices.contains(&edit.name))
        };
        for edit in self
            .edits
            .iter()
            .filter(unnoticed)
            .filter(|_| self.complete)
        {
            wrong.push(format!(
                "tests/languages/edits/{}.yaml: no language says that it notices this, so it proves nothing",
                edit.name
            ));
        }
        wrong
    }

    /// The report as text.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = vec![vec!["language".to_owned()]];
        rows[0].extend(self.edits.iter().map(|edit| edit.name.clone()));
        for (language, noticed) in &self.noticed {
            let cells = noticed
                .iter()
                .map(|how| how.as_deref().unwrap_or("-").to_owned());
            let title = language.about.title.clone();
            rows.push(std::iter::once(title).chain(cells).collect());
        }
        table(&rows, out)?;
        for edit in &self.edits {
            say(out, "Tried", format!("{}: {}", edit.name, edit.description))?;
        }
        for problem in self.wrong() {
            say(out, "Error", problem)?;
        }
        let cells = self.noticed.iter().flat_map(|(_, noticed)| noticed);
        say(
            out,
            "Edits",
            format!(
                "{} of {} clients noticed what was done to their contract",
                cells.flatten().count(),
                self.noticed.len() * self.edits.len()
            ),
        )
    }

    /// The report as JSON.
    pub fn json(&self) -> Value {
        let languages: Vec<Value> = self
            .noticed
            .iter()
            .map(|(language, noticed)| {
                let edits = self.edits.iter().map(|edit| edit.name.clone());
                let edits: Value = edits.zip(noticed.iter().map(|how| json!(how))).collect();
                json!({ "name": language.name, "noticed": edits })
            })
            .collect();
        json!({ "languages": languages, "wrong": self.wrong() })
    }
}
