//! Validates the request of a recording.

use super::checker::Check;
use super::codes;
use crate::report::Level;
use crate::spec::Operation;

/// The query parameter whose value is the spec's `info.version`.
const API_VERSION: &str = "api-version";

impl<'c, 's> Check<'c, 's> {
    /// Returns the operation of the request. If there isn't exactly one, adds a finding.
    pub fn operation(&mut self) -> Option<&'c Operation<'s>> {
        let request = &self.recording.request;
        let mut candidates: Vec<&Operation<'s>> = self.checker.operations.iter().collect();
        candidates.retain(|operation| {
            operation.method == request.method && operation.captures(&request.path).is_some()
        });
        // If several path templates match, the one with the fewest parameters is the most specific.
        let parameters = |operation: &Operation<'s>| operation.templates().count();
        let fewest = candidates.iter().map(|one| parameters(one)).min();
        candidates.retain(|one| Some(parameters(one)) == fewest);
        let name = format!("{} {}", request.method, request.path);
        match candidates.as_slice() {
            [operation] => return Some(operation),
            [] => {
                let message = format!("the spec has no operation for {name}");
                self.add(codes::UNKNOWN_OPERATION, "/request", message, "/paths");
            }
            [first, second, ..] => {
                let message = format!("{name} matches both {} and {}", first.path, second.path);
                let statement = &first.node.pointer;
                self.add(codes::AMBIGUOUS_OPERATION, "/request", message, statement);
            }
        }
        None
    }

    /// Validates the parameters of the request.
    pub fn request(&mut self, operation: &Operation<'s>) {
        self.path_parameters(operation);
        let request = &self.recording.request;
        let before = self.findings.len();
        for (place, pointer, values) in [
            ("query", "/request/query", &request.query),
            ("header", "/request/headers", &request.headers),
        ] {
            let parameters = operation.parameters.iter();
            let described = parameters
                .filter(|parameter| parameter.place == place)
                .map(|parameter| (parameter.name.clone(), parameter.node.clone()));
            self.texts(pointer, described, values, &operation.node.pointer);
        }
        let version = self.checker.spec.at("/info");
        let version = version.as_ref().and_then(|info| info.text("version"));
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
