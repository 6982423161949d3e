//! Lists the rules for the keywords of schemas.

use std::collections::BTreeSet;

use super::super::extensible_enums::{self, KEYWORD};
use super::super::prepare::IDENTIFIER_PATTERN;
use super::super::spec::{Kind, Node, Object};

/// A rule for a keyword of schemas.
pub(super) struct SchemaRule {
    pub(super) code: &'static str,
    pub(super) keywords: &'static [&'static str],
    /// Returns whether a schema that has one of the keywords breaks the rule.
    pub(super) is_broken: fn(&Object<'_>) -> bool,
    /// The part of the message after the schema's name.
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

pub(super) const SCHEMA_RULES: &[SchemaRule] = &[
    SchemaRule {
        code: "pattern",
        keywords: &["pattern"],
        is_broken: |schema| schema.text("pattern") != Some(IDENTIFIER_PATTERN),
        message: "has a pattern that the SDK doesn't implement",
        help: "remove the pattern, or use ^[^./\\\\\\s][^/\\\\\\s]*$, the pattern of ids: the SDK has no regular expression engine, and implements only this pattern",
    },
    SchemaRule {
        code: "closed-object",
        keywords: &["additionalProperties"],
        is_broken: |_| true,
        message: "sets additionalProperties",
        help: "remove `additionalProperties`: with `false`, clients reject new properties, and `true` breaks the Kotlin generator",
    },
    SchemaRule {
        code: "closed-enum",
        keywords: &["enum"],
        is_broken: |schema| constants_of(schema).is_none(),
        message: "has a closed list of values",
        help: EXTENSIBLE,
    },
    SchemaRule {
        code: "closed-enum",
        keywords: &["anyOf", "oneOf"],
        is_broken: |_| true,
        message: "has `anyOf` or `oneOf`, which clients treat as closed",
        help: EXTENSIBLE,
    },
    SchemaRule {
        code: "date-time",
        keywords: &["format"],
        is_broken: |schema| matches!(schema.text("format"), Some("date-time" | "date")),
        message: "has a date format of RFC 3339",
        help: "write `x-timestamp: utc` instead of the format: the service sends times without an offset, and clients throw on these times",
    },
    SchemaRule {
        code: "integer-size",
        keywords: &["type"],
        is_broken: |schema| {
            schema.text("type") == Some("integer") && schema.text("format") != Some("int64")
        },
        message: "is an integer without the format int64",
        help: "write `format: int64`: versions of offers don't fit in 32 bits",
    },
    SchemaRule {
        code: "format",
        keywords: &["format"],
        is_broken: |schema| {
            let unsupported = ["float", "ip", "ipv4", "ipv6", "uuid"];
            let format = schema.text("format");
            format.is_some_and(|format| unsupported.contains(&format))
        },
        message: "has a format for which the SDK has no type",
        help: "remove the format of a string, or write `format: double` for a number: the SDK then uses the type `String` or `f64`",
    },
    SchemaRule {
        code: "limit",
        keywords: &[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
        ],
        is_broken: |_| true,
        message: "has a limit",
        help: "remove the limit, and write it in the description: clients would reject a value beyond the limit, even in a response",
    },
    SchemaRule {
        code: "default",
        keywords: &["default"],
        is_broken: |schema| schema.parent != Kind::Parameter,
        message: "has a default",
        help: "remove `default`, and write the value in the description: the SDK represents an absent property by `None`",
    },
    SchemaRule {
        code: "inline-type",
        keywords: &["properties", "allOf"],
        is_broken: |schema| is_inline_type(schema) && !schema.has("title"),
        message: "has neither a name in `components` nor a title",
        help: "move the schema to `components/schemas`, or add a `title`: the code generator would choose a name that another schema can have",
    },
    SchemaRule {
        code: "recursion",
        keywords: &["properties", "allOf"],
        is_broken: |schema| schema.parent == Kind::Components && contains_itself(schema),
        message: "contains itself outside an array",
        help: "put the inner object into an array: without the array, progenitor generates a type that the SDK can't decode",
    },
    SchemaRule {
        code: "known-values",
        keywords: &[KEYWORD],
        is_broken: |schema| !can_become_enum(schema),
        message: "lists known values that can't become an enum",
        help: "list each known value once, as text, in a schema of type string in `components`; two values can't differ only in letter case",
    },
    SchemaRule {
        code: "constants",
        keywords: &["$ref"],
        is_broken: |schema| {
            let target = schema.followed();
            target.is_some_and(|target| constants_of(&target).is_some())
        },
        message: "refers to a schema `Known…`",
        help: CONSTANTS,
    },
];

const EXTENSIBLE: &str = "write `type: string` with `x-extensible-enum`: clients throw on a value that a closed enum doesn't list";

pub(super) const CONSTANTS: &str = "repeat the known values of an extensible enum in a schema named `Known…`, and don't refer to this schema: clients throw on a \
     value that a closed enum doesn't list";

/// Returns whether an extensible enum can become a Rust enum. The schema must be a component of type string. Each known value must give the
/// enum a valid variant. The names of the variants must differ, ignoring letter case.
fn can_become_enum(schema: &Object<'_>) -> bool {
    let texts: Vec<_> = extensible_enums::known_values(schema).collect();
    let variants: BTreeSet<_> = texts
        .iter()
        .map(|text| extensible_enums::variant(text))
        .filter(|variant| syn::parse_str::<syn::Ident>(variant).is_ok())
        .map(|variant| variant.to_lowercase())
        .collect();
    schema.list(KEYWORD).len() == texts.len()
        && variants.len() == texts.len()
        && schema.parent == Kind::Components
        && schema.text("type") == Some("string")
        && !texts.is_empty()
}

/// Returns whether the schema is outside `components`, and becomes a Rust type. Such a schema has properties, or combines schemas with
/// `allOf`. These schemas don't become a type:
///
/// * an element of a list `allOf`;
/// * a schema without `properties` whose `allOf` contains only one `$ref`: it has the type of the referenced schema.
pub(super) fn is_inline_type(schema: &Object<'_>) -> bool {
    let parts = schema.list("allOf");
    let is_one_reference = matches!(parts, [one] if one.get("$ref").is_some());
    (schema.has("properties") || !parts.is_empty() && !is_one_reference)
        && schema.parent != Kind::Components
        && schema.keyword != "allOf"
}

/// Returns whether the schema contains itself. Ignores the elements of arrays.
fn contains_itself(schema: &Object<'_>) -> bool {
    let (mut visited, mut waiting) = (BTreeSet::new(), schema.objects());
    while let Some(object) = waiting.pop() {
        let target = object.followed().filter(|_| object.keyword != "items");
        let Some(target) = target.filter(|target| visited.insert(target.pointer.clone())) else {
            continue;
        };
        if target.pointer == schema.pointer {
            return true;
        }
        waiting.extend(target.objects());
    }
    false
}

/// Returns the extensible enum `X` for a schema `KnownX`, which repeats the known values of `X` as constants. Returns `None` for any other
/// schema.
pub fn constants_of<'s>(schema: &Node<'s>) -> Option<Node<'s>> {
    let name = schema.pointer.strip_prefix("/components/schemas/Known")?;
    let extensible = schema.spec.at(&format!("/components/schemas/{name}"))?;
    extensible.has(KEYWORD).then_some(extensible)
}

/// Returns whether the schema `constants` lists exactly the known values of the enum `extensible`, and has no other constraint.
pub(super) fn repeats(constants: &Node<'_>, extensible: &Node<'_>) -> bool {
    let mut keys = constants.value.as_object().into_iter().flatten();
    constants.value.get("enum") == extensible.value.get(KEYWORD)
        && constants.text("type") == Some("string")
        && keys.all(|(key, _)| ["title", "description", "type", "enum"].contains(&key.as_str()))
}
