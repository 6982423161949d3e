//! The structure of OpenAPI 3.0 documents: the keywords that contain objects, and the traversal of a spec by them.

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
    Encoding,
    Schema,
    Example,
    Link,
    Callback,
    SecurityScheme,
}

/// How many objects a keyword contains.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    One,
    /// A mapping or list of objects.
    Many,
    /// The parent itself is a mapping of objects; the keyword is empty.
    Itself,
}

use Holds::{Itself, Many, One};
use Kind::{
    Callback, Components, Document, Encoding, Example, Header, Link, MediaType, Operation,
    Parameter, PathItem, RequestBody, Response, Schema, SecurityScheme,
};

/// The keywords that contain objects, with the kind of the parent and the kind of the objects. The values of other keywords are
/// data: values, examples, extensions.
const KEYWORDS: &[(Kind, &[&str], Holds, Kind)] = &[
    (Document, &["paths"], Many, PathItem),
    (Document, &["components"], One, Components),
    (Components, &["schemas"], Many, Schema),
    (Components, &["responses"], Many, Response),
    (Components, &["parameters"], Many, Parameter),
    (Components, &["examples"], Many, Example),
    (Components, &["requestBodies"], Many, RequestBody),
    (Components, &["headers"], Many, Header),
    (Components, &["securitySchemes"], Many, SecurityScheme),
    (Components, &["links"], Many, Link),
    (Components, &["callbacks"], Many, Callback),
    (PathItem, &["parameters"], Many, Parameter),
    (PathItem, &METHODS, One, Operation),
    (Operation, &["parameters"], Many, Parameter),
    (Operation, &["requestBody"], One, RequestBody),
    (Operation, &["responses"], Many, Response),
    (Operation, &["callbacks"], Many, Callback),
    (Callback, &[""], Itself, PathItem),
    (Parameter, &["schema"], One, Schema),
    (Parameter, &["content"], Many, MediaType),
    (Parameter, &["examples"], Many, Example),
    (Header, &["schema"], One, Schema),
    (Header, &["content"], Many, MediaType),
    (Header, &["examples"], Many, Example),
    (RequestBody, &["content"], Many, MediaType),
    (Response, &["headers"], Many, Header),
    (Response, &["content"], Many, MediaType),
    (Response, &["links"], Many, Link),
    (MediaType, &["schema"], One, Schema),
    (MediaType, &["examples"], Many, Example),
    (MediaType, &["encoding"], Many, Encoding),
    (Encoding, &["headers"], Many, Header),
    (Schema, &["properties"], Many, Schema),
    (
        Schema,
        &["additionalProperties", "items", "not"],
        One,
        Schema,
    ),
    (Schema, &["allOf", "anyOf", "oneOf"], Many, Schema),
];

/// The keywords that only document. Changing their values doesn't affect clients.
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
    /// The kind of the parent object; the object's own kind if the parent is unknown.
    pub parent: Kind,
    /// The parent's keyword that contains the object; empty if the parent is unknown.
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
    #[must_use]
    pub fn of(kind: Kind, node: Node<'s>) -> Self {
        Self {
            kind,
            parent: kind,
            keyword: "",
            node,
        }
    }

    /// Returns whether the object is a reference.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.value.get("$ref").is_some()
    }

    /// Returns the object with references followed; see [`Spec::resolve`].
    #[must_use]
    pub fn followed(&self) -> Option<Self> {
        Some(Self {
            node: self.node.clone().followed()?,
            ..*self
        })
    }

    /// Returns the objects directly inside this object, without following references. A reference contains no objects.
    #[must_use]
    pub fn objects(&self) -> Vec<Self> {
        let mut objects = Vec::new();
        if self.is_reference() {
            return objects;
        }
        let rows = KEYWORDS.iter().filter(|(of, ..)| *of == self.kind);
        let rows = rows.flat_map(|(_, keywords, holds, kind)| {
            keywords.iter().map(move |keyword| (keyword, holds, kind))
        });
        for (keyword, holds, kind) in rows {
            let held = self.written(keyword);
            let nodes = match holds {
                One => held.into_iter().collect(),
                Many => held.map_or_else(Vec::new, |held| held.entries()),
                Itself => self.entries(),
            };
            let found = nodes
                .into_iter()
                .filter(|node| node.value.is_object() && !is_extension(keyword, &node.key()));
            objects.extend(found.map(|node| Self {
                kind: *kind,
                parent: self.kind,
                keyword,
                node,
            }));
        }
        objects
    }
}

impl Spec {
    /// Visits every object of the spec, each before the objects inside.
    pub fn walk<'s>(&'s self, mut visit: impl FnMut(&Object<'s>)) {
        let root = self.at("").map(|root| Object::of(Document, root));
        let mut waiting = Vec::from_iter(root);
        while let Some(object) = waiting.pop() {
            visit(&object);
            waiting.extend(object.objects().into_iter().rev());
        }
    }
}
