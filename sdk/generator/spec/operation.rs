//! The operations of the spec, with their parameters and responses.

use super::load::{Spec, SpecError, pointer_segment};
use super::node::Node;

/// The HTTP methods that a path item can have.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation of the spec.
#[derive(Clone)]
pub struct Operation<'s> {
    /// The operation itself.
    pub node: Node<'s>,
    /// The operationId; empty if there is none.
    pub id: &'s str,
    /// The method in upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The parameters of the path item and the operation. A parameter of the operation replaces one of the path item with the same
    /// name and place.
    pub parameters: Vec<Parameter<'s>>,
}

/// A parameter of an operation.
#[derive(Clone)]
pub struct Parameter<'s> {
    /// The parameter itself, with references followed.
    pub node: Node<'s>,
    /// The name; in lower case for a header.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub place: &'s str,
    /// Whether the parameter is required.
    pub required: bool,
}

impl Spec {
    /// Returns the operations in the order of the file. Returns an error if the file isn't an OpenAPI 3.0 document.
    pub fn operations(&self) -> Result<Vec<Operation<'_>>, SpecError> {
        let version = self
            .value
            .get("openapi")
            .and_then(|version| version.as_str());
        if !version.is_some_and(|version| version.starts_with("3.0.")) {
            let message = "`openapi` must be 3.0.x, because code generators read no other version: write `openapi: 3.0.3`";
            return Err(self.error("/openapi", message));
        }
        let paths = self.value.get("paths").and_then(|paths| paths.as_object());
        let Some(paths) = paths else {
            return Err(self.error("/paths", "`paths` must be a mapping of paths to operations"));
        };
        let mut operations = Vec::new();
        for path in paths.keys().filter(|path| path.starts_with('/')) {
            let Some(item) = self.at(&format!("/paths/{}", pointer_segment(path))) else {
                continue;
            };
            if path.split('{').skip(1).any(|part| !part.contains('}')) {
                return Err(self.error(&item.pointer, "the path has a `{` without a `}`"));
            }
            for method in METHODS {
                let Some(node) = item.written(method).filter(|node| node.value.is_object()) else {
                    continue;
                };
                let mut parameters = Parameter::of(&node);
                for inherited in Parameter::of(&item) {
                    let same = |own: &Parameter<'_>| {
                        own.name == inherited.name && own.place == inherited.place
                    };
                    if !parameters.iter().any(same) {
                        parameters.push(inherited);
                    }
                }
                operations.push(Operation {
                    id: node.text("operationId").unwrap_or_default(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    parameters,
                    node,
                });
            }
        }
        Ok(operations)
    }
}

impl<'s> Operation<'s> {
    /// Returns the operationId, or the method and path if there is no operationId.
    #[must_use]
    pub fn name(&self) -> String {
        if self.id.is_empty() {
            format!("{} {}", self.method, self.path)
        } else {
            self.id.to_owned()
        }
    }

    /// Returns the names of the parameters in the path template.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.path
            .split('{')
            .skip(1)
            .filter_map(|part| Some(part.split_once('}')?.0))
    }

    /// Returns the names and percent-encoded values of the path parameters in a request's path; `None` if the path doesn't match the
    /// template.
    #[must_use]
    pub fn captures<'r>(&self, path: &'r str) -> Option<Vec<(&str, &'r str)>> {
        let mut captured = Vec::new();
        capture(&self.path, path, &mut captured).then_some(captured)
    }

    /// Returns the responses by status code, range (`5XX`) or `default`.
    #[must_use]
    pub fn responses(&self) -> Vec<(String, Node<'s>)> {
        self.node.children("responses")
    }

    /// Returns the response for a status code: the response of the code, of its range, or the default.
    #[must_use]
    pub fn response(&self, status: u16) -> Option<Node<'s>> {
        let responses = self.node.written("responses")?;
        [
            status.to_string(),
            format!("{}XX", status / 100),
            "default".to_owned(),
        ]
        .iter()
        .find_map(|key| responses.child(key))
    }
}

impl<'s> Parameter<'s> {
    fn of(owner: &Node<'s>) -> Vec<Self> {
        owner
            .children("parameters")
            .into_iter()
            .filter_map(|(_, node)| {
                let (name, place) = (node.text("name")?, node.text("in")?);
                Some(Self {
                    name: if place == "header" {
                        name.to_lowercase()
                    } else {
                        name.to_owned()
                    },
                    place,
                    required: node.is("required"),
                    node,
                })
            })
            .collect()
    }
}

/// Matches a path with a template, and adds the name and value of each parameter to `captured`. A value is at least one character and
/// doesn't contain a slash. Longer values are tried first.
fn capture<'t, 'r>(
    template: &'t str,
    path: &'r str,
    captured: &mut Vec<(&'t str, &'r str)>,
) -> bool {
    let Some((before, after)) = template.split_once('{') else {
        return template == path;
    };
    let (Some(path), Some((name, after))) = (path.strip_prefix(before), after.split_once('}'))
    else {
        return false;
    };
    let segment = path.find('/').unwrap_or(path.len());
    for end in (1..=segment)
        .rev()
        .filter(|end| path.is_char_boundary(*end))
    {
        captured.push((name, &path[..end]));
        if capture(after, &path[end..], captured) {
            return true;
        }
        captured.pop();
    }
    false
}
