//! Reads the recordings for `validate`. Also creates the error about an unreadable recording, for all commands.

use std::path::{Path, PathBuf};

use cloud_partner_recordings::load::{self, Loaded};
use cloud_partner_recordings::recording::Recording;

use super::finding_kinds as kinds;
use super::secrets;
use crate::exit_code::CommandError;
use crate::files;
use crate::findings::{Finding, Place};

/// Reads the files and folders in `paths`. If `paths` is empty, reads all recordings and scenarios of the workspace. Returns the recordings,
/// and the findings about these cases:
///
/// * a file or folder that can't be read;
/// * a folder without recordings;
/// * a recording in `tests/scenarios` that isn't in the folder of a scenario;
/// * two recordings in `tests/recordings` with the same request.
pub fn read(paths: &[PathBuf]) -> (Vec<Recording>, Vec<Finding>) {
    let (mut recordings, mut errors) = (Vec::new(), Vec::new());
    let mut add = |path: &Path, loaded: Loaded<Recording>| {
        if loaded.items.is_empty() && loaded.errors.is_empty() {
            let finding = kinds::UNREADABLE.finding("the folder contains no recordings");
            errors.push(finding.in_file(&files::display_path(path)));
        }
        errors.extend(loaded.errors.iter().map(error_finding));
        recordings.extend(loaded.items);
    };
    for path in paths {
        add(path, read_path(path));
    }
    if paths.is_empty() {
        let folder = files::root().join("tests/recordings");
        add(&folder, load::recordings(&folder));
        let folder = files::root().join("tests/scenarios");
        let Loaded { items, errors } = load::scenarios(&folder);
        let items = items.into_iter().flat_map(|scenario| scenario.recordings);
        let items = items.collect();
        add(&folder, Loaded { items, errors });
    }
    (recordings, errors)
}

/// Reads a file or folder. Two recordings in `tests/recordings` with the same request are an error, because the replay server couldn't
/// choose between their responses. In other folders, recordings can have the same request.
fn read_path(path: &Path) -> Loaded<Recording> {
    let mut loaded = load::every_recording(path);
    let mut duplicates = load::recordings(&files::root().join("tests/recordings")).errors;
    // Keeps only the errors of files in `path`. Two different paths can lead to the same file, for example through a symbolic link.
    // Therefore canonical paths are compared.
    duplicates.retain(|error| {
        let mut items = loaded.items.iter();
        items.any(|recording| recording.file.canonicalize().ok() == error.file.canonicalize().ok())
    });
    loaded.errors.extend(duplicates);
    loaded
}

/// Returns the error with which a command ends if a recording can't be read. Its message quotes no secret.
pub fn read_error(error: &load::Error) -> CommandError {
    let finding = error_finding(error);
    let place: String = finding.place.iter().map(Place::to_string).collect();
    CommandError(format!("{place}: {}", finding.message))
}

fn error_finding(error: &load::Error) -> Finding {
    // The parser's message can quote a secret in the file.
    let message = if secrets::is_secret(&error.message) {
        "the recording can't be read; the reason isn't shown, because the reason contains a secret"
    } else {
        &error.message
    };
    kinds::UNREADABLE.finding(message).at(Place {
        file: files::display_path(&error.file),
        pointer: String::new(),
        line: error.position.map(|(line, _)| line),
        column: error.position.map(|(_, column)| column),
    })
}
