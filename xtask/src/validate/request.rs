//! Validates the request of a recording.

use percent_encoding::percent_decode_str;

use super::checker::Check;
use super::codes;
use super::texts::Texts;
use crate::report::Level;
use crate::spec::Operation;

/// The query parameter whose value is the spec's `info.version`.
const API_VERSION: &str = "api-version";

const QUERY: Texts = Texts {
    pointer: "/request/query",
    noun: "parameter",
    are_headers: false,
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
    are_headers: true,
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
            let findings = Vec::new();
            let mut trial = Check { findings, ..*self };
            trial.path_parameters(operation);
            (!trial.findings.is_empty(), operation.templates().count())
        };
        if candidates.len() > 1 {
            let lowest = candidates.iter().map(|operation| rank(operation)).min();
            candidates.retain(|operation| Some(rank(operation)) == lowest);
        }
        let what = if self.quotes {
            format!("{} {}", request.method, request.path)
        } else {
            "the request".to_owned()
        };
        let (code, pointer, message, statement) = match candidates.as_slice() {
            [operation] => return Some(operation),
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
        self.add(code, pointer, message, statement);
        None
    }

    /// Validates the path parameters.
    pub fn path_parameters(&mut self, operation: &Operation<'s>) {
        let (code, pointer) = (codes::PATH_PARAMETER, "/request/path");
        let captured = operation.captures(&self.recording.request.path);
        for (name, text) in captured.unwrap_or_default() {
            let mut parameters = operation.parameters.iter();
            let Some(parameter) =
                parameters.find(|parameter| parameter.place == "path" && parameter.name == name)
            else {
                continue;
            };
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
                .map(|parameter| (parameter.name.clone(), parameter.node.clone()))
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
}
