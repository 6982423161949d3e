//! Checks that the Rust names generated from the spec are valid, unique and not reserved.

use std::collections::BTreeMap;

use heck::{ToSnakeCase, ToUpperCamelCase};

use super::super::prepare::{REPLACEMENTS, hand_written_type};
use super::super::spec::{Kind, Object, Operation, Spec, pointer_segment};
use super::Lint;
use super::schema_rules::is_inline_type;

/// An operation can't have these names. They are methods of the SDK's `Client`, of the generated client (which builds the requests), or of
/// traits, such as `clone`.
const CLIENT_METHODS: &[&str] = &[
    "api_version",
    "builder",
    "call",
    "clone",
    "endpoint",
    "from_env",
    "generated_client",
    "get",
    "into",
    "try_into",
    "watch",
    "watch_publisher",
    "without_retries",
];

/// A schema can't have these names, because the generated code uses the standard types without a path.
const STANDARD_TYPES: &[&str] = &["Box", "Option", "Result", "String", "Vec"];

/// A parameter can't have these names. The generated method that builds the request uses some of them for variables or functions. The mocks,
/// which replace the service in tests, use the others for methods.
const RESERVED_PARAMETERS: &[&str] = &["encode_path", "header_map", "into_inner", "new", "request"];

/// Returns the name that the code generator gives a method, field or argument. The code generator also appends `_` to a keyword, but this
/// function doesn't.
pub fn snake_case(text: &str) -> String {
    let name = text.replace('\'', "").to_snake_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("x{name}")
    } else {
        name
    }
}

/// A name in the spec, and the Rust name that the code generator makes from it.
struct Name {
    pointer: String,
    in_spec: String,
    rust: String,
}

impl Lint {
    /// Checks the names of the schemas in `components`, and the titles of the other schemas that become Rust types.
    pub(super) fn schema_names(&mut self, spec: &Spec) {
        let mut names = Vec::new();
        spec.walk(|schema| {
            let is_component = schema.parent == Kind::Components;
            let title = match schema.kind {
                Kind::Schema if is_component => Some(schema.key()),
                Kind::Schema if is_inline_type(schema) => schema.text("title").map(str::to_owned),
                _ => None,
            };
            let Some(in_spec) = title else { return };
            let mut rust = in_spec.to_upper_camel_case();
            let is_plain =
                |text: char| text.is_ascii_alphanumeric() || matches!(text, '.' | '-' | '_' | ' ');
            let is_reserved = REPLACEMENTS.iter().any(|(_, name)| *name == rust)
                && !(is_component && hand_written_type(schema) == Some(&*rust));
            if is_reserved || !in_spec.chars().all(is_plain) {
                rust.clear();
            }
            names.push(Name {
                pointer: schema.pointer.clone(),
                in_spec,
                rust,
            });
        });
        let help = "choose another name or title. It must begin with a letter, and contain only ASCII letters, digits, `.`, `-`, `_` and spaces. In \
                    UpperCamelCase, it must differ from every other name and title. `Self`, the types of the SDK such as `Link`, and standard \
                    types such as `Option` are reserved";
        self.rust_names("schema", names.into_iter(), STANDARD_TYPES, help);
    }

    pub(super) fn property_names(&mut self, schema: &Object<'_>) {
        let properties = schema.children("properties");
        let names = properties.into_iter().map(|(key, _)| Name {
            pointer: format!("{}/properties/{}", schema.pointer, pointer_segment(&key)),
            // A keyword such as `type` is allowed, because the code generator appends `_` to it. With the prefix `_`, it is a valid name.
            rust: format!("_{}", snake_case(&key)),
            in_spec: key,
        });
        let help = "remove one of the two properties: in Rust, names in snake_case must differ";
        self.rust_names("property", names, &[], help);
    }

    pub(super) fn operation_names(&mut self, operations: &[Operation<'_>]) {
        let names = operations.iter().map(|operation| Name {
            pointer: operation.node.pointer.clone(),
            in_spec: operation.name.clone(),
            rust: match operation.node.text("operationId") {
                Some(id) => snake_case(id),
                None => String::new(),
            },
        });
        let help = "write another `operationId`. In snake_case, it must be unique, and must be neither a Rust keyword such as `move` nor another method of \
                    `Client`, such as `watch`";
        self.rust_names("operation", names, CLIENT_METHODS, help);
    }

    pub(super) fn parameter_names(&mut self, operation: &Operation<'_>) {
        let parameters = operation.parameters.iter().map(|parameter| Name {
            pointer: parameter.node.pointer.clone(),
            in_spec: parameter.name.clone(),
            rust: format!("_{}", snake_case(&parameter.name)),
        });
        let mut reserved: Vec<_> = RESERVED_PARAMETERS
            .iter()
            .map(|name| format!("_{name}"))
            .collect();
        // If the operation has a request body, the SDK's method has a parameter `body`.
        reserved.extend(
            operation
                .node
                .has("requestBody")
                .then(|| "_body".to_owned()),
        );
        let reserved: Vec<_> = reserved.iter().map(String::as_str).collect();
        let help = "if the parameter is optional, remove it from the spec; a required parameter needs a change in sdk/generator. In \
                    snake_case, the names of an operation's parameters must differ. `new`, `into_inner`, `request`, `header_map` and `encode_path` \
                    are reserved, and `body` is reserved if the operation has a request body";
        self.rust_names("parameter", parameters, &reserved, help);
    }

    /// Reports each name whose Rust name is invalid, is reserved, or already belongs to an earlier name.
    fn rust_names(
        &mut self,
        kind: &str,
        names: impl Iterator<Item = Name>,
        reserved: &[&str],
        help: &'static str,
    ) {
        let mut earlier = BTreeMap::new();
        for Name {
            pointer,
            in_spec,
            rust,
        } in names
        {
            // `gen` is a keyword since Rust 2024. syn accepts it, but the code generator doesn't.
            let is_valid = syn::parse_str::<syn::Ident>(&rust).is_ok() && rust != "gen";
            let message = if !is_valid || reserved.contains(&&*rust) {
                format!("the {kind} `{in_spec}` can't have this name in Rust")
            } else if let Some(other) = earlier.insert(rust, in_spec.clone()) {
                format!("the {kind} `{in_spec}` has the same name in Rust as `{other}`")
            } else {
                continue;
            };
            self.add("rust-name", pointer, message, help);
        }
    }
}
