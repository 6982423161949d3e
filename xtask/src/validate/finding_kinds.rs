//! Defines the kinds of findings that `validate` reports. Each kind has a code, a severity and a help text, which says what to do.

use crate::findings::{Finding, Level};

/// A kind of finding.
pub struct FindingKind {
    code: &'static str,
    level: Level,
    help: &'static str,
}

impl FindingKind {
    /// Makes a finding of this kind.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        Finding {
            level: self.level,
            ..Finding::error(self.code, message).help(self.help)
        }
    }
}

macro_rules! kinds {
    ($($constant:ident = $code:literal $level:ident, $help:literal;)*) => {
        $(pub const $constant: &FindingKind = &FindingKind { code: $code, level: Level::$level, help: $help };)*
    };
}

kinds! {
    // This kind also stands for a folder without recordings, and for two recordings in `tests/recordings` with the same request.
    UNREADABLE = "unreadable-recording" Error,
        "fix the file: tests/recording.schema.json describes the format";
    BROKEN_SCHEMA = "broken-schema" Error,
        "fix the schema: while it is broken, no value can be validated against it";
    INVALID_EXAMPLE = "invalid-example" Error,
        "fix the example or the schema";
    UNKNOWN_OPERATION = "unknown-operation" Error,
        "fix the request, or describe the operation in the spec";
    AMBIGUOUS_OPERATION = "ambiguous-operation" Error,
        "remove one of the path templates from the spec";
    UNKNOWN_PARAMETER = "unknown-parameter" Error,
        "remove the parameter from the request, or describe it in the spec";
    API_VERSION = "api-version" Error,
        "record a request with the API version that the spec describes";
    UNSUPPORTED_PARAMETER = "unsupported-parameter" Error,
        "describe the parameter with `schema`, and with a style that separates array elements by a comma, a space or `|`";
    MISSING_VALUE = "missing-value" Error,
        "add the parameter or header to the recording, or make it optional in the spec";
    INVALID_VALUE = "invalid-value" Error,
        "if a client or the service can send this value, fix the spec; otherwise fix the recording";
    UNDOCUMENTED_STATUS = "undocumented-status" Error,
        "describe the status code in the spec";
    CONTENT_TYPE = "content-type" Error,
        "fix the recording's `content-type`, or describe the media type in the spec";
    MISSING_BODY = "missing-body" Error,
        "add the body to the recording, or remove `content` from the response in the spec";
    UNDOCUMENTED_BODY = "undocumented-body" Error,
        "describe the body in the spec";
    BODY_SYNTAX = "body-syntax" Error,
        "record JSON under `json` and any other body under `text`, with the matching content type";
    UNKNOWN_PROPERTY = "unknown-property" Note,
        "describe the property in the spec if the service sends it";
    UNKNOWN_VALUE = "unknown-value" Note,
        "add the value to `x-extensible-enum` if the service sends it";
    UNKNOWN_HEADER = "unknown-header" Note,
        "describe the header in the spec if clients need it, otherwise remove it from the recording";
    ERROR_BODY = "error-body" Note,
        "nothing to do: an error response can have any body, such as the HTML page of a gateway";
    SECRET = "secret" Error,
        "replace the secret by a placeholder or remove the header, and revoke the secret if it is real";
    E_MAIL_ADDRESS = "e-mail-address" Error,
        "use an address of contoso.com, fabrikam.com or an example domain";
}
