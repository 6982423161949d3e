//! The recordings to look at. One that can't be read doesn't keep the others from being looked at.

use std::fs;
use std::path::{Path, PathBuf};

use cloud_partner_recordings::library::{self, Error};
use cloud_partner_recordings::recording::Recording;

use super::codes;
use super::finding::{Finding, InRecording};
use super::secrets;
use crate::files;

/// What was read.
pub struct Input {
    /// The recordings, each with the name of its file in messages.
    pub recordings: Vec<(String, Recording)>,
    /// A finding for everything that couldn't be read.
    pub unreadable: Vec<Finding>,
}

/// Reads the files and folders in `paths`, or the workspace's own.
pub fn read(paths: &[PathBuf]) -> Input {
    let mut stored = Vec::new();
    let mut errors = Vec::new();
    if paths.is_empty() {
        let recordings = library::recordings(&files::root().join("tests/recordings"));
        let scenarios = library::scenarios(&files::root().join("tests/scenarios"));
        stored.extend(recordings.found);
        stored.extend(
            scenarios
                .found
                .into_iter()
                .flat_map(|scenario| scenario.answers),
        );
        errors.extend(recordings.errors);
        errors.extend(scenarios.errors);
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
            .map(|stored| (secrets::mask(&files::shown(&stored.file)), stored.recording))
            .collect(),
        unreadable: errors.iter().map(unreadable).collect(),
    }
}

/// A file that is named is read whatever it is called; in folders, `*.json` is.
fn read_into(path: &Path, named: bool, each: &mut dyn FnMut(Result<library::Stored, Error>)) {
    if !path.is_dir() {
        if named || path.extension().is_some_and(|ending| ending == "json") {
            each(library::recording(path));
        }
        return;
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match entries {
        Ok(entries) => {
            for entry in entries {
                // A link to a folder is left alone, so that a circle ends.
                if !entry
                    .file_type()
                    .is_ok_and(|kind| kind.is_symlink() && entry.path().is_dir())
                {
                    read_into(&entry.path(), false, each);
                }
            }
        }
        Err(error) => each(Err(Error {
            file: path.to_owned(),
            place: None,
            what: format!("cannot be read: {error}"),
        })),
    }
}

fn unreadable(error: &Error) -> Finding {
    Finding {
        code: codes::UNREADABLE.id,
        name: codes::UNREADABLE.name,
        level: codes::UNREADABLE.level,
        message: secrets::mask(&error.what),
        recording: Some(InRecording {
            file: secrets::mask(&files::shown(&error.file)),
            pointer: String::new(),
            line: error.place.map(|(line, _)| line),
            column: error.place.map(|(_, column)| column),
        }),
        contract: None,
    }
}
