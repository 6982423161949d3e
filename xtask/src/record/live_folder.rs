//! Chooses the paths of new recordings in the folder `tests/recordings/live`. `cargo xtask record` never replaces an existing file, because
//! a person may have edited it.
//!
//! In these recordings, *pseudonyms* (invented values such as `offer-1`) replace personal data.

use std::path::PathBuf;

use cloud_partner_recordings::load;
use cloud_partner_recordings::recording::Recording;
use heck::ToKebabCase;

use super::pseudonyms::without_pseudonyms;
use crate::files;
use crate::spec::Operation;

pub struct LiveFolder {
    folder: PathBuf,
    /// The recordings of earlier runs: the file, and the text without pseudonyms. If this run receives the same response again, the entry
    /// moves to `current`.
    earlier: Vec<(PathBuf, String)>,
    /// The recordings of this run: the file, and the text with this run's pseudonyms.
    current: Vec<(PathBuf, String)>,
}

impl LiveFolder {
    /// Reads the recordings in the folder. Ignores files that can't be read.
    pub fn read() -> Self {
        let folder = files::root().join("tests/recordings/live");
        let recordings = load::every_recording(&folder).items.into_iter();
        let earlier = recordings.map(|earlier| {
            let text = without_pseudonyms(&text(&earlier));
            (earlier.file, text)
        });
        Self {
            earlier: earlier.collect(),
            current: Vec::new(),
            folder,
        }
    }

    /// Returns an unused path for a new recording. If the folder already has a recording of the same response, returns the path of that
    /// recording as the error.
    ///
    /// The same value can have different pseudonyms in two runs, so the comparison with earlier runs ignores pseudonyms. Within a run, a
    /// value always has the same pseudonym, so the comparison includes pseudonyms.
    pub fn unused_path(
        &mut self,
        operation: &Operation<'_>,
        recording: &Recording,
    ) -> Result<PathBuf, PathBuf> {
        let text = text(recording);
        if let Some((path, _)) = self.current.iter().find(|(_, current)| *current == text) {
            return Err(path.clone());
        }
        let comparable = without_pseudonyms(&text);
        let mut earlier = self.earlier.iter();
        if let Some(index) = earlier.position(|(_, earlier)| *earlier == comparable) {
            let (path, _) = self.earlier.remove(index);
            self.current.push((path.clone(), text));
            return Err(path);
        }
        let name = file_name(operation, recording);
        let mut path = self.folder.join(format!("{name}.json"));
        let mut number = 1;
        while path.exists() {
            number += 1;
            path = self.folder.join(format!("{name}-{number}.json"));
        }
        self.current.push((path.clone(), text));
        Ok(path)
    }
}

/// Returns the request and the response as text, without the description and the provenance. A person may have edited both, and the
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
