//! The lint rules: constructs in the spec that progenitor misinterprets, or that break clients in other languages.
//!
//! Rules that linters for OpenAPI have as well (`.ci/lint-spec`) aren't repeated.

mod checks;

use std::fmt;
use std::path::PathBuf;

use super::spec::{Kind, Location, Spec};
use checks::{Context, Part};

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The spec's file.
    pub path: PathBuf,
    /// The place in the file.
    pub location: Location,
    /// The JSON pointer of the place.
    pub pointer: String,
    /// The rule's stable code.
    pub code: &'static str,
    /// The description of the problem.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, location) = (self.path.display(), self.location);
        write!(
            f,
            "{path}:{location}: {}: {}. {}",
            self.code, self.message, self.help
        )
    }
}

/// A rule for the objects of one kind.
struct Rule {
    code: &'static str,
    applies_to: Kind,
    /// Returns the problems, each with the JSON pointer inside the object.
    check: fn(&Context<'_>, &Part<'_>) -> checks::Problems,
    help: &'static str,
}

/// The rules.
const RULES: &[Rule] = &[
    Rule {
        code: "api-version",
        applies_to: Kind::Document,
        check: checks::version_is_text,
        help: "quote the version, as in `version: \"2017-10-31\"`: requests send it as `api-version`",
    },
    Rule {
        code: "api-version",
        applies_to: Kind::Operation,
        check: checks::api_version,
        help: "add the required query parameter `api-version` of type string, without a format, an enum or a default: most clients \
               don't send defaults",
    },
    Rule {
        code: "operation-id",
        applies_to: Kind::Operation,
        check: checks::operation_id,
        help: "add a unique operationId: it becomes the method's name in every language",
    },
    Rule {
        code: "one-success",
        applies_to: Kind::Operation,
        check: checks::one_success,
        help: "keep only the 2xx response that the service sends: progenitor supports one success response",
    },
    Rule {
        code: "json-response",
        applies_to: Kind::Operation,
        check: checks::json_response,
        help: "add `application/json` and its `schema`, or no content at all",
    },
    Rule {
        code: "identifier",
        applies_to: Kind::Parameter,
        check: checks::identifier,
        help: "use the pattern ^[^./\\\\\\s][^/\\\\\\s]*$ alone: the SDK's `Identifier` checks nothing else",
    },
    Rule {
        code: "pattern",
        applies_to: Kind::Schema,
        check: checks::pattern,
        help: "use the pattern of identifiers, ^[^./\\\\\\s][^/\\\\\\s]*$, or none: the SDK has no regular expression engine",
    },
    Rule {
        code: "unknown-reference",
        applies_to: Kind::Schema,
        check: checks::unknown_reference,
        help: "write a reference of the form `#/components/schemas/Name` to an existing component",
    },
    Rule {
        code: "closed-object",
        applies_to: Kind::Schema,
        check: checks::closed_object,
        help: "remove `additionalProperties`: with `false`, clients reject new properties, and `true` breaks the Kotlin generator",
    },
    Rule {
        code: "closed-enum",
        applies_to: Kind::Schema,
        check: checks::closed_enum,
        help: "write `type: string` with `x-extensible-enum`: clients throw on a value that a closed enum doesn't list",
    },
    Rule {
        code: "date-time",
        applies_to: Kind::Schema,
        check: checks::date_time,
        help: "write `x-timestamp: utc` instead of the format: the service sends times without an offset, on which clients throw",
    },
    Rule {
        code: "integer-size",
        applies_to: Kind::Schema,
        check: checks::integer_size,
        help: "write `format: int64`: versions of offers don't fit in 32 bits",
    },
    Rule {
        code: "nullable",
        applies_to: Kind::Schema,
        check: checks::nullable,
        help: "write `nullable: true` beside the type: some clients throw on null",
    },
    Rule {
        code: "known-values",
        applies_to: Kind::Schema,
        check: checks::known_values,
        help: "list each known value once, as text, in a component of type string; letter case doesn't distinguish them",
    },
    Rule {
        code: "constants",
        applies_to: Kind::Schema,
        check: checks::constants,
        help: "repeat the known values of an extensible enum in a component named `Known…` without a reference to it: clients \
               throw on a value that a closed enum doesn't list",
    },
    Rule {
        code: "description",
        applies_to: Kind::Schema,
        check: checks::description,
        help: "add a description",
    },
];

/// Returns every problem of the spec, in the order of the file.
#[must_use]
pub fn lint(spec: &Spec) -> Vec<Problem> {
    let problem = |code, pointer: String, message: String, help| Problem {
        path: spec.path.clone(),
        location: spec.location(&pointer),
        pointer,
        code,
        message,
        help,
    };
    let operations = match spec.operations() {
        Ok(operations) => operations,
        Err(error) => {
            return vec![Problem {
                path: error.path,
                location: error.location.unwrap_or_default(),
                pointer: String::new(),
                code: "openapi-document",
                message: error.message,
                help: "fix the document first: no other rule was checked",
            }];
        }
    };
    let context = Context { spec, operations };
    let mut problems = Vec::new();
    spec.walk(|visited| {
        let Some(node) = spec.at(&visited.pointer) else {
            return;
        };
        let part = Part {
            visited: visited.clone(),
            node,
        };
        for rule in RULES.iter().filter(|rule| rule.applies_to == visited.kind) {
            for (at, message) in (rule.check)(&context, &part) {
                let pointer = format!("{}{at}", visited.pointer);
                problems.push(problem(rule.code, pointer, message, rule.help));
            }
        }
    });
    problems.sort();
    problems
}
