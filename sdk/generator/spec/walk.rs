//! The structure of OpenAPI 3.0 documents: the keywords that contain objects, and the traversal of a spec by them.

use serde_json::Value;

use super::load::{Spec, pointer_segment};
use super::node::is_extension;

/// The kind of an object of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The whole document.
    Document,
    /// `components`.
    Components,
    /// A path with its operations.
    PathItem,
    /// An operation.
    Operation,
    /// A parameter of a path or an operation.
    Parameter,
    /// A request body.
    RequestBody,
    /// The response for a status code.
    Response,
    /// A response header.
    Header,
    /// A media type of a body.
    MediaType,
    /// The encoding of a property of a form.
    Encoding,
    /// A schema or subschema.
    Schema,
    /// A named example.
    Example,
    /// A link to another operation.
    Link,
    /// A callback: requests that the service sends to the client.
    Callback,
    /// A security scheme.
    SecurityScheme,
}

/// The form in which a keyword contains objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    One,
    List,
    Map,
    /// The parent object itself is the mapping.
    Itself,
}

use Holds::{Itself, List, Map, One};
use Kind::{
    Callback, Components, Document, Encoding, Example, Header, Link, MediaType, Operation,
    Parameter, PathItem, RequestBody, Response, Schema, SecurityScheme,
};

/// The keywords that contain objects, with the kind of the parent and the kind of the objects. The values of other keywords are
/// data: values, examples, extensions.
const KEYWORDS: &[(Kind, &str, Holds, Kind)] = &[
    (Document, "paths", Map, PathItem),
    (Document, "components", One, Components),
    (Components, "schemas", Map, Schema),
    (Components, "responses", Map, Response),
    (Components, "parameters", Map, Parameter),
    (Components, "examples", Map, Example),
    (Components, "requestBodies", Map, RequestBody),
    (Components, "headers", Map, Header),
    (Components, "securitySchemes", Map, SecurityScheme),
    (Components, "links", Map, Link),
    (Components, "callbacks", Map, Callback),
    (PathItem, "parameters", List, Parameter),
    (PathItem, "get", One, Operation),
    (PathItem, "put", One, Operation),
    (PathItem, "post", One, Operation),
    (PathItem, "delete", One, Operation),
    (PathItem, "options", One, Operation),
    (PathItem, "head", One, Operation),
    (PathItem, "patch", One, Operation),
    (PathItem, "trace", One, Operation),
    (Operation, "parameters", List, Parameter),
    (Operation, "requestBody", One, RequestBody),
    (Operation, "responses", Map, Response),
    (Operation, "callbacks", Map, Callback),
    (Callback, "", Itself, PathItem),
    (Parameter, "schema", One, Schema),
    (Parameter, "content", Map, MediaType),
    (Parameter, "examples", Map, Example),
    (Header, "schema", One, Schema),
    (Header, "content", Map, MediaType),
    (Header, "examples", Map, Example),
    (RequestBody, "content", Map, MediaType),
    (Response, "headers", Map, Header),
    (Response, "content", Map, MediaType),
    (Response, "links", Map, Link),
    (MediaType, "schema", One, Schema),
    (MediaType, "examples", Map, Example),
    (MediaType, "encoding", Map, Encoding),
    (Encoding, "headers", Map, Header),
    (Schema, "properties", Map, Schema),
    (Schema, "additionalProperties", One, Schema),
    (Schema, "items", One, Schema),
    (Schema, "not", One, Schema),
    (Schema, "allOf", List, Schema),
    (Schema, "anyOf", List, Schema),
    (Schema, "oneOf", List, Schema),
];

/// An object of the spec, as [`Spec::walk`] visits it.
#[derive(Clone)]
pub struct Visited<'s> {
    /// The kind of the object.
    pub kind: Kind,
    /// The kind of the parent object; for the document, the document itself.
    pub parent: Kind,
    /// Its JSON pointer.
    pub pointer: String,
    /// The object, which may be a reference.
    pub value: &'s Value,
}

impl<'s> Visited<'s> {
    /// Returns whether the object is a reference.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.value.get("$ref").is_some()
    }

    /// Returns the objects inside this object, without following references. A reference has none.
    #[must_use]
    pub fn children(&self) -> Vec<Visited<'s>> {
        let mut children = Vec::new();
        if self.is_reference() {
            return children;
        }
        let mut add = |kind, pointer: String, value: &'s Value| {
            if value.is_object() {
                children.push(Visited {
                    kind,
                    parent: self.kind,
                    pointer,
                    value,
                });
            }
        };
        for (_, keyword, holds, kind) in KEYWORDS.iter().filter(|(of, ..)| *of == self.kind) {
            let (at, held) = match holds {
                Itself => (self.pointer.clone(), Some(self.value)),
                _ => (
                    format!("{}/{keyword}", self.pointer),
                    self.value.get(keyword),
                ),
            };
            match (holds, held) {
                (One, Some(value)) => add(*kind, at, value),
                (List, Some(Value::Array(elements))) => {
                    for (index, element) in elements.iter().enumerate() {
                        add(*kind, format!("{at}/{index}"), element);
                    }
                }
                (Map | Itself, Some(Value::Object(named))) => {
                    for (name, value) in named {
                        if !is_extension(keyword, name) {
                            add(*kind, format!("{at}/{}", pointer_segment(name)), value);
                        }
                    }
                }
                _ => {}
            }
        }
        children
    }
}

impl Spec {
    /// Visits every object of the spec, each before the objects inside.
    pub fn walk<'s>(&'s self, mut visit: impl FnMut(&Visited<'s>)) {
        let mut waiting = vec![Visited {
            kind: Document,
            parent: Document,
            pointer: String::new(),
            value: &self.value,
        }];
        while let Some(visited) = waiting.pop() {
            visit(&visited);
            waiting.extend(visited.children().into_iter().rev());
        }
    }
}
