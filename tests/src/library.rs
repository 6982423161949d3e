//! Reads recordings and scenarios from their folders.

use std::{
    collections::HashMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::recording::Recording;

/// A recording and the file that it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The file.
    pub file: PathBuf,
    /// What it holds.
    pub recording: Recording,
}

impl From<Stored> for Recording {
    fn from(stored: Stored) -> Self {
        stored.recording
    }
}

/// A folder of recordings that answer one and the same request, one after the other, in the order of the files' names.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The folder's name.
    pub name: String,
    /// The answers; there is at least one.
    pub answers: Vec<Stored>,
}

/// What a folder held, and what was wrong with the rest of it.
#[derive(Debug)]
pub struct Loaded<T> {
    /// Whatever could be read, sorted by path.
    pub found: Vec<T>,
    /// Whatever could not, sorted by path.
    pub errors: Vec<Error>,
}

impl<T> Loaded<T> {
    /// Everything that was found, or the first error.
    pub fn all(self) -> Result<Vec<T>, Error> {
        match self.errors.into_iter().next() {
            None => Ok(self.found),
            Some(error) => Err(error),
        }
    }
}

/// The folder that holds `recordings/`, `scenarios/` and the schema in this workspace.
#[must_use]
pub fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads one recording.
pub fn recording(file: &Path) -> Result<Stored, Error> {
    let bytes = fs::read(file).map_err(|error| Error::reading(file, &error))?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n');
        let column = line.clone().next_back().map_or(0, <[u8]>::len) + 1;
        Error::at(file, line.count(), column, "not UTF-8")
    })?;
    if text.starts_with('\u{feff}') {
        let what = "starts with a byte order mark, which JSON doesn't allow";
        return Err(Error::at(file, 1, 1, what));
    }
    let recording = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = message.strip_suffix(&place).unwrap_or(&message);
        // The parser counts columns from 0 where nothing was read yet.
        Error::at(file, error.line(), error.column().max(1), what)
    })?;
    Ok(Stored {
        file: file.to_owned(),
        recording,
    })
}

/// Reads every `*.json` in a folder and the folders below it. Two recordings must not ask the same, because nobody could
/// know which of them answers.
#[must_use]
pub fn recordings(folder: &Path) -> Loaded<Stored> {
    let mut loaded = every_recording(folder);
    let mut asked = HashMap::new();
    for stored in &loaded.found {
        let request = &stored.recording.request;
        let route = (&request.method, &request.path, &request.query);
        if let Some(first) = asked.insert(route, &stored.file) {
            let what = format!("asks the same as {}: {request}", first.display());
            loaded.errors.push(Error::whole(&stored.file, what));
            asked.insert(route, first);
        }
    }
    loaded.errors.sort_by(|a, b| a.file.cmp(&b.file));
    loaded
}

/// Reads every scenario: each folder in `folder` is one.
#[must_use]
pub fn scenarios(folder: &Path) -> Loaded<Scenario> {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    let entries = match entries(folder) {
        Ok(entries) => entries,
        Err(error) => {
            errors.push(error);
            Vec::new()
        }
    };
    for (path, is_folder) in entries {
        if !is_folder {
            continue;
        }
        let answers = every_recording(&path);
        let clean = answers.errors.is_empty();
        errors.extend(answers.errors);
        let answers = answers.found;
        if let Some((first, rest)) = answers.split_first() {
            for stored in rest {
                if stored.recording.request != first.recording.request {
                    let what = format!(
                        "asks something else than {}: {}",
                        first.file.display(),
                        first.recording.request
                    );
                    errors.push(Error::whole(&stored.file, what));
                }
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            found.push(Scenario {
                name: name.into_owned(),
                answers,
            });
        } else if clean {
            errors.push(Error::whole(&path, "a scenario without answers"));
        }
    }
    Loaded { found, errors }
}

fn every_recording(folder: &Path) -> Loaded<Stored> {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    match entries(folder) {
        Err(error) => errors.push(error),
        Ok(entries) => {
            for (path, is_folder) in entries {
                if is_folder {
                    let below = every_recording(&path);
                    found.extend(below.found);
                    errors.extend(below.errors);
                } else if path.extension().is_some_and(|ending| ending == "json") {
                    match recording(&path) {
                        Ok(stored) => found.push(stored),
                        Err(error) => errors.push(error),
                    }
                }
            }
        }
    }
    Loaded { found, errors }
}

/// What is in a folder, sorted, and whether each is a folder itself. A link to a folder is none, so a circle ends here.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, bool)>, Error> {
    let mut entries = fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| {
                    entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_dir())))
                })
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(|error| Error::reading(folder, &error))?;
    entries.sort();
    Ok(entries)
}

/// Why a file or folder could not be used. Displays as `file:line:column: what`, without the place where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The file or folder.
    pub file: PathBuf,
    /// Line and column, counted from 1, where the error has a place in the file.
    pub place: Option<(usize, usize)>,
    /// What is wrong.
    pub what: String,
}

impl Error {
    fn at(file: &Path, line: usize, column: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place: Some((line, column)),
            what: what.into(),
        }
    }

    fn whole(file: &Path, what: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            what: what.into(),
        }
    }

    fn reading(file: &Path, error: &std::io::Error) -> Self {
        Self::whole(file, format!("cannot be read: {error}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.what)
    }
}

impl std::error::Error for Error {}
