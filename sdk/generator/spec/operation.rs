//! Lists the operations of the spec, with their parameters and responses.

use super::load::{Spec, SpecError};
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
    /// The operationId. An operation without an operationId has its method and path as the name, such as `GET /offers`.
    pub name: String,
    /// The method in upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The parameters of the operation and of its path item. A parameter of the operation replaces a parameter of the path item with the
    /// same `name` and `in`.
    pub parameters: Vec<Parameter<'s>>,
}

/// A parameter of an operation.
#[derive(Clone)]
pub struct Parameter<'s> {
    /// The parameter itself. A reference to a parameter is replaced by its target.
    pub node: Node<'s>,
    /// The name. The name of a header is in lower case.
    pub name: String,
    /// The value of `in`: `path`, `query`, `header` or `cookie`.
    pub place: &'s str,
}

impl Spec {
    /// Returns the operations in the order of the file. Returns an error if the file isn't an OpenAPI 3.0 document.
    pub fn operations(&self) -> Result<Vec<Operation<'_>>, SpecError> {
        let version = self.at("").and_then(|document| document.text("openapi"));
        if !version.is_some_and(|version| version.starts_with("3.0.")) {
            let message = "`openapi` must be 3.0.x, because the SDK's code generator reads no other version: write `openapi: 3.0.3`";
            return Err(self.error("/openapi", message));
        }
        let Some(paths) = self.at("/paths").filter(|paths| paths.value.is_object()) else {
            return Err(self.error("/paths", "`paths` must be a mapping of paths to operations"));
        };
        let mut operations = Vec::new();
        for item in paths.entries() {
            let path = item.key();
            if !path.starts_with('/') {
                continue;
            }
            let is_invalid =
                |segment: &str| segment.contains('{') && parameter_name(segment).is_none();
            if path.split('/').any(is_invalid) {
                let message = "a parameter must be a whole segment of the path, such as `{id}`";
                return Err(self.error(&item.pointer, message));
            }
            for method in METHODS {
                let Some(node) = item.written(method).filter(|node| node.value.is_object()) else {
                    continue;
                };
                let mut parameters = Parameter::listed_in(&node);
                let mut inherited = Parameter::listed_in(&item);
                inherited.retain(|parameter| {
                    let mut own = parameters.iter();
                    !own.any(|own| (&own.name, own.place) == (&parameter.name, parameter.place))
                });
                parameters.extend(inherited);
                let method = method.to_uppercase();
                operations.push(Operation {
                    name: match node.text("operationId") {
                        None | Some("") => format!("{method} {path}"),
                        Some(id) => id.to_owned(),
                    },
                    method,
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
    /// Returns the names of the parameters in the path template.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter_map(parameter_name)
    }

    /// Returns the names of the path parameters, and their percent-encoded values in a request's path. Returns `None` if the path doesn't
    /// match the template, or if a value is empty.
    pub fn captures<'r>(&self, path: &'r str) -> Option<Vec<(&str, &'r str)>> {
        let mut captured = Vec::new();
        let mut values = path.split('/');
        for segment in self.path.split('/') {
            let value = values.next()?;
            match parameter_name(segment) {
                Some(name) if !value.is_empty() => captured.push((name, value)),
                None if segment == value => {}
                _ => return None,
            }
        }
        values.next().is_none().then_some(captured)
    }

    /// Returns every response with its key: a status code, a range (`5XX`) or `default`.
    pub fn responses(&self) -> Vec<(String, Node<'s>)> {
        self.node.children("responses")
    }

    /// Returns the response for a status code. For 404, searches for the response `404`, then `4XX`, then `default`.
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
    fn listed_in(owner: &Node<'s>) -> Vec<Self> {
        let nodes = owner.children("parameters").into_iter();
        let parameters = nodes.filter_map(|(_, node)| {
            let (name, place) = (node.text("name")?, node.text("in")?);
            Some(Self {
                name: match place {
                    "header" => name.to_lowercase(),
                    _ => name.to_owned(),
                },
                place,
                node,
            })
        });
        parameters.collect()
    }
}

/// Returns the name of the parameter in a segment of a path template, such as `{id}`.
fn parameter_name(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    (!name.contains(['{', '}'])).then_some(name)
}
