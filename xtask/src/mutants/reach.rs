//! Which recordings a change can concern at all. To show each mutant to every recording took most of the time.

use super::mutant::at;
use super::view::{View, below};

/// What requests and answers depend on.
pub struct Reach {
    /// Every part that some request depends on.
    requests: Vec<String>,
    /// The parts that an answer depends on, by where its status is listed.
    answers: Vec<(String, Vec<String>)>,
}

impl Reach {
    /// Follows the contract from every status and parameter.
    pub fn new(view: &View<'_, '_>) -> Self {
        let described = |parts: &[&(String, String)]| -> Vec<String> {
            let mut reached = Vec::new();
            for (listed, described) in parts {
                let schemas = below(view.document, &at(described, "schema"));
                reached.extend([listed.clone(), described.clone()]);
                reached.extend(schemas.into_iter().map(|(pointer, _)| pointer));
            }
            reached
        };
        let answer = |(listed, response): &(String, String)| {
            let headers: Vec<_> = view
                .headers
                .iter()
                .filter(|(header, _)| under(header, response))
                .collect();
            let mut reached = vec![listed.clone(), response.clone()];
            reached.extend(described(&headers));
            for content in view
                .contents
                .iter()
                .filter(|content| under(content, response))
            {
                let schemas = below(view.document, &at(content, "schema"));
                reached.extend(schemas.into_iter().map(|(pointer, _)| pointer));
            }
            (listed.clone(), reached)
        };
        Self {
            requests: described(&view.parameters.iter().collect::<Vec<_>>()),
            answers: view.responses.iter().map(answer).collect(),
        }
    }

    /// Whether a change at `pointer` can concern an answer whose status is listed at `listed`. What isn't a part of any answer,
    /// such as a path, concerns all.
    pub fn concerns(&self, pointer: &str, listed: Option<&str>) -> bool {
        let in_it = |parts: &[String]| parts.iter().any(|part| under(pointer, part));
        let mut here = self
            .answers
            .iter()
            .filter(|(answer, _)| listed.is_none_or(|listed| listed == answer));
        here.any(|(_, parts)| in_it(parts))
            || in_it(&self.requests)
            || !self.answers.iter().any(|(_, parts)| in_it(parts))
    }
}

/// Whether a pointer names a part, or something in it.
fn under(pointer: &str, part: &str) -> bool {
    pointer
        .strip_prefix(part)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
