//! The findings of the checks, with JSON pointers instead of files and lines.

use super::codes::Code;
use crate::report::Level;

/// A finding without the files of its places.
#[derive(Clone, Debug)]
pub struct Found {
    /// The kind of finding.
    pub code: &'static Code,
    /// The severity.
    pub level: Level,
    /// The JSON pointer in the recording.
    pub recording: Option<String>,
    /// The JSON pointer in the spec.
    pub spec: Option<String>,
    /// The description of the problem, without a full stop.
    pub message: String,
}

impl Found {
    /// Makes a finding at a JSON pointer in the recording.
    pub fn at(
        code: &'static Code,
        recording: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            level: code.level,
            recording: Some(recording.into()),
            spec: None,
            message: message.into(),
        }
    }

    /// Makes a finding about the spec, without a recording.
    pub fn in_spec(
        code: &'static Code,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            level: code.level,
            recording: None,
            spec: Some(pointer.into()),
            message: message.into(),
        }
    }

    /// Adds the JSON pointer of the statement in the spec.
    pub fn against(mut self, pointer: impl Into<String>) -> Self {
        self.spec = Some(pointer.into());
        self
    }

    /// Makes the finding a note if `lenient`.
    pub fn note_if(mut self, lenient: bool) -> Self {
        if lenient {
            self.level = Level::Note;
        }
        self
    }
}
