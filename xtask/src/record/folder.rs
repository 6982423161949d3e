//! The folder of the recordings: finds the recording of an unchanged response, and names the files of new recordings.

use std::path::PathBuf;

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::store;
use heck::ToKebabCase;

use super::pseudonyms;
use crate::files;
use crate::spec::Operation;

/// The recordings in the output folder. Files are never replaced, because a person may have edited them.
pub struct OutputFolder {
    folder: PathBuf,
    recordings: Vec<KnownRecording>,
}

/// A recording in the output folder, or a new recording of this run.
struct KnownRecording {
    path: PathBuf,
    /// The request and the response as text. The description and the provenance are left out: they may have been edited, and the
    /// date differs.
    text: String,
    /// The same text without pseudonyms, for comparison with captures of this run. `None` if the recording is equal to a capture
    /// of this run: two captures of one run that differ in pseudonyms differ in real values.
    without_pseudonyms: Option<String>,
}

impl OutputFolder {
    /// Reads the recordings in a folder.
    pub fn read(folder: PathBuf) -> Self {
        let stored = store::recordings(&folder).found.into_iter();
        let recordings = stored.map(|stored| {
            let text = text(&stored.recording);
            KnownRecording {
                path: stored.file,
                without_pseudonyms: Some(pseudonyms::without_pseudonyms(&text)),
                text,
            }
        });
        Self {
            recordings: recordings.collect(),
            folder,
        }
    }

    /// Returns the relative path from the folder to the JSON Schema; `None` if the folder isn't below `tests`.
    pub fn schema(&self) -> Option<String> {
        let folder = std::path::absolute(&self.folder).ok()?;
        let below = folder.strip_prefix(files::root().join("tests")).ok()?;
        let up = "../".repeat(below.components().count());
        Some(format!("{up}recording.schema.json"))
    }

    /// Returns an unused path for a new recording. If a known recording differs from it at most in pseudonyms, returns the path of
    /// the known recording as the error.
    pub fn place(
        &mut self,
        operation: &Operation<'_>,
        recording: &Recording,
    ) -> Result<PathBuf, PathBuf> {
        let text = text(recording);
        let without_pseudonyms = Some(pseudonyms::without_pseudonyms(&text));
        let known = &self.recordings;
        let same = known.iter().position(|known| known.text == text);
        let similar = || {
            known
                .iter()
                .position(|known| known.without_pseudonyms == without_pseudonyms)
        };
        if let Some(index) = same.or_else(similar) {
            let known = &mut self.recordings[index];
            (known.text, known.without_pseudonyms) = (text, None);
            return Err(known.path.clone());
        }
        let stem = stem(operation, recording);
        let mut path = self.folder.join(format!("{stem}.json"));
        let mut number = 1;
        while path.exists() || self.recordings.iter().any(|known| known.path == path) {
            number += 1;
            path = self.folder.join(format!("{stem}-{number}.json"));
        }
        self.recordings.push(KnownRecording {
            path: path.clone(),
            text,
            without_pseudonyms: None,
        });
        Ok(path)
    }
}

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
