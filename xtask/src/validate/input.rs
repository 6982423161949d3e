//! Reads the recordings. A recording that can't be read becomes a finding, so that the command still validates the rest.

use std::path::{Path, PathBuf};

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::store::{self, Error};

use super::codes;
use super::secrets;
use crate::exit::CommandError;
use crate::files;
use crate::report::{Finding, Place};

/// The recordings, and the findings for files that can't be read.
pub struct Input {
    /// The recordings, each with the name of its file in messages.
    pub recordings: Vec<(String, Recording)>,
    /// A finding for each file or folder that can't be read.
    pub unreadable: Vec<Finding>,
    /// A finding for each folder without a recording.
    pub empty: Vec<Finding>,
}

/// Reads the files and folders in `paths`, or the workspace's own recordings.
pub fn read(paths: &[PathBuf]) -> Input {
    let mut stored = Vec::new();
    let mut errors = Vec::new();
    let mut empty = Vec::new();
    if paths.is_empty() {
        let recordings = store::recordings(&files::root().join("tests/recordings"));
        let scenarios = store::scenarios(&files::root().join("tests/scenarios"));
        let of_scenarios = scenarios.found.into_iter().flat_map(|one| one.recordings);
        stored.extend(recordings.found.into_iter().chain(of_scenarios));
        errors.extend(recordings.errors.into_iter().chain(scenarios.errors));
        if stored.is_empty() && errors.is_empty() {
            empty.push(without_recordings(&files::root().join("tests/recordings")));
        }
    }
    for path in paths {
        if path.is_dir() {
            let loaded = store::every_recording(path);
            if loaded.found.is_empty() && loaded.errors.is_empty() {
                empty.push(without_recordings(path));
            }
            stored.extend(loaded.found);
            errors.extend(loaded.errors);
        } else {
            match store::recording(path) {
                Ok(one) => stored.push(one),
                Err(error) => errors.push(error),
            }
        }
    }
    let shown = |path: &Path| secrets::mask(&files::display_path(path));
    let recordings = stored.into_iter();
    Input {
        recordings: recordings
            .map(|stored| (shown(&stored.file), stored.recording))
            .collect(),
        unreadable: errors.iter().map(unreadable).collect(),
        empty,
    }
}

/// Reads the recordings in `paths`, or the workspace's own, each with the name of its file. Returns an error if one can't be read.
/// A folder may be empty.
pub fn recordings(paths: &[PathBuf]) -> Result<Vec<(String, Recording)>, CommandError> {
    let input = read(paths);
    match input.unreadable.into_iter().next() {
        None => Ok(input.recordings),
        Some(finding) => Err(CommandError(secrets::masked(finding).line())),
    }
}

fn without_recordings(folder: &Path) -> Finding {
    let message = "the folder contains no recordings";
    let file = files::display_path(folder);
    codes::UNREADABLE.finding(message).in_file(&file)
}

fn unreadable(error: &Error) -> Finding {
    let place = Place {
        file: files::display_path(&error.file),
        pointer: String::new(),
        line: error.place.map(|(line, _)| line),
        column: error.place.map(|(_, column)| column),
    };
    codes::UNREADABLE.finding(&error.what).in_recording(place)
}
