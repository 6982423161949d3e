//! Validates the request of a recording, and the headers of the response, which the spec describes in the same way.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::checker::{Check, typed};
use super::codes::{self, Code};
use crate::report::Level;
use crate::spec::{Node, Operation, Parameter, pointer_segment};

/// The query parameter whose value is the spec's `info.version`.
const API_VERSION: &str = "api-version";

/// A mapping of names to texts in a recording, and the codes of its findings.
pub(super) struct Texts {
    /// The JSON pointer of the mapping.
    pub pointer: &'static str,
    /// `parameter` or `header`.
    pub noun: &'static str,
    /// The code for a required name that is missing.
    pub missing: &'static Code,
    /// The code for a text that is invalid against its schema.
    pub invalid: &'static Code,
    /// The code and message for a name that the spec doesn't describe.
    pub unknown: (&'static Code, &'static str),
    /// The names that the spec describes elsewhere, or that every client sends.
    pub usual: &'static [&'static str],
}

const QUERY: Texts = Texts {
    pointer: "/request/query",
    noun: "parameter",
    missing: codes::MISSING_PARAMETER,
    invalid: codes::PARAMETER_VALUE,
    unknown: (
        codes::UNKNOWN_PARAMETER,
        "the operation doesn't have the query parameter",
    ),
    usual: &[],
};

const HEADERS: Texts = Texts {
    pointer: "/request/headers",
    unknown: (
        codes::UNKNOWN_HEADER,
        "the operation doesn't have the request header",
    ),
    usual: &[
        "accept",
        "accept-encoding",
        "authorization",
        "content-type",
        "host",
        "user-agent",
    ],
    ..QUERY
};

/// The description of a text in the spec.
pub(super) struct Described<'s> {
    /// The name in recordings; in lower case for a header.
    pub key: String,
    /// The name in messages.
    pub name: String,
    /// The parameter or header.
    pub node: Node<'s>,
}

