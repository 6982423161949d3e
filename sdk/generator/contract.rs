//! The contract as it is read: its JSON value, and where each part of it stands in the file.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Number, Value};

/// A contract read from a file.
#[derive(Clone)]
pub struct Contract {
    /// The file it was read from.
    pub path: PathBuf,
    /// The whole document.
    pub value: Value,
    locations: HashMap<String, Location>,
}

/// A place in the contract's file; both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Why a contract can't be read.
#[derive(Debug)]
pub struct ContractError {
    /// The file.
    pub path: PathBuf,
    /// Where in the file, when it was read that far.
    pub location: Option<Location>,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(location) = self.location {
            write!(f, ":{location}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ContractError {}

impl Contract {
    /// Reads the contract at `path`.
    pub fn load(path: &Path) -> Result<Self, ContractError> {
        let text = std::fs::read_to_string(path).map_err(|error| ContractError {
            path: path.to_owned(),
            location: None,
            message: format!("the contract can't be read: {error}"),
        })?;
        Self::parse(path, &text)
    }

    /// Reads a contract from `text`; `path` is only what messages call it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ContractError> {
        let contract = Self::yaml(path, text)?;
        if !contract.value.is_object() {
            return Err(contract.error(
                "",
                "a contract is a YAML mapping with `openapi`, `info` and `paths`",
            ));
        }
        Ok(contract)
    }

    /// Reads any YAML document as a contract is read: knowing where everything stands.
    pub fn yaml(path: &Path, text: &str) -> Result<Self, ContractError> {
        let fail = |location, message: String| ContractError {
            path: path.to_owned(),
            location,
            message,
        };
        let documents = MarkedYaml::load_from_str(text).map_err(|error| {
            let marker = error.marker();
            let location = Location {
                line: marker.line(),
                column: marker.col() + 1,
            };
            fail(Some(location), format!("not YAML: {}", error.info()))
        })?;
        let [document] = documents.as_slice() else {
            return Err(fail(
                None,
                format!(
                    "this must be one YAML document, and the file holds {}",
                    documents.len()
                ),
            ));
        };
        let mut locations = HashMap::new();
        let value = convert(document, String::new(), &mut locations)
            .map_err(|(location, message)| fail(Some(location), message))?;
        Ok(Self {
            path: path.to_owned(),
            value,
            locations,
        })
    }

    /// Where the part that the JSON pointer names begins: a member's key, or an element. A pointer that names nothing
    /// gives its nearest parent.
    #[must_use]
    pub fn location(&self, pointer: &str) -> Location {
        let mut pointer = pointer;
        loop {
            if let Some(location) = self.locations.get(pointer) {
                return *location;
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => return Location { line: 1, column: 1 },
            }
        }
    }

    /// An error about the part that the JSON pointer names.
    #[must_use]
    pub fn error(&self, pointer: &str, message: impl Into<String>) -> ContractError {
        ContractError {
            path: self.path.clone(),
            location: Some(self.location(pointer)),
            message: message.into(),
        }
    }
}

/// A JSON pointer's segment for `key` (RFC 6901).
#[must_use]
pub fn pointer_segment(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn convert(
    node: &MarkedYaml<'_>,
    pointer: String,
    locations: &mut HashMap<String, Location>,
) -> Result<Value, (Location, String)> {
    let here = Location {
        line: node.span.start.line(),
        column: node.span.start.col() + 1,
    };
    let value = match &node.data {
        YamlData::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::Bool(*value),
            Scalar::Integer(value) => Value::Number((*value).into()),
            Scalar::FloatingPoint(value) => Number::from_f64(value.into_inner())
                .map(Value::Number)
                .ok_or_else(|| (here, "a number that JSON can't hold".to_owned()))?,
            Scalar::String(value) => Value::String(value.clone().into_owned()),
        },
        YamlData::Sequence(nodes) => Value::Array(
            nodes
                .iter()
                .enumerate()
                .map(|(index, node)| convert(node, format!("{pointer}/{index}"), locations))
                .collect::<Result<_, _>>()?,
        ),
        YamlData::Mapping(nodes) => {
            let mut members = Map::new();
            for (key, node) in nodes {
                let key_location = Location {
                    line: key.span.start.line(),
                    column: key.span.start.col() + 1,
                };
                // Unquoted `200:` and `null:` are numbers and nulls in YAML; JSON's keys are text.
                let key = match &key.data {
                    YamlData::Value(Scalar::String(key)) => key.clone().into_owned(),
                    YamlData::Value(Scalar::Integer(key)) => key.to_string(),
                    YamlData::Value(Scalar::Boolean(key)) => key.to_string(),
                    _ => return Err((key_location, "a member's name must be text".to_owned())),
                };
                let pointer = format!("{pointer}/{}", pointer_segment(&key));
                let value = convert(node, pointer.clone(), locations)?;
                locations.insert(pointer, key_location);
                members.insert(key, value);
            }
            Value::Object(members)
        }
        YamlData::Tagged(..) => return Err((here, "YAML tags have no meaning here".to_owned())),
        YamlData::Alias(_) => return Err((here, "an alias to an unknown anchor".to_owned())),
        YamlData::Representation(..) | YamlData::BadValue => {
            return Err((here, "a value that doesn't fit its tag".to_owned()));
        }
    };
    locations.entry(pointer).or_insert(here);
    Ok(value)
}
