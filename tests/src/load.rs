//! Reads recordings (files with one request and its response) and scenarios from their folders.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use crate::recording::Recording;

/// A sequence of recorded responses to the same request.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The folder's name.
    pub name: String,
    /// At least one recording, in the order of the file names.
    pub recordings: Vec<Recording>,
}

/// The result of reading a folder.
#[derive(Debug)]
pub struct Loaded<T> {
    /// The recordings or scenarios that could be read, sorted by path.
    pub items: Vec<T>,
    /// The errors, sorted by path. Each of these causes an error:
    ///
    /// * a folder or file that can't be read
    /// * an invalid file
    /// * a recording with the same request as another recording; only [`recordings`] checks this
    /// * a scenario without recordings; only [`scenarios`] checks this
    /// * a recording that isn't in the folder of a scenario; only [`scenarios`] checks this
    pub errors: Vec<Error>,
}

impl<T> Loaded<T> {
    /// Returns all items, or the first error if there is one.
    pub fn all(self) -> Result<Vec<T>, Error> {
        match self.errors.into_iter().next() {
            None => Ok(self.items),
            Some(error) => Err(error),
        }
    }
}

/// Returns the folder that contains `recordings/`, `scenarios/` and `recording.schema.json`.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads the recordings in the subfolder `recordings` of `folder`, and the scenarios in the subfolder `scenarios`. Returns the first error
/// if there is one.
pub fn all(folder: &Path) -> Result<(Vec<Recording>, Vec<Scenario>), Error> {
    let recordings = recordings(&folder.join("recordings")).all()?;
    Ok((recordings, scenarios(&folder.join("scenarios")).all()?))
}

/// Reads the recording at `path`. If `path` is a folder, reads every `*.json` file in the folder and its subfolders.
///
/// Two recordings of the same request are errors, because the replay server couldn't choose a response.
#[must_use]
pub fn recordings(path: &Path) -> Loaded<Recording> {
    let mut loaded = every_recording(path);
    for recording in &loaded.items {
        let request = &recording.request;
        // Requests whose paths differ only in their percent-encoding are the same request.
        let path_segments = request.segments();
        let is_duplicate = |other: &&Recording| {
            other.file != recording.file
                && other.request.method == request.method
                && other.request.query == request.query
                && other.request.segments() == path_segments
        };
        if let Some(other) = loaded.items.iter().find(is_duplicate) {
            let other = other.file.strip_prefix(path).unwrap_or(&other.file);
            let message = format!(
                "has the same request as {}, so the replay server couldn't choose a response: delete one of the files, or move both to a folder in tests/scenarios",
                other.display()
            );
            loaded.errors.push(Error::of_file(&recording.file, message));
        }
    }
    loaded.errors.sort_by(|a, b| a.file.cmp(&b.file));
    loaded
}

/// Reads the same files as [`recordings`], but allows several recordings of the same request.
#[must_use]
pub fn every_recording(path: &Path) -> Loaded<Recording> {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    if !path.is_dir() {
        add(path, &mut items, &mut errors);
        return Loaded { items, errors };
    }
    for (path, is_folder) in entries(path, &mut errors) {
        if is_folder {
            let loaded = every_recording(&path);
            items.extend(loaded.items);
            errors.extend(loaded.errors);
        } else if is_json(&path) {
            add(&path, &mut items, &mut errors);
        }
    }
    Loaded { items, errors }
}

fn add(file: &Path, items: &mut Vec<Recording>, errors: &mut Vec<Error>) {
    match read(file) {
        Ok(recording) => items.push(recording),
        Err(error) => errors.push(error),
    }
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|name| name == "json")
}

/// Reads the scenarios in `folder`. Each subfolder is one scenario.
#[must_use]
pub fn scenarios(folder: &Path) -> Loaded<Scenario> {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for (path, is_folder) in entries(folder, &mut errors) {
        if !is_folder && is_json(&path) {
            let message = "isn't in the folder of a scenario: move it to a subfolder";
            errors.push(Error::of_file(&path, message));
        } else if is_folder {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let loaded = every_recording(&path);
            if !loaded.items.is_empty() {
                items.push(Scenario {
                    name: name.into_owned(),
                    recordings: loaded.items,
                });
            } else if loaded.errors.is_empty() {
                errors.push(Error::of_file(&path, "the scenario contains no recordings"));
            }
            errors.extend(loaded.errors);
        }
    }
    Loaded { items, errors }
}

fn read(file: &Path) -> Result<Recording, Error> {
    let bytes = fs::read(file).map_err(|error| read_error(file, &error))?;
    let mut recording: Recording = serde_json::from_slice(&bytes).map_err(|error| {
        let message = error.to_string();
        let position = format!(" at line {} column {}", error.line(), error.column());
        Error {
            file: file.to_owned(),
            // The parser reports column 0 for an error before the first character.
            position: Some((error.line(), error.column().max(1))),
            message: message
                .strip_suffix(&position)
                .unwrap_or(&message)
                .to_owned(),
        }
    })?;
    file.clone_into(&mut recording.file);
    Ok(recording)
}

/// Returns the entries of a folder, sorted by path. The bool says whether the entry is a folder. A symbolic link doesn't count as a folder,
/// so a cycle of links causes no endless loop.
fn entries(folder: &Path, errors: &mut Vec<Error>) -> Vec<(PathBuf, bool)> {
    let entry = |entry: fs::DirEntry| Ok((entry.path(), entry.file_type()?.is_dir()));
    let entries = fs::read_dir(folder)
        .and_then(|entries| entries.map(|result| result.and_then(entry)).collect());
    let mut entries: Vec<_> = entries.unwrap_or_else(|error: io::Error| {
        errors.push(read_error(folder, &error));
        Vec::new()
    });
    entries.sort();
    entries
}

/// An error of reading a file or folder. Displays as `file:line:column: message`, or as `file: message` if it has no position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The path of the file or folder.
    pub file: PathBuf,
    /// The line and column of the error, counted from 1; `None` if the error concerns the whole file or folder.
    pub position: Option<(usize, usize)>,
    /// The message.
    pub message: String,
}

impl Error {
    fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            position: None,
            message: message.into(),
        }
    }
}

fn read_error(file: &Path, error: &io::Error) -> Error {
    Error::of_file(file, format!("cannot be read: {error}"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some((line, column)) = self.position {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl std::error::Error for Error {}
