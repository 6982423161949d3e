//! Converts the text of a YAML file to a JSON value, and records the line and column of each value in the file.

use std::collections::HashMap;
use std::fmt;

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, YamlData};
use serde_json::{Map, Number, Value};

/// The content of a spec or another YAML file, with the line and column of each value.
#[derive(Clone)]
pub struct Spec {
    /// The name of the file, for messages.
    pub file: String,
    /// The whole document.
    pub value: Value,
    locations: HashMap<String, Location>,
}

/// A position in a file. Lines and columns count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

const START: Location = Location { line: 1, column: 1 };

impl From<&Marker> for Location {
    fn from(marker: &Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col() + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The message of an error in a spec. The message begins with the file, the line and the column.
#[derive(Debug)]
pub struct SpecError(pub String);

impl Spec {
    /// Parses the text of a spec. Error messages begin with the file name `file`.
    pub fn parse(file: &str, text: &str) -> Result<Self, SpecError> {
        let spec = Self::yaml(file, text)?;
        if spec.value.is_object() {
            return Ok(spec);
        }
        Err(spec.error(
            "",
            "the spec isn't a YAML mapping with `openapi`, `info` and `paths`",
        ))
    }

    /// Parses the text of a YAML file with one document. Error messages begin with the file name `file`.
    pub fn yaml(file: &str, text: &str) -> Result<Self, SpecError> {
        let mut spec = Self {
            file: file.to_owned(),
            value: Value::Null,
            locations: HashMap::new(),
        };
        let documents = MarkedYaml::load_from_str(text).map_err(|invalid| {
            let message = format!("the file isn't valid YAML: {}", invalid.info());
            spec.error_at(invalid.marker().into(), message)
        })?;
        let [document] = documents.as_slice() else {
            let number = documents.len();
            let message =
                format!("the file must contain one YAML document, and it contains {number}");
            return Err(spec.error_at(START, message));
        };
        spec.value = spec.convert(document, String::new())?;
        Ok(spec)
    }

    /// Returns the position of the value at a JSON pointer. For a property, this is the position of its key. If the value
    /// doesn't exist, returns the position of the nearest existing parent.
    pub fn location<'p>(&self, pointer: &'p str) -> Location {
        let parent = |pointer: &&'p str| Some(pointer.rsplit_once('/')?.0);
        std::iter::successors(Some(pointer), parent)
            .find_map(|pointer| self.locations.get(pointer))
            .copied()
            .unwrap_or(START)
    }

    /// Creates an error about the value at a JSON pointer.
    pub fn error(&self, pointer: &str, message: impl Into<String>) -> SpecError {
        self.error_at(self.location(pointer), message)
    }

    fn error_at(&self, location: Location, message: impl Into<String>) -> SpecError {
        SpecError(format!("{}:{location}: {}", self.file, message.into()))
    }

    /// Converts a YAML node to JSON, and records the location of each value.
    fn convert(&mut self, node: &MarkedYaml<'_>, pointer: String) -> Result<Value, SpecError> {
        let here = Location::from(&node.span.start);
        let value = match &node.data {
            YamlData::Value(scalar) => match scalar {
                Scalar::Null => Value::Null,
                Scalar::Boolean(value) => Value::Bool(*value),
                Scalar::Integer(value) => Value::Number((*value).into()),
                Scalar::FloatingPoint(value) => Number::from_f64(value.into_inner())
                    .map(Value::Number)
                    .ok_or_else(|| self.error_at(here, "JSON can't represent the number"))?,
                Scalar::String(value) => Value::String(value.clone().into_owned()),
            },
            YamlData::Sequence(nodes) => Value::Array(
                nodes
                    .iter()
                    .enumerate()
                    .map(|(index, node)| self.convert(node, format!("{pointer}/{index}")))
                    .collect::<Result<_, _>>()?,
            ),
            YamlData::Mapping(nodes) => {
                let mut properties = Map::new();
                for (key, node) in nodes {
                    let key_location = Location::from(&key.span.start);
                    // An unquoted key such as `200:` is a number in YAML, but the keys of JSON are strings.
                    let key = match &key.data {
                        YamlData::Value(Scalar::String(key)) => key.clone().into_owned(),
                        YamlData::Value(Scalar::Integer(key)) => key.to_string(),
                        YamlData::Value(Scalar::Boolean(key)) => key.to_string(),
                        _ => {
                            return Err(
                                self.error_at(key_location, "a property's name must be text")
                            );
                        }
                    };
                    let pointer = format!("{pointer}/{}", pointer_segment(&key));
                    let value = self.convert(node, pointer.clone())?;
                    self.locations.insert(pointer, key_location);
                    properties.insert(key, value);
                }
                Value::Object(properties)
            }
            _ => {
                let message = "the value has a tag, or is an alias without an anchor: remove the tag or alias";
                return Err(self.error_at(here, message));
            }
        };
        self.locations.entry(pointer).or_insert(here);
        Ok(value)
    }
}

/// Returns the segment of a JSON pointer for `key` (RFC 6901).
pub fn pointer_segment(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
