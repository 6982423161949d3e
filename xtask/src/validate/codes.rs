//! The kinds of findings: stable code, meaning and help.

use crate::report::{Finding, Level};

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable code.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The severity, unless a check lowers it.
    pub level: Level,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub help: &'static str,
}

impl Code {
    /// Makes a finding of this kind.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        Finding {
            level: self.level,
            name: Some(self.name),
            ..Finding::error(self.id, message).help(self.help)
        }
    }
}

macro_rules! codes {
    ($($constant:ident = $id:literal $name:literal $level:ident, $meaning:literal, $help:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: &Code = &Code {
                id: $id,
                name: $name,
                level: Level::$level,
                meaning: $meaning,
                help: $help,
            };
        )*
        /// The codes in the order of this file.
        pub const ALL: &[&Code] = &[$($constant),*];
    };
}

codes! {
    UNREADABLE = "I001" "unreadable-recording" Error,
        "a recording can't be read or isn't well-formed, or a folder contains no recordings; exit code 3",
        "fix the file: tests/recording.schema.json describes the format";

    BROKEN_SCHEMA = "C001" "broken-schema" Error,
        "a schema of the spec is invalid",
        "fix the schema: values of it weren't validated";
    BROKEN_REFERENCE = "C002" "broken-reference" Error,
        "a `$ref` has no target, refers to another file or is part of a cycle",
        "fix the reference: its target wasn't used for validation";
    EXAMPLE_MISMATCH = "C003" "example-mismatch" Error,
        "an example in the spec is invalid against its schema",
        "fix the example or the schema";
    UNCHECKED = "C004" "unchecked" Note,
        "the command can't validate values of a part of the spec",
        "describe the part with simpler keywords, or check the recordings by eye";

    UNKNOWN_OPERATION = "R001" "unknown-operation" Error,
        "no operation of the spec has the request's method and path",
        "fix the request, or describe the operation in the spec";
    AMBIGUOUS_OPERATION = "R002" "ambiguous-operation" Error,
        "several operations of the spec have the request's method and path",
        "make the path templates or their parameters' patterns exclude each other";
    PATH_PARAMETER = "R003" "path-parameter" Error,
        "the percent-decoded value of a path parameter is invalid against its schema",
        "fix the request's path, or the parameter's schema";
    MISSING_PARAMETER = "R004" "missing-parameter" Error,
        "the request has no value for a required query parameter or header; a note if the status code is 400",
        "add it to the request, or make it optional in the spec";
    UNKNOWN_PARAMETER = "R005" "unknown-parameter" Error,
        "the request has a query parameter that the spec doesn't name; a note if the status code is 400",
        "remove it from the request, or describe it in the spec";
    PARAMETER_VALUE = "R006" "parameter-value" Error,
        "a query parameter or request header is invalid against its schema; a note if the status code is 400",
        "fix the request, or the parameter's schema";
    API_VERSION = "R007" "api-version" Error,
        "the request's `api-version` isn't the spec's `info.version`; a note if the status code is 400",
        "record a request with the version that the spec describes";

    UNDOCUMENTED_STATUS = "A001" "undocumented-status" Error,
        "the operation has no response for the status code: no exact one, no range such as `5XX`, and no `default`",
        "describe the status code in the spec";
    CONTENT_TYPE = "A002" "content-type" Error,
        "the response has no content type, or one that the spec doesn't describe for the status code",
        "fix the recording's `content-type`, or describe it in the spec";
    MISSING_BODY = "A003" "missing-body" Error,
        "the response has no body, and the spec describes one",
        "add the body to the recording, or a response without content to the spec";
    UNDOCUMENTED_BODY = "A004" "undocumented-body" Error,
        "the response has a body, and the spec describes none",
        "describe the body in the spec";
    BODY_SYNTAX = "A005" "body-syntax" Error,
        "the body doesn't match its content type: text with a JSON content type, or JSON with another content type",
        "record JSON under `json` and any other body under `text`, with the matching content type";
    BODY_SCHEMA = "A006" "body-schema" Error,
        "the body is invalid against its schema",
        "fix the recording if the service never sends such a body, otherwise fix the spec";
    MISSING_HEADER = "A007" "missing-header" Error,
        "the response has no value for a required header",
        "add it to the recording, or make it optional in the spec";
    HEADER_VALUE = "A008" "header-value" Error,
        "a response header is invalid against its schema",
        "fix the recording, or the header's schema";

    UNKNOWN_PROPERTY = "N001" "unknown-property" Note,
        "a property that the spec doesn't name; the service may add properties, so this is a note",
        "describe it in the spec if the service sends it";
    UNKNOWN_VALUE = "N002" "unknown-value" Note,
        "a value that `x-extensible-enum` doesn't list in any letter case; the service may add values, so this is a note",
        "add it to the list if the service sends it";
    OTHER_CASING = "N003" "other-casing" Note,
        "a known value of `x-extensible-enum` in another letter case",
        "nothing: clients compare without regard to case";
    UNKNOWN_HEADER = "N004" "unknown-header" Note,
        "a request or response header that the spec doesn't name",
        "describe it in the spec if clients need it, otherwise remove it from the recording";
    ERROR_BODY = "N005" "unexpressed-error-body" Note,
        "the body of an error response differs from the schema as a whole: empty, truncated, an HTML page, a plain string",
        "nothing: the spec describes such bodies only in text, and clients check the status code first";

    CREDENTIAL_HEADER = "S001" "credential-header" Error,
        "a header with credentials, such as Authorization or Cookie",
        "remove the header: the replay server requires credentials without it";
    TOKEN = "S002" "token" Error,
        "a text that looks like a token: a JWT, `Bearer …`, `Basic …`",
        "replace it with a placeholder, and revoke it if it is real";
    NAMED_SECRET = "S003" "named-secret" Error,
        "a value whose name is that of a secret, such as a client secret, a password or a signature",
        "replace it with an empty string, and revoke it if it is real";
    KEY = "S004" "key" Error,
        "a text that looks like a key: of a storage account, of an application, a private key",
        "replace it with a placeholder, and revoke it if it is real";
    PERSON = "S005" "e-mail-address" Error,
        "an e-mail address outside contoso.com, fabrikam.com and the example domains",
        "use an address in one of these domains";
}
