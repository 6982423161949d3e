//! What a driver printed, in normal form, and where it differs from what the SDK's driver printed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::cases::Case;
use crate::coverage::answer;
use crate::coverage::sites::{self, Site};
use crate::validate::Checker;

/// A line of a driver: what one call gave.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    case: String,
    answer: Option<Value>,
    read: Option<Value>,
    failure: Option<Failed>,
    exception: Option<String>,
}

/// An answer that isn't a success.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    status: Value,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: Value,
}

/// What a driver printed: for each call the parts of its line by name, such as `answer` and `read`, in normal form.
#[derive(Default)]
pub struct Lines(BTreeMap<String, BTreeMap<&'static str, Value>>);

/// Where two lines differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The call.
    pub case: String,
    /// What of its line: a path in which an array's indexes are left out.
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
            let line: Line = serde_json::from_str(text)
                .map_err(|error| format!("line {} of its output: {error}", index + 1))?;
            let Some(case) = cases.iter().find(|case| case.name == line.case) else {
                return Err(format!(
                    "line {} of its output is about `{}`, which nobody asked for",
                    index + 1,
                    line.case
                ));
            };
            let parts = line.normal(case, checker);
            if lines.insert(case.name.clone(), parts).is_some() {
                return Err(format!("two lines of its output are about {}", case.name));
            }
        }
        Ok(Self(lines))
    }

    /// Where these lines differ from the SDK's, in the order of the calls; a path that differs more than once in a line is told
    /// once.
    pub fn differences(&self, right: &Self, cases: &[Case]) -> Vec<Difference> {
        let mut all = Vec::new();
        for case in cases {
            let of = |lines: &'_ Self| lines.0.get(&case.name).cloned();
            let (Some(got), expected) = (of(self), of(right).unwrap_or_default()) else {
                all.push(Difference {
                    case: case.name.clone(),
                    path: "nothing".to_owned(),
                    said: "no line".to_owned(),
                });
                continue;
            };
            let mut paths = Vec::new();
            let same_kind = got.keys().eq(expected.keys());
            for (name, value) in &got {
                // Of two lines of different kinds, the kind is what differs.
                match expected.get(name).filter(|_| same_kind) {
                    // Each has its own words for the same.
                    Some(_) if *name == "exception" => {}
                    Some(expected) => differ(expected, value, (*name).to_owned(), &mut paths),
                    None => paths.push(((*name).to_owned(), value.to_string())),
                }
            }
            let mut told: Vec<&str> = Vec::new();
            for (path, said) in &paths {
                if !told.contains(&path.as_str()) {
                    told.push(path);
                    all.push(Difference {
                        case: case.name.clone(),
                        path: path.clone(),
                        said: said.clone(),
                    });
                }
            }
        }
        all
    }
}

impl Line {
    fn normal(self, case: &Case, checker: &Checker<'_>) -> BTreeMap<&'static str, Value> {
        let mut parts = BTreeMap::new();
        if let Some(answer) = self.answer {
            parts.insert("answer", named(case, checker, &answer));
            parts.insert("read", without_empty_text(self.read.unwrap_or_default()));
        }
        if let Some(failed) = self.failure {
            let failure = Map::from_iter([
                ("status".to_owned(), failed.status),
                ("code".to_owned(), without_empty_text(failed.code)),
                ("message".to_owned(), first_line(failed.message)),
            ]);
            parts.insert("failure", Value::Object(failure));
        }
        if let Some(exception) = self.exception {
            parts.insert("exception", Value::String(exception));
        }
        parts
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
            for (expected, got) in expected.iter().zip(got) {
                differ(expected, got, format!("{path}[]"), found);
            }
        }
        _ if expected == got => {}
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
