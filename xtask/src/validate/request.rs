//! A recording's request against the contract.

use cloud_partner_recordings::recording::Recording;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Checker;
use super::codes;
use super::document::{Operation, Parameter};
use super::finding::Found;
use crate::generator::contract::pointer_segment;

/// The query parameter whose value is the contract's `info.version`.
const API_VERSION: &str = "api-version";

/// Headers that OpenAPI describes elsewhere, or that every client sends.
const USUAL_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "host",
    "user-agent",
];

impl Checker<'_> {
    /// The one operation that the request is for.
    pub fn operation(
        &self,
        recording: &Recording,
        shown: bool,
        found: &mut Vec<Found>,
    ) -> Option<&Operation> {
        let request = &recording.request;
        let has_path = |operation: &&Operation| operation.shape.is_match(&request.path);
        let mut candidates: Vec<&Operation> =
            self.document.operations.iter().filter(has_path).collect();
        let other_methods = !candidates.is_empty();
        candidates.retain(|operation| operation.method == request.method);
        // Where paths overlap, the parameters' patterns decide, then the path with the fewest templates, as OpenAPI has it.
        if candidates.len() > 1 {
            let fits = |operation: &&&Operation| {
                self.path_parameters(operation, &request.path, false)
                    .is_empty()
            };
            let fitting: Vec<&Operation> = candidates.iter().filter(fits).copied().collect();
            if !fitting.is_empty() {
                candidates = fitting;
            }
            let fewest = candidates
                .iter()
                .map(|operation| operation.templates.len())
                .min();
            candidates.retain(|operation| Some(operation.templates.len()) == fewest);
        }
        let what = if shown {
            format!("{} {}", request.method, request.path)
        } else {
            "the request".to_owned()
        };
        match candidates.as_slice() {
            [operation] => {
                found.extend(self.path_parameters(operation, &request.path, shown));
                Some(operation)
            }
            [] if other_methods => {
                let message = format!("{what}: the contract has the path, with other methods only");
                found.push(
                    Found::at(codes::UNKNOWN_OPERATION, "/request/method", message)
                        .against("/paths"),
                );
                None
            }
            [] => {
                let message = format!("{what}: the contract has no such path");
                found.push(
                    Found::at(codes::UNKNOWN_OPERATION, "/request/path", message).against("/paths"),
                );
                None
            }
            [first, second, ..] => {
                let message = format!("{what} is both {} and {}", first.path, second.path);
                found.push(
                    Found::at(codes::AMBIGUOUS_OPERATION, "/request/path", message)
                        .against(&first.pointer),
                );
                None
            }
        }
    }

    fn path_parameters(&self, operation: &Operation, path: &str, shown: bool) -> Vec<Found> {
        let mut found = Vec::new();
        let Some(groups) = operation.shape.captures(path) else {
            return found;
        };
        for (index, name) in operation.templates.iter().enumerate() {
            let parameter = operation
                .parameters
                .iter()
                .find(|parameter| parameter.place == "path" && parameter.name == *name);
            let Some(parameter) = parameter else { continue };
            let Ok(value) = percent_decode_str(&groups[index + 1]).decode_utf8() else {
                let message = format!("`{name}` isn't UTF-8 once it is decoded");
                found.push(
                    Found::at(codes::PATH_PARAMETER, "/request/path", message)
                        .against(&parameter.pointer),
                );
                continue;
            };
            for (contract, message) in self.text_violations(&parameter.pointer, &value, shown) {
                let message = format!("`{name}`: {message}");
                found.push(
                    Found::at(codes::PATH_PARAMETER, "/request/path", message).against(contract),
                );
            }
        }
        found
    }

    /// The request's query and headers.
    pub(super) fn query_and_headers(
        &self,
        recording: &Recording,
        operation: &Operation,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        let request = &recording.request;
        // A request that the service refused as wrong may well be wrong: that is what the recording shows.
        let refused = recording.response.status == 400;
        for (place, folder, values) in [
            ("query", "/request/query", &request.query),
            ("header", "/request/headers", &request.headers),
        ] {
            let parameters = || {
                operation
                    .parameters
                    .iter()
                    .filter(|known| known.place == place)
            };
            for Parameter {
                pointer,
                name,
                required,
                ..
            } in parameters()
            {
                match values.get(name) {
                    Some(value) => {
                        let at = format!("{folder}/{}", pointer_segment(name));
                        for (contract, message) in self.text_violations(pointer, value, shown) {
                            found.push(
                                Found::at(codes::PARAMETER_VALUE, &at, message)
                                    .against(contract)
                                    .note_if(refused),
                            );
                        }
                        found.extend(self.text_names(pointer, value, &at, shown));
                    }
                    None if *required => found.push(
                        Found::at(
                            codes::MISSING_PARAMETER,
                            folder,
                            format!("`{name}` is required"),
                        )
                        .against(pointer)
                        .note_if(refused),
                    ),
                    None => {}
                }
            }
            for name in values.keys() {
                let at = format!("{folder}/{}", pointer_segment(name));
                if parameters().any(|parameter| parameter.name == *name) {
                    continue;
                }
                if place == "query" {
                    let message = "the operation has no such query parameter";
                    found.push(
                        Found::at(codes::UNKNOWN_PARAMETER, at, message)
                            .against(&operation.pointer)
                            .note_if(refused),
                    );
                } else if !USUAL_HEADERS.contains(&name.as_str()) {
                    let message = "the operation has no such request header";
                    found.push(
                        Found::at(codes::UNKNOWN_HEADER, at, message).against(&operation.pointer),
                    );
                }
            }
        }
        let version = self.document.get("/info/version").and_then(Value::as_str);
        if let Some(version) = version
            && request
                .query
                .get(API_VERSION)
                .is_some_and(|recorded| recorded != version)
        {
            let message = format!("the contract describes `{version}`");
            found.push(
                Found::at(
                    codes::API_VERSION,
                    format!("/request/query/{API_VERSION}"),
                    message,
                )
                .against("/info/version")
                .note_if(refused),
            );
        }
    }
}
