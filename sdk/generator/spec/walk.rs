//! Visits all objects of an OpenAPI 3.0 document, such as schemas. A table lists the keywords that contain objects.

use super::load::Spec;
use super::node::{Node, is_extension};
use super::operation::METHODS;

/// The kind of an object of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Document,
    Components,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Header,
    MediaType,
    Schema,
    Example,
    SecurityScheme,
}

/// Whether a keyword contains one object or many.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    One,
    /// A mapping or list of objects.
    Many,
}

use Holds::{Many, One};
use Kind::{
    Components, Document, Example, Header, MediaType, Operation, Parameter, PathItem, RequestBody,
    Response, Schema, SecurityScheme,
};

/// Each entry has three parts: keywords that contain objects, whether such a keyword contains one object or many, and the kind of the
/// objects. Any other keyword, such as `default` or an extension, contains data. The generator ignores `callbacks`, `links` and
/// `encoding`, so the table doesn't have them.
const KEYWORDS: &[(&[&str], Holds, Kind)] = &[
    (&["components"], One, Components),
    (&["paths"], Many, PathItem),
    (&METHODS, One, Operation),
    (&["parameters"], Many, Parameter),
    (&["requestBody"], One, RequestBody),
    (&["requestBodies"], Many, RequestBody),
    (&["responses"], Many, Response),
    (&["headers"], Many, Header),
    (&["content"], Many, MediaType),
    (
        &["schema", "additionalProperties", "items", "not"],
        One,
        Schema,
    ),
    (
        &["schemas", "properties", "allOf", "anyOf", "oneOf"],
        Many,
        Schema,
    ),
    (&["examples"], Many, Example),
    (&["securitySchemes"], Many, SecurityScheme),
];

/// The keywords that are documentation only. A change of their values doesn't affect clients.
pub const DOCUMENTATION: &[&str] = &[
    "description",
    "example",
    "examples",
    "externalDocs",
    "summary",
    "tags",
    "title",
];

/// An object of the spec, such as a response or a schema.
#[derive(Clone)]
pub struct Object<'s> {
    pub kind: Kind,
    /// The kind of the object that contains this object. [`Object::of`] sets it to the object's own kind.
    pub parent: Kind,
    /// The keyword that contains this object. [`Object::of`] sets it to the empty text.
    pub keyword: &'static str,
    /// The object itself, which may be a reference.
    pub node: Node<'s>,
}

impl<'s> std::ops::Deref for Object<'s> {
    type Target = Node<'s>;

    fn deref(&self) -> &Node<'s> {
        &self.node
    }
}

impl<'s> Object<'s> {
    /// Creates an object without a known parent.
    pub fn of(kind: Kind, node: Node<'s>) -> Self {
        Self {
            kind,
            parent: kind,
            keyword: "",
            node,
        }
    }

    /// Returns whether the object is a reference.
    pub fn is_reference(&self) -> bool {
        self.value.get("$ref").is_some()
    }

    /// Returns the target if the object is a reference. Returns any other object unchanged. See [`Node::followed`].
    pub fn followed(&self) -> Option<Self> {
        Some(Self {
            node: self.node.clone().followed()?,
            ..*self
        })
    }

    /// Returns the objects directly inside this object, without following references. For a reference or an example, returns no objects.
    pub fn objects(&self) -> Vec<Self> {
        let mut objects = Vec::new();
        if self.is_reference() || self.kind == Example {
            return objects;
        }
        for (keywords, holds, kind) in KEYWORDS {
            for keyword in *keywords {
                let Some(value) = self.written(keyword) else {
                    continue;
                };
                let mut nodes = match holds {
                    One => vec![value],
                    Many => value.entries(),
                };
                nodes.retain(|node| node.value.is_object() && !is_extension(keyword, &node.key()));
                objects.extend(nodes.into_iter().map(|node| Self {
                    kind: *kind,
                    parent: self.kind,
                    keyword,
                    node,
                }));
            }
        }
        objects
    }
}

impl Spec {
    /// Visits every object of the spec. An object comes before the objects that it contains.
    pub fn walk<'s>(&'s self, mut visit: impl FnMut(&Object<'s>)) {
        let root = self.at("").map(|root| Object::of(Document, root));
        let mut waiting = Vec::from_iter(root);
        while let Some(object) = waiting.pop() {
            visit(&object);
            waiting.extend(object.objects().into_iter().rev());
        }
    }
}
