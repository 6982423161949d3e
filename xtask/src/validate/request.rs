//! Validates the request of a recording.

use std::collections::BTreeMap;

use cloud_partner_recordings::recording::Recording;
use percent_encoding::percent_decode_str;

use super::checker::Checker;
use super::codes;
use super::finding::Found;
use crate::spec::{Operation, pointer_segment};

/// The query parameter whose value is the spec's `info.version`.
const API_VERSION: &str = "api-version";

/// The headers that aren't described as parameters: OpenAPI describes them elsewhere, or every client sends them.
const USUAL_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "host",
    "user-agent",
];

impl<'s> Checker<'s> {
    /// Returns the operation of a request, and adds findings about the method and the path to `found`.
    pub fn operation(
        &self,
        recording: &Recording,
        shown: bool,
        found: &mut Vec<Found>,
    ) -> Option<&Operation<'s>> {
        let request = &recording.request;
        let with_path: Vec<&Operation<'s>> = self
            .operations
            .iter()
            .filter(|operation| operation.captures(&request.path).is_some())
            .collect();
        let mut candidates = with_path.clone();
        candidates.retain(|operation| operation.method == request.method);
        // If several path templates match, the parameters' schemas decide, and then, as OpenAPI requires, the template with the
        // fewest parameters.
        if candidates.len() > 1 {
            let fits = |operation: &&Operation<'s>| {
                self.validate_path_parameters(operation, &request.path, false)
                    .is_empty()
            };
            if candidates.iter().any(fits) {
                candidates.retain(fits);
            }
            let fewest = candidates
                .iter()
                .map(|operation| operation.templates().count())
                .min();
            candidates.retain(|operation| Some(operation.templates().count()) == fewest);
        }
        let what = if shown {
            format!("{} {}", request.method, request.path)
        } else {
            "the request".to_owned()
        };
        let (code, at, message, statement) = match candidates.as_slice() {
            [operation] => {
                found.extend(self.validate_path_parameters(operation, &request.path, shown));
                return Some(operation);
            }
            [first, second, ..] => (
                codes::AMBIGUOUS_OPERATION,
                "/request/path",
                format!("{what} matches both {} and {}", first.path, second.path),
                first.node.pointer.as_str(),
            ),
            [] if with_path.is_empty() => (
                codes::UNKNOWN_OPERATION,
                "/request/path",
                format!("{what}: the spec has no such path template"),
                "/paths",
            ),
            [] => (
                codes::UNKNOWN_OPERATION,
                "/request/method",
                format!("{what}: the spec has the path only with other methods"),
                "/paths",
            ),
        };
        found.push(Found::at(code, at, message).against(statement));
        None
    }

    fn validate_path_parameters(
        &self,
        operation: &Operation<'s>,
        path: &str,
        shown: bool,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        for (name, text) in operation.captures(path).unwrap_or_default() {
            let parameter = operation
                .parameters
                .iter()
                .find(|parameter| parameter.place == "path" && parameter.name == name);
            let Some(parameter) = parameter else { continue };
            let (code, at) = (codes::PATH_PARAMETER, "/request/path");
            let Ok(text) = percent_decode_str(text).decode_utf8() else {
                let message = format!("the percent-decoded value of `{name}` isn't UTF-8");
                found.push(Found::at(code, at, message).against(&parameter.node.pointer));
                continue;
            };
            let wrong = self.validate_text(&parameter.node, &text, code, at, shown);
            found.extend(wrong.into_iter().map(|one| Found {
                message: format!("`{name}`: {}", one.message),
                ..one
            }));
        }
        found
    }

    /// Validates the query and the headers of a request.
    pub(super) fn validate_query_and_headers(
        &self,
        recording: &Recording,
        operation: &Operation<'s>,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        let request = &recording.request;
        let mut wrong = self.validate_parameters(operation, "query", &request.query, shown);
        wrong.extend(self.validate_parameters(operation, "header", &request.headers, shown));
        let version = self.spec.at("/info/version");
        let version = version.and_then(|version| version.value.as_str());
        let sent = request.query.get(API_VERSION);
        if let (Some(version), Some(sent)) = (version, sent)
            && sent != version
        {
            let at = format!("/request/query/{API_VERSION}");
            let message = format!("the spec describes the version `{version}`");
            wrong.push(Found::at(codes::API_VERSION, at, message).against("/info/version"));
        }
        // A request with the response 400 may be invalid on purpose.
        let is_bad_request = recording.response.status == 400;
        found.extend(wrong.into_iter().map(|one| one.note_if(is_bad_request)));
    }

    fn validate_parameters(
        &self,
        operation: &Operation<'s>,
        place: &str,
        values: &BTreeMap<String, String>,
        shown: bool,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        let folder = match place {
            "query" => "/request/query",
            _ => "/request/headers",
        };
        let parameters = || {
            let all = operation.parameters.iter();
            all.filter(|parameter| parameter.place == place)
        };
        for parameter in parameters() {
            match values.get(&parameter.name) {
                Some(value) => {
                    let at = format!("{folder}/{}", pointer_segment(&parameter.name));
                    let code = codes::PARAMETER_VALUE;
                    found.extend(self.validate_text(&parameter.node, value, code, &at, shown));
                }
                None if parameter.required => {
                    let message = format!("the required parameter `{}` is missing", parameter.name);
                    found.push(
                        Found::at(codes::MISSING_PARAMETER, folder, message)
                            .against(&parameter.node.pointer),
                    );
                }
                None => {}
            }
        }
        for name in values.keys() {
            let known = parameters().any(|parameter| parameter.name == *name);
            let (code, message) = match place {
                _ if known => continue,
                "query" => (
                    codes::UNKNOWN_PARAMETER,
                    "the operation doesn't have the query parameter",
                ),
                _ if USUAL_HEADERS.contains(&name.as_str()) => continue,
                _ => (
                    codes::UNKNOWN_HEADER,
                    "the operation doesn't have the request header",
                ),
            };
            let at = format!("{folder}/{}", pointer_segment(name));
            found.push(Found::at(code, at, message).against(&operation.node.pointer));
        }
        found
    }
}
