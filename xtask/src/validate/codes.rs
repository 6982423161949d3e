//! Every kind of finding: its stable code, what it means and what to do.

use crate::report::Level;

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable code.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The level, unless a check lowers it.
    pub level: Level,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub help: &'static str,
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
        /// Every code, in the order of this file.
        pub const ALL: &[&Code] = &[$($constant),*];
    };
}

codes! {
    UNREADABLE = "I001" "unreadable-recording" Error,
        "a recording can't be read or isn't well-formed; exit code 3",
        "fix the file: tests/recording.schema.json describes it";

    BROKEN_SCHEMA = "C001" "broken-schema" Error,
        "a schema of the spec can't be used",
        "fix the schema: nothing that refers to it was checked";
    BROKEN_REFERENCE = "C002" "broken-reference" Error,
        "a `$ref` leads nowhere, out of the spec or around in a circle",
        "fix the reference: nothing behind it was checked";
    EXAMPLE_MISMATCH = "C003" "example-mismatch" Error,
        "an example in the spec disagrees with its schema",
        "fix the example or the schema";
    UNCHECKED = "C004" "unchecked" Note,
        "a part of the spec that this command can't check",
        "describe it by simpler means, or check it by eye";

    UNKNOWN_OPERATION = "R001" "unknown-operation" Error,
        "no operation of the spec has the request's method and path",
        "fix the request, or describe the operation in the spec";
    AMBIGUOUS_OPERATION = "R002" "ambiguous-operation" Error,
        "several operations of the spec have the request's method and path",
        "make the path templates or their parameters' patterns exclude each other";
    PATH_PARAMETER = "R003" "path-parameter" Error,
        "a path parameter's value, percent-decoded, disagrees with its schema",
        "fix the request's path, or the parameter's schema";
    MISSING_PARAMETER = "R004" "missing-parameter" Error,
        "a required query parameter or request header isn't there; a note where the response is 400",
        "add it to the request, or make it optional in the spec";
    UNKNOWN_PARAMETER = "R005" "unknown-parameter" Error,
        "the request has a query parameter that the spec doesn't name; a note where the response is 400",
        "leave it out of the request, or describe it in the spec";
    PARAMETER_VALUE = "R006" "parameter-value" Error,
        "a query parameter or request header disagrees with its schema; a note where the response is 400",
        "fix the request, or the parameter's schema";
    API_VERSION = "R007" "api-version" Error,
        "the request's `api-version` isn't the spec's `info.version`; a note where the response is 400",
        "record the version that the spec describes";

    UNDOCUMENTED_STATUS = "A001" "undocumented-status" Error,
        "the response's status is none of the operation's: not itself, not as a range such as `5XX`, and there is no `default`",
        "describe the status in the spec";
    CONTENT_TYPE = "A002" "content-type" Error,
        "an response's content type is missing or isn't documented for its status",
        "fix the recording's `content-type`, or describe it in the spec";
    MISSING_BODY = "A003" "missing-body" Error,
        "a response has no body where the spec describes one",
        "add the body to the recording, or a response without content to the spec";
    UNDOCUMENTED_BODY = "A004" "undocumented-body" Error,
        "a response has a body where the spec describes none",
        "describe the body in the spec";
    BODY_SYNTAX = "A005" "body-syntax" Error,
        "a body isn't what its content type says: text where JSON is announced, or the other way round",
        "record JSON under `json` and all else under `text`, with the content type to match";
    BODY_SCHEMA = "A006" "body-schema" Error,
        "a body disagrees with its schema",
        "fix the recording if the service never sends this, else the spec";
    MISSING_HEADER = "A007" "missing-header" Error,
        "a response header that the spec requires isn't there",
        "add it to the recording, or make it optional in the spec";
    HEADER_VALUE = "A008" "header-value" Error,
        "a response header disagrees with its schema",
        "fix the recording, or the header's schema";

    UNKNOWN_PROPERTY = "N001" "unknown-property" Note,
        "a property that the spec doesn't name; responses may grow, so this is no error",
        "describe it in the spec if the service sends it";
    UNKNOWN_VALUE = "N002" "unknown-value" Note,
        "a value that `x-extensible-enum` doesn't list, whatever its case; new values may arrive, so this is no error",
        "add it to the list if the service sends it";
    OTHER_CASING = "N003" "other-casing" Note,
        "a known value of `x-extensible-enum` in another letter case",
        "nothing: clients compare without regard to case";
    UNKNOWN_HEADER = "N004" "unknown-header" Note,
        "a request or response header that the spec doesn't name",
        "describe it in the spec if it matters, else leave it out of the recording";
    ERROR_BODY = "N005" "unexpressed-error-body" Note,
        "a response of status 400 or above whose body only descriptions of the spec allow: empty, cut off, a page, a bare string",
        "nothing: no schema can say it, and clients look at the status first";

    CREDENTIAL_HEADER = "S001" "credential-header" Error,
        "a header that carries credentials: Authorization, Cookie and their like",
        "remove the header: the replay server asks for credentials by itself";
    TOKEN = "S002" "token" Error,
        "something that looks like a token: a JWT, `Bearer …`, `Basic …`",
        "replace it by a word, and revoke it if it was ever real";
    NAMED_SECRET = "S003" "named-secret" Error,
        "a value under a name that secrets have: a client secret, a password, a signature and their like",
        "replace it by an empty string, and revoke it if it was ever real";
    KEY = "S004" "key" Error,
        "something that looks like a key: of a storage account, of an application, a private key",
        "replace it by a word, and revoke it if it was ever real";
    PERSON = "S005" "e-mail-address" Error,
        "an e-mail address outside contoso.com, fabrikam.com and the example domains",
        "use an address in one of these";
}
