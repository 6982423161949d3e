//! The folder of the live recordings: finds the recording of an unchanged response, and names the files of new recordings.

use std::path::PathBuf;

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::store;
use heck::ToKebabCase;

use super::pseudonyms::without_pseudonyms;
use crate::files;
use crate::spec::Operation;

/// The folder of the live recordings. Its files are never replaced, because a person may have edited them.
pub struct LiveFolder {
    folder: PathBuf,
    /// The files of earlier runs, and their texts without pseudonyms.
    earlier: Vec<(PathBuf, String)>,
    /// The files whose recordings are equal to a capture of this run, and their texts.
    current: Vec<(PathBuf, String)>,
}

impl LiveFolder {
    /// Reads the recordings in the folder.
    pub fn read() -> Self {
        let folder = files::root().join("tests/recordings/live");
        let stored = store::every_recording(&folder).found.into_iter();
        let earlier =
            stored.map(|stored| (stored.file, without_pseudonyms(&text(&stored.recording))));
        Self {
            earlier: earlier.collect(),
            current: Vec::new(),
            folder,
        }
    }

    /// Returns an unused path for a new recording, or as the error the path of the recording of the same response. A recording of an
    /// earlier run may differ in pseudonyms. Two recordings of this run that differ in pseudonyms differ in real values.
    pub fn place(
        &mut self,
        operation: &Operation<'_>,
        recording: &Recording,
    ) -> Result<PathBuf, PathBuf> {
        let text = text(recording);
        if let Some((path, _)) = self.current.iter().find(|(_, known)| *known == text) {
            return Err(path.clone());
        }
        let similar = without_pseudonyms(&text);
        let index = self.earlier.iter().position(|(_, known)| *known == similar);
        let place = match index {
            Some(index) => Err(self.earlier.remove(index).0),
            None => Ok(self.unused_path(&stem(operation, recording))),
        };
        let (Ok(path) | Err(path)) = &place;
        self.current.push((path.clone(), text));
        place
    }

    fn unused_path(&self, stem: &str) -> PathBuf {
        let mut path = self.folder.join(format!("{stem}.json"));
        let mut number = 1;
        while path.exists() || self.current.iter().any(|(known, _)| *known == path) {
            number += 1;
            path = self.folder.join(format!("{stem}-{number}.json"));
        }
        path
    }
}

/// Returns the request and the response as text. The description and the provenance are left out, because a person may have edited
/// them, and the date differs.
fn text(recording: &Recording) -> String {
    serde_json::to_string(&(&recording.request, &recording.response)).unwrap_or_default()
}

/// Returns the name of a file without its extension: the operation, the path parameters, the status code.
fn stem(operation: &Operation<'_>, recording: &Recording) -> String {
    let parameters = operation.captures(&recording.request.path);
    let mut name = operation.name().to_kebab_case();
    for (_, value) in parameters.unwrap_or_default() {
        name.push('-');
        name.extend(value.chars().map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => c.to_ascii_lowercase(),
            _ => '-',
        }));
    }
    format!("{name}-{}", recording.response.status)
}
