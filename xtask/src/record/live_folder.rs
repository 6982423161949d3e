//! The folder `tests/recordings/live`, in which `cargo xtask record` creates recordings with pseudonyms (invented values) instead of
//! personal data. An existing file is never replaced, because a person may have edited it.

use std::path::PathBuf;

use cloud_partner_recordings::load;
use cloud_partner_recordings::recording::Recording;
use heck::ToKebabCase;

use super::pseudonyms::without_pseudonyms;
use crate::files;
use crate::spec::Operation;

pub struct LiveFolder {
    folder: PathBuf,
    /// The files of earlier runs that this run hasn't recorded again, each with the text of its recording without pseudonyms.
    earlier: Vec<(PathBuf, String)>,
    /// The files of this run, new or unchanged, each with the text of this run's recording.
    current: Vec<(PathBuf, String)>,
}

impl LiveFolder {
    /// Reads the recordings in the folder.
    pub fn read() -> Self {
        let folder = files::root().join("tests/recordings/live");
        let stored = load::every_recording(&folder).items.into_iter();
        let earlier =
            stored.map(|stored| (stored.file, without_pseudonyms(&text(&stored.recording))));
        Self {
            earlier: earlier.collect(),
            current: Vec::new(),
            folder,
        }
    }

    /// Returns an unused path for a new recording. If the folder already has a recording of the same response, returns the path of that
    /// recording as the error.
    ///
    /// Each run assigns new pseudonyms, so a value can have different pseudonyms in two runs. Therefore pseudonyms are ignored in the
    /// comparison with recordings of earlier runs. Within a run, two recordings with different pseudonyms have different values.
    pub fn unused_path(
        &mut self,
        operation: &Operation<'_>,
        recording: &Recording,
    ) -> Result<PathBuf, PathBuf> {
        let text = text(recording);
        if let Some((path, _)) = self.current.iter().find(|(_, known)| *known == text) {
            return Err(path.clone());
        }
        let similar = without_pseudonyms(&text);
        if let Some(index) = self.earlier.iter().position(|(_, known)| *known == similar) {
            let (path, _) = self.earlier.remove(index);
            self.current.push((path.clone(), text));
            return Err(path);
        }
        let name = file_name(operation, recording);
        let mut path = self.folder.join(format!("{name}.json"));
        let mut number = 1;
        // In a dry run, the files in `current` don't exist.
        while path.exists() || self.current.iter().any(|(known, _)| *known == path) {
            number += 1;
            path = self.folder.join(format!("{name}-{number}.json"));
        }
        self.current.push((path.clone(), text));
        Ok(path)
    }
}

/// Returns the request and the response as text. The description and the provenance are left out: a person may have edited them, and the
/// provenance contains the date.
fn text(recording: &Recording) -> String {
    serde_json::to_string(&(&recording.request, &recording.response)).unwrap_or_default()
}

/// Returns the name of a file without its extension: the operation, the path parameters, the status code.
fn file_name(operation: &Operation<'_>, recording: &Recording) -> String {
    let parameters = operation.captures(&recording.request.path);
    let mut name = operation.name.to_kebab_case();
    for (_, value) in parameters.unwrap_or_default() {
        name.push('-');
        name += &value.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    }
    format!(
        "{}-{}",
        name.to_ascii_lowercase(),
        recording.response.status
    )
}
