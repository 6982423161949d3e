//! Every kind of finding: its stable code, what it means and what to do. Nothing else names a code.

use crate::report::Level;

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The code that never changes.
    pub id: &'static str,
    /// The same in words.
    pub name: &'static str,
    /// How much it matters, unless a check says less.
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
        "mend the file: tests/recording.schema.json describes it";

    BROKEN_SCHEMA = "C001" "broken-schema" Error,
        "a schema of the contract isn't one",
        "mend the schema: whatever refers to it went unchecked";
    BROKEN_REFERENCE = "C002" "broken-reference" Error,
        "a `$ref` leads nowhere, out of the contract or around in a circle",
        "mend the reference: whatever stands behind it went unchecked";
    EXAMPLE_MISMATCH = "C003" "example-mismatch" Error,
        "an example in the contract disagrees with its schema",
        "mend whichever of the two is wrong";
    UNCHECKED = "C004" "unchecked" Note,
        "a part of the contract that this command can't check",
        "say it with simpler means, or check it by eye";

    UNKNOWN_OPERATION = "R001" "unknown-operation" Error,
        "no operation of the contract has the request's method and path",
        "mend the request, or describe the operation in the contract";
    AMBIGUOUS_OPERATION = "R002" "ambiguous-operation" Error,
        "several operations of the contract have the request's method and path",
        "make the path templates or their parameters' patterns exclude each other";
    PATH_PARAMETER = "R003" "path-parameter" Error,
        "a path parameter's value, percent-decoded, disagrees with its schema",
        "mend the request's path, or the parameter's schema";
    MISSING_PARAMETER = "R004" "missing-parameter" Error,
        "a required query parameter or request header isn't there; a note where the answer is 400",
        "add it to the request, or make it optional in the contract";
    UNKNOWN_PARAMETER = "R005" "unknown-parameter" Error,
        "the request has a query parameter that the contract doesn't name; a note where the answer is 400",
        "leave it out of the request, or describe it in the contract";
    PARAMETER_VALUE = "R006" "parameter-value" Error,
        "a query parameter or request header disagrees with its schema; a note where the answer is 400",
        "mend the request, or the parameter's schema";
    API_VERSION = "R007" "api-version" Error,
        "the request's `api-version` isn't the contract's `info.version`; a note where the answer is 400",
        "record the version that the contract describes";

    UNDOCUMENTED_STATUS = "A001" "undocumented-status" Error,
        "the answer's status is none of the operation's: not itself, not as a range such as `5XX`, and there is no `default`",
        "describe the status in the contract";
    CONTENT_TYPE = "A002" "content-type" Error,
        "an answer's content type is missing or isn't documented for its status",
        "mend the recording's `content-type`, or describe it in the contract";
    MISSING_BODY = "A003" "missing-body" Error,
        "an answer has no body where the contract describes one",
        "add the body to the recording, or a response without content to the contract";
    UNDOCUMENTED_BODY = "A004" "undocumented-body" Error,
        "an answer has a body where the contract describes none",
        "describe the body in the contract";
    BODY_SYNTAX = "A005" "body-syntax" Error,
        "a body isn't what its content type says: text where JSON is announced, or the other way round",
        "record JSON under `json` and all else under `text`, with the content type to match";
    BODY_SCHEMA = "A006" "body-schema" Error,
        "a body disagrees with its schema",
        "mend whichever of the two is wrong: the recording if the service never says this, else the contract";
    MISSING_HEADER = "A007" "missing-header" Error,
        "a response header that the contract requires isn't there",
        "add it to the recording, or make it optional in the contract";
    HEADER_VALUE = "A008" "header-value" Error,
        "a response header disagrees with its schema",
        "mend the recording, or the header's schema";

    UNKNOWN_MEMBER = "N001" "unknown-member" Note,
        "a member that the contract doesn't name; the contract is open, so this is no error",
        "describe it in the contract if the service sends it";
    UNKNOWN_VALUE = "N002" "unknown-value" Note,
        "a value that `x-extensible-enum` doesn't list, whatever its case; the set is open, so this is no error",
        "add it to the list if the service sends it";
    OTHER_CASING = "N003" "other-casing" Note,
        "a known value of `x-extensible-enum` in another casing",
        "nothing: readers compare without case";
    UNKNOWN_HEADER = "N004" "unknown-header" Note,
        "a request or response header that the contract doesn't name",
        "describe it in the contract if it matters, else leave it out of the recording";
    ERROR_BODY = "N005" "unexpressed-error-body" Note,
        "an answer of status 400 or above whose body the contract allows in words only: empty, cut off, a page, a bare string",
        "nothing: no schema can say it, and readers look at the status first";

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
