//! One finding: what was found, where in the recording and where in the contract.

use serde::Serialize;

use super::codes::Code;
use super::secrets;
use crate::generator::contract::Contract;
use crate::report::Level;

/// A finding as a check makes it, with JSON pointers only.
#[derive(Clone, Debug)]
pub struct Found {
    /// What kind of finding.
    pub code: &'static Code,
    /// How much it matters here.
    pub level: Level,
    /// Where in the recording.
    pub recording: Option<String>,
    /// Where in the contract.
    pub contract: Option<String>,
    /// What is the matter, in a sentence without a full stop.
    pub message: String,
}

impl Found {
    /// A finding at `recording`, a JSON pointer into the recording.
    pub fn at(
        code: &'static Code,
        recording: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            level: code.level,
            recording: Some(recording.into()),
            contract: None,
            message: message.into(),
        }
    }

    /// A finding about the contract alone.
    pub fn contract(
        code: &'static Code,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            level: code.level,
            recording: None,
            contract: Some(pointer.into()),
            message: message.into(),
        }
    }

    /// The same, with the JSON pointer of the contract's claim.
    pub fn against(mut self, pointer: impl Into<String>) -> Self {
        self.contract = Some(pointer.into());
        self
    }

    /// The same, but only worth a note if `lenient`.
    pub fn note_if(mut self, lenient: bool) -> Self {
        if lenient {
            self.level = Level::Note;
        }
        self
    }

    /// The finding as it is reported. Nothing in it shows a secret: not a pointer that leads past one, not a message.
    pub fn locate(self, file: Option<&str>, contract: &Contract) -> Finding {
        let recording = file.map(|file| InRecording {
            file: file.to_owned(),
            pointer: secrets::mask_pointer(&self.recording.unwrap_or_default()),
            line: None,
            column: None,
        });
        let contract = self.contract.map(|pointer| {
            let location = contract.location(&pointer);
            InContract {
                file: contract.path.display().to_string(),
                pointer,
                line: location.line,
                column: location.column,
            }
        });
        Finding {
            code: self.code.id,
            name: self.code.name,
            level: self.level,
            message: secrets::mask(&self.message),
            recording,
            contract,
        }
    }
}

/// A finding as it is reported; its members are the JSON report's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The code that never changes.
    pub code: &'static str,
    /// The same in words.
    pub name: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What is the matter.
    pub message: String,
    /// Where in a recording, if it is about one.
    pub recording: Option<InRecording>,
    /// Where in the contract, if there is such a place.
    pub contract: Option<InContract>,
}

/// A place in a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InRecording {
    /// The file.
    pub file: String,
    /// The JSON pointer.
    pub pointer: String,
    /// The line, where the file couldn't be read as a recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// A place in the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InContract {
    /// The file.
    pub file: String,
    /// The JSON pointer.
    pub pointer: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// The contract's own findings first, then by file and place. Elements come in the order of their numbers.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by_cached_key(|finding| {
        let recording = finding.recording.as_ref();
        let contract = finding.contract.as_ref();
        (
            recording.map(|place| place.file.clone()),
            recording.map(|place| (place.line, by_number(&place.pointer))),
            finding.code,
            contract.map(|place| (place.line, place.column, place.pointer.clone())),
            finding.message.clone(),
        )
    });
    findings.dedup();
}

fn by_number(pointer: &str) -> Vec<(Option<usize>, String)> {
    pointer
        .split('/')
        .map(|segment| (segment.parse().ok(), segment.to_owned()))
        .collect()
}