impl<'c, 's> Check<'c, 's> {
    /// Returns the operation of the request. If there isn't exactly one, adds a finding.
    pub fn operation(&mut self) -> Option<&'c Operation<'s>> {
        let request = &self.recording.request;
        let operations = self.checker.operations.iter();
        let with_path: Vec<&Operation<'s>> = operations
            .filter(|operation| operation.captures(&request.path).is_some())
            .collect();
        let mut candidates = with_path.clone();
        candidates.retain(|operation| operation.method == request.method);
        // If several path templates match, the parameters' schemas decide, and then, as OpenAPI requires, the template with the
        // fewest parameters.
        let rank = |operation: &Operation<'s>| {
            let is_invalid = !self.accepts_path(operation);
            (is_invalid, operation.templates().count())
        };
        let lowest = candidates.iter().map(|operation| rank(operation)).min();
        candidates.retain(|operation| Some(rank(operation)) == lowest);
        let what = if self.quotes {
            format!("{} {}", request.method, request.path)
        } else {
            "the request".to_owned()
        };
        match candidates.as_slice() {
            [operation] => return Some(operation),
            [first, second, ..] => {
                let message = format!("{what} matches both {} and {}", first.path, second.path);
                let statement = first.node.pointer.clone();
                self.add(
                    codes::AMBIGUOUS_OPERATION,
                    "/request/path",
                    message,
                    &statement,
                );
            }
            [] => {
                let (pointer, why) = if with_path.is_empty() {
                    ("/request/path", "the spec has no such path template")
                } else {
                    (
                        "/request/method",
                        "the spec has the path only with other methods",
                    )
                };
                self.add(
                    codes::UNKNOWN_OPERATION,
                    pointer,
                    format!("{what}: {why}"),
                    "/paths",
                );
            }
        }
        None
    }

    /// Returns whether the path parameters are valid against their schemas.
    fn accepts_path(&self, operation: &Operation<'s>) -> bool {
        let captured = captured(operation, &self.recording.request.path);
        captured.into_iter().all(|(parameter, text)| {
            let schema = parameter.node.child("schema");
            let text = percent_decode_str(text).decode_utf8();
            text.is_ok_and(|text| {
                schema.is_none_or(|schema| {
                    let value = typed(&parameter.node, &schema, &text);
                    self.checker.schemas.accepts(&schema.pointer, &value)
                })
            })
        })
    }

    /// Validates the path parameters.
    pub fn path_parameters(&mut self, operation: &Operation<'s>) {
        let (code, pointer) = (codes::PATH_PARAMETER, "/request/path");
        for (parameter, text) in captured(operation, &self.recording.request.path) {
            let name = &parameter.name;
            let Ok(text) = percent_decode_str(text).decode_utf8() else {
                let message = format!("the percent-decoded value of `{name}` isn't UTF-8");
                self.add(code, pointer, message, &parameter.node.pointer);
                continue;
            };
            let before = self.findings.len();
            self.text(&parameter.node, &text, code, pointer);
            for finding in &mut self.findings[before..] {
                finding.message = format!("`{name}`: {}", finding.message);
            }
        }
    }

    /// Validates the query and the headers of the request.
    pub fn query_and_headers(&mut self, operation: &Operation<'s>) {
        let request = &self.recording.request;
        let before = self.findings.len();
        for (place, texts, values) in [
            ("query", &QUERY, &request.query),
            ("header", &HEADERS, &request.headers),
        ] {
            let parameters = operation.parameters.iter();
            let described: Vec<_> = parameters
                .filter(|parameter| parameter.place == place)
                .map(|parameter| Described {
                    key: parameter.name.clone(),
                    name: parameter.name.clone(),
                    node: parameter.node.clone(),
                })
                .collect();
            self.texts(texts, &described, values, &operation.node.pointer);
        }
        let version = self.checker.spec.at("/info/version");
        let version = version.and_then(|version| version.value.as_str());
        if let (Some(version), Some(sent)) = (version, request.query.get(API_VERSION))
            && sent != version
        {
            let pointer = format!("/request/query/{API_VERSION}");
            let message = format!("the spec describes the version `{version}`");
            self.add(codes::API_VERSION, &pointer, message, "/info/version");
        }
        // A request with the response 400 may be invalid on purpose.
        if self.recording.response.status == 400 {
            for finding in &mut self.findings[before..] {
                finding.level = Level::Note;
            }
        }
    }

    /// Validates a mapping of names to texts. `owner` is the JSON pointer of the part of the spec that describes it.
    pub fn texts(
        &mut self,
        texts: &Texts,
        described: &[Described<'s>],
        values: &BTreeMap<String, String>,
        owner: &str,
    ) {
        for one in described {
            if let Some(value) = values.get(&one.key) {
                let pointer = format!("{}/{}", texts.pointer, pointer_segment(&one.key));
                self.text(&one.node, value, texts.invalid, &pointer);
            } else if one.node.is("required") {
                let message = format!("the required {} `{}` is missing", texts.noun, one.name);
                self.add(texts.missing, texts.pointer, message, &one.node.pointer);
            }
        }
        for name in values.keys() {
            let is_known = described.iter().any(|one| one.key == *name);
            if !is_known && !texts.usual.contains(&name.as_str()) {
                let pointer = format!("{}/{}", texts.pointer, pointer_segment(name));
                let (code, message) = texts.unknown;
                self.add(code, &pointer, message, owner);
            }
        }
    }
}

/// Returns the path parameters of an operation with their percent-encoded values in a path that matches its template.
fn captured<'o, 's, 'r>(
    operation: &'o Operation<'s>,
    path: &'r str,
) -> Vec<(&'o Parameter<'s>, &'r str)> {
    let captured = operation.captures(path).unwrap_or_default().into_iter();
    captured
        .filter_map(|(name, text)| {
            let mut parameters = operation.parameters.iter();
            let parameter =
                parameters.find(|parameter| parameter.place == "path" && parameter.name == name)?;
            Some((parameter, text))
        })
        .collect()
}
