//! Reads the recordings. A recording that can't be read becomes a finding, so that the command still validates the rest.

use std::path::{Path, PathBuf};

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::store::{self, Loaded, StoredRecording};

use super::codes;
use super::secrets;
use crate::exit::CommandError;
use crate::files;
use crate::report::{Finding, Place};

/// The recordings of several files and folders.
#[derive(Default)]
pub struct Input {
    /// The recordings, each with the name of its file.
    pub recordings: Vec<(String, Recording)>,
    /// A finding for each file or folder that can't be read.
    pub unreadable: Vec<Finding>,
    /// A finding for each folder without a recording.
    pub empty: Vec<Finding>,
}

/// Reads the files and folders in `paths`, or the workspace's own recordings.
pub fn read(paths: &[PathBuf]) -> Input {
    let mut input = Input::default();
    if paths.is_empty() {
        let recordings = files::root().join("tests/recordings");
        input.add(&recordings, store::recordings(&recordings));
        let scenarios = files::root().join("tests/scenarios");
        let Loaded { found, errors } = store::scenarios(&scenarios);
        let found = found.into_iter().flat_map(|scenario| scenario.recordings);
        let found = found.collect();
        input.add(&scenarios, Loaded { found, errors });
    }
    for path in paths {
        input.add(path, store::every_recording(path));
    }
    input
}

impl Input {
    fn add(&mut self, path: &Path, loaded: Loaded<StoredRecording>) {
        if loaded.found.is_empty() && loaded.errors.is_empty() {
            let finding = codes::UNREADABLE.finding("the folder contains no recordings");
            let finding = finding.in_file(&files::display_path(path));
            self.empty.push(finding);
        }
        self.unreadable.extend(loaded.errors.iter().map(unreadable));
        let recordings = loaded.found.into_iter();
        let recordings =
            recordings.map(|stored| (files::display_path(&stored.file), stored.recording));
        self.recordings.extend(recordings);
    }
}

/// Reads the recordings in `paths`, or the workspace's own, each with the name of its file. Returns an error if one can't be read.
/// A folder may be empty.
pub fn recordings(paths: &[PathBuf]) -> Result<Vec<(String, Recording)>, CommandError> {
    let input = read(paths);
    match input.unreadable.first() {
        None => Ok(input.recordings),
        Some(finding) => Err(CommandError(finding.line())),
    }
}

fn unreadable(error: &store::Error) -> Finding {
    let place = Place {
        file: files::display_path(&error.file),
        pointer: String::new(),
        line: error.place.map(|(line, _)| line),
        column: error.place.map(|(_, column)| column),
    };
    // The message of the parser can quote a text of the file.
    let message = if secrets::is_secret(&error.what) {
        "the recording can't be read, and the reason isn't shown because it contains a secret"
    } else {
        &error.what
    };
    codes::UNREADABLE.finding(message).in_recording(place)
}
