//! Reads the recordings. A recording that can't be read becomes a finding, so that the command still validates the rest.

use std::fs;
use std::path::{Path, PathBuf};

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::store::{self, Error};

use super::codes;
use super::secrets;
use crate::files;
use crate::report::{Finding, Place};

/// The recordings, and the findings for files that can't be read.
pub struct Input {
    /// The recordings, each with the name of its file in messages.
    pub recordings: Vec<(String, Recording)>,
    /// A finding for each file or folder that can't be read.
    pub unreadable: Vec<Finding>,
}

/// Reads the files and folders in `paths`, or the workspace's own recordings.
pub fn read(paths: &[PathBuf]) -> Input {
    let mut stored = Vec::new();
    let mut errors = Vec::new();
    if paths.is_empty() {
        let recordings = store::recordings(&files::root().join("tests/recordings"));
        let scenarios = store::scenarios(&files::root().join("tests/scenarios"));
        let of_scenarios = scenarios.found.into_iter().flat_map(|one| one.recordings);
        stored.extend(recordings.found.into_iter().chain(of_scenarios));
        errors.extend(recordings.errors.into_iter().chain(scenarios.errors));
    }
    for path in paths {
        read_into(path, true, &mut |result| match result {
            Ok(one) => stored.push(one),
            Err(error) => errors.push(error),
        });
    }
    Input {
        recordings: stored
            .into_iter()
            .map(|stored| {
                (
                    secrets::mask(&files::display_path(&stored.file)),
                    stored.recording,
                )
            })
            .collect(),
        unreadable: errors.iter().map(unreadable).collect(),
    }
}

/// Reads a file, or the files `*.json` of a folder. If `named` is true, a file is read whatever its extension.
fn read_into(
    path: &Path,
    named: bool,
    each: &mut dyn FnMut(Result<store::StoredRecording, Error>),
) {
    if !path.is_dir() {
        if named || path.extension().is_some_and(|ending| ending == "json") {
            each(store::recording(path));
        }
        return;
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match entries {
        Ok(entries) => {
            for entry in entries {
                // A symbolic link to a folder is skipped, because it could form a cycle.
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                if !(is_link && entry.path().is_dir()) {
                    read_into(&entry.path(), false, each);
                }
            }
        }
        Err(error) => each(Err(Error {
            file: path.to_owned(),
            place: None,
            what: format!("can't be read: {error}"),
        })),
    }
}

fn unreadable(error: &Error) -> Finding {
    let place = Place {
        file: secrets::mask(&files::display_path(&error.file)),
        pointer: String::new(),
        line: error.place.map(|(line, _)| line),
        column: error.place.map(|(_, column)| column),
    };
    let code = codes::UNREADABLE;
    Finding::error(code.id, secrets::mask(&error.what))
        .named(code.name)
        .help(code.help)
        .in_recording(place)
}
