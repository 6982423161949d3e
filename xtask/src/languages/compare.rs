//! What a driver printed, in normal form, and where it differs from what the SDK's driver printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::cases::Case;
use crate::coverage::answer;
use crate::coverage::sites::{self, Site};
use crate::validate::Checker;

/// A line of a driver: what one call gave.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    case: String,
    #[serde(default, deserialize_with = "there")]
    answer: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    read: Option<Value>,
    failure: Option<Failed>,
    exception: Option<String>,
}

/// An answer that isn't a success.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    status: u16,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: Value,
}

/// A member that is there, and be it null.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What one call gave, in normal form.
enum Given {
    Answer { answer: Value, read: Value },
    Failure { status: u16, all: Value },
    Exception(String),
}

/// What a driver printed, call by call.
#[derive(Default)]
pub struct Lines(BTreeMap<String, Given>);

/// Where two lines differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The call.
    pub case: String,
    /// What of its line: a path, in which only a scalar's index in its array is told.
    pub path: String,
    /// What the line has there, and what the SDK's has.
    pub said: String,
}

impl Difference {
    /// As limits write it.
    pub fn name(&self) -> String {
        format!("{}: {}", self.case, self.path)
    }
}

impl Lines {
    /// Reads what a driver printed. The error says which line is none.
    pub fn parse(text: &str, cases: &[Case], checker: &Checker<'_>) -> Result<Self, String> {
        let mut lines = BTreeMap::new();
        for (index, text) in text.lines().enumerate() {
            let at = format!("line {} of its output", index + 1);
            let line: Line =
                serde_json::from_str(text).map_err(|error| format!("{at}: {error}"))?;
            let name = line.case.clone();
            let Some(case) = cases.iter().find(|case| case.name == name) else {
                return Err(format!("{at} is about `{name}`, which nobody asked for"));
            };
            let given = line.normal(case, checker).ok_or_else(|| {
                format!("{at}, about {name}, must have an answer with what was read of it, or a failure, or an exception, and has another choice of these")
            })?;
            if lines.insert(name.clone(), given).is_some() {
                return Err(format!("{at} is the second about {name}"));
            }
        }
        Ok(Self(lines))
    }

    /// How many of the calls were answered: none of those can have been made without a request.
    pub fn answered(&self) -> usize {
        let exception = |given: &&Given| matches!(given, Given::Exception(_));
        self.0.len() - self.0.values().filter(exception).count()
    }

    /// Where these lines differ from the SDK's, in the order of the calls; a path that differs more than once in a line is told
    /// once.
    pub fn differences(&self, right: &Self, cases: &[Case]) -> Vec<Difference> {
        let mut all: Vec<Difference> = Vec::new();
        for case in cases {
            let mut paths = Vec::new();
            match (self.0.get(&case.name), right.0.get(&case.name)) {
                (None, _) => paths.push(("nothing".to_owned(), "no line".to_owned())),
                (
                    Some(Given::Answer { answer, read }),
                    Some(Given::Answer {
                        answer: right,
                        read: right_read,
                    }),
                ) => {
                    differ(right, answer, "answer".to_owned(), &mut paths);
                    differ(right_read, read, "read".to_owned(), &mut paths);
                }
                (Some(Given::Failure { all, .. }), Some(Given::Failure { all: right, .. })) => {
                    differ(right, all, "failure".to_owned(), &mut paths);
                }
                // Of two different kinds, the kind is what differs. The SDK never throws.
                (Some(Given::Answer { answer, .. }), _) => {
                    paths.push(("answer".to_owned(), short(answer)));
                }
                (Some(Given::Failure { status, all }), _) => {
                    paths.push((format!("failure {status}"), short(all)));
                }
                (Some(Given::Exception(text)), _) => {
                    let kind = text.split(':').next().unwrap_or_default().trim();
                    paths.push((format!("exception {kind}"), short(&text.as_str().into())));
                }
            }
            let mut told: Vec<String> = Vec::new();
            for (path, said) in paths {
                if !told.contains(&path) {
                    told.push(path.clone());
                    all.push(Difference {
                        case: case.name.clone(),
                        path,
                        said,
                    });
                }
            }
        }
        all
    }
}

impl Line {
    /// `None` when it isn't of exactly one kind.
    fn normal(self, case: &Case, checker: &Checker<'_>) -> Option<Given> {
        match (self.answer, self.read, self.failure, self.exception) {
            (Some(answer), Some(read), None, None) => Some(Given::Answer {
                answer: named(case, checker, &answer),
                read: without_empty_text(read),
            }),
            (None, None, Some(failed), None) => Some(Given::Failure {
                status: failed.status,
                all: Value::Object(Map::from_iter([
                    ("status".to_owned(), failed.status.into()),
                    ("code".to_owned(), without_empty_text(failed.code)),
                    ("message".to_owned(), first_line(failed.message)),
                ])),
            }),
            (None, None, None, Some(exception)) => Some(Given::Exception(exception)),
            _ => None,
        }
    }
}

/// What the contract names of an answer, without what says nothing.
fn named(case: &Case, checker: &Checker<'_>, value: &Value) -> Value {
    let response = answer::answered(checker, &case.recording);
    let body = response.and_then(|response| {
        let (content, recorded) = answer::sent(checker, &case.recording, &response)?;
        sites::body(checker, &content, Some(&recorded))
    });
    body.map_or_else(|| value.clone(), |body| named_in(checker, &body, value))
}

fn named_in(checker: &Checker<'_>, site: &Site<'_>, value: &Value) -> Value {
    let inner = sites::inside(checker, site, Some(value));
    let names_members = site
        .facets
        .iter()
        .any(|(_, schema)| schema.get("properties").is_some() || schema.get("items").is_some());
    match value {
        Value::Object(_) if names_members => inner
            .into_iter()
            .filter_map(|inner| {
                let value = named_in(checker, &inner.site, inner.value?);
                (!is_nothing(&value)).then_some((inner.key, value))
            })
            .collect(),
        Value::Array(_) if names_members => inner
            .into_iter()
            .filter_map(|inner| Some(named_in(checker, &inner.site, inner.value?)))
            .collect(),
        other => other.clone(),
    }
}

/// Absent, null and empty are the same, by the contract's own words.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn without_empty_text(value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(elements) => elements.into_iter().map(without_empty_text).collect(),
        other => other,
    }
}

/// A message can hold the server's stack trace; people are shown its first line.
fn first_line(value: Value) -> Value {
    match value {
        Value::String(text) => without_empty_text(text.lines().next().unwrap_or_default().into()),
        other => other,
    }
}

fn differ(expected: &Value, got: &Value, path: String, found: &mut Vec<(String, String)>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            let names = expected
                .keys()
                .chain(got.keys().filter(|name| !expected.contains_key(*name)));
            for name in names {
                let of =
                    |members: &Map<String, Value>| members.get(name).cloned().unwrap_or_default();
                differ(&of(expected), &of(got), format!("{path}.{name}"), found);
            }
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
                // The columns of a row mean different things; rows and other lists are as long as they like.
                let index = if expected.is_array() || expected.is_object() {
                    String::new()
                } else {
                    index.to_string()
                };
                differ(expected, got, format!("{path}[{index}]"), found);
            }
        }
        _ if expected == got => {}
        (_, Value::Null) => {
            found.push((
                format!("{path} lost"),
                format!("the SDK has {}", short(expected)),
            ));
        }
        _ => found.push((
            path,
            format!("{}, the SDK has {}", short(got), short(expected)),
        )),
    }
}

fn short(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    let cut: String = text.chars().take(MOST).collect();
    format!("{cut}…")
}
