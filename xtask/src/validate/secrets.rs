//! Searches all texts of a recording for secrets. The patterns prefer false positives, because a missed token costs more than a
//! reworded sentence.
//!
//! A finding has the place and the kind of a secret, but never the secret. [`mask`] and [`mask_pointer`] replace secrets in all other
//! messages.

use std::borrow::Cow;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::{Captures, Regex, RegexSet};
use serde_json::Value;

use super::codes::{self, Code};
use super::finding::Found;
use crate::spec::pointer_segment;

/// The replacement of a secret in a message.
const MASK: &str = "[secret]";

/// The names of headers with credentials, in lower case.
pub const CREDENTIAL_HEADERS: &[&str] = &[
    "authorization",
    "cookie",
    "ocp-apim-subscription-key",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
    "x-functions-key",
    "x-ms-authorization-auxiliary",
];

/// The names of properties and parameters whose values are secrets, in lower case and without `-` and `_`.
const SECRET_NAMES: &[&str] = &[
    "accesskey",
    "accesstoken",
    "accountkey",
    "apikey",
    "clientassertion",
    "clientsecret",
    "connectionstring",
    "idtoken",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "refreshtoken",
    "secret",
    "sessiontoken",
    "sharedaccesskey",
    "sharedaccesssignature",
    "sig",
    "subscriptionkey",
    "token",
];

/// The words that may follow "bearer" or "basic" in a sentence about authentication.
const HARMLESS_WORDS: &[&str] = &[
    "access",
    "auth",
    "authentication",
    "authorization",
    "credential",
    "credentials",
    "error",
    "information",
    "is",
    "or",
    "realm",
    "scheme",
    "token",
    "tokens",
    "was",
];

/// The domains without real mailboxes: Microsoft's fictitious companies, and the reserved domains of RFC 2606.
const FICTITIOUS_DOMAINS: &[&str] = &[
    "contoso.com",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "fabrikam.com",
    "invalid",
    "test",
];

/// A pattern of a kind of secret.
struct Pattern {
    code: &'static Code,
    what: &'static str,
    regex: Regex,
    /// Returns whether a match is a secret.
    is_secret: fn(&Captures<'_>) -> bool,
}

// `(?-u:\b)` is an ASCII word boundary: a Unicode word boundary makes the search many times slower on text outside ASCII.
static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let always: fn(&Captures<'_>) -> bool = |_| true;
    let names = "client_?secret|client_?assertion|pass(?:word|wd|phrase)|pwd|(?:access|id|refresh)_?token\
        |(?:account|api|subscription|shared_?access)_?key|shared_?access_?signature|sig";
    let headers = "authorization|(?:set-)?cookie";
    [
        (
            codes::TOKEN,
            "a JSON web token",
            r"eyJ[A-Za-z0-9_=-]{5,}(?:\.[A-Za-z0-9_=-]*)*",
            always,
        ),
        (
            codes::TOKEN,
            "a token after `Bearer` or `Basic`",
            r"(?i)(?-u:\b)(?:bearer|basic)\s+([A-Za-z0-9][A-Za-z0-9._~+/=-]*)",
            |found| {
                let word = found[1].trim_end_matches(['.', '=']).to_lowercase();
                !HARMLESS_WORDS.contains(&word.split('=').next().unwrap_or_default())
            },
        ),
        (
            codes::CREDENTIAL_HEADER,
            "a header with credentials",
            &format!(r"(?i)(?-u:\b)(?:{headers}):\s*[^\s,;]+"),
            always,
        ),
        (
            codes::NAMED_SECRET,
            "a secret under its name",
            &format!(r#"(?i)(?-u:\b)(?:{names})=[^\s&;"'<]+"#),
            always,
        ),
        (
            codes::NAMED_SECRET,
            "a secret under its name",
            &format!(r#"(?i)["']\s*(?:{names}|{headers})\\?["']\s*:[\s\[{{]*\\?["'][^"'\\]+"#),
            always,
        ),
        (
            codes::NAMED_SECRET,
            "a password in a URL",
            r"://[^/\s:@]+:[^/\s@]+@",
            always,
        ),
        (
            codes::KEY,
            "a key of a storage account",
            r"[A-Za-z0-9+/]{86}==",
            always,
        ),
        (
            codes::KEY,
            "a shared access key",
            r"(?-u:\b)[A-Za-z0-9+/]{43}=",
            always,
        ),
        (
            codes::KEY,
            "a secret of an application",
            r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
            always,
        ),
        (
            codes::KEY,
            "a private key",
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
            always,
        ),
        (
            codes::KEY,
            "a GitHub token",
            r"(?-u:\b)gh[opsu]_[A-Za-z0-9]{20,}",
            always,
        ),
        (
            codes::PERSON,
            "an e-mail address",
            // Characters outside ASCII are treated as letters.
            r"[A-Za-z0-9._%+\x{80}-\x{10FFFF}-]+@((?:[A-Za-z0-9\x{80}-\x{10FFFF}-]+\.)*[0-9-]*[A-Za-z\x{80}-\x{10FFFF}][A-Za-z0-9\x{80}-\x{10FFFF}-]*)",
            |found| {
                let domain = found[1].to_lowercase();
                !FICTITIOUS_DOMAINS.iter().any(|fictitious| {
                    domain
                        .strip_suffix(fictitious)
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                })
            },
        ),
    ]
    .into_iter()
    .map(|(code, what, regex, is_secret)| Pattern {
        code,
        what,
        regex: Regex::new(regex).expect("the patterns above are regular expressions"),
        is_secret,
    })
    .collect()
});

/// All patterns, and all names as whole lines. A single search with this set suffices for a recording without secrets.
static ANY_SECRET: LazyLock<RegexSet> = LazyLock::new(|| {
    // `-` and `_` may occur between the letters of a name.
    let spaced = |name: &&str| name.split("").collect::<Vec<_>>().join("[-_]*");
    let names: Vec<String> = SECRET_NAMES.iter().map(spaced).collect();
    let names = [names.join("|"), CREDENTIAL_HEADERS.join("|")].join("|");
    let names = format!(r"(?im)^(?:{names})$");
    let patterns = PATTERNS.iter().map(|pattern| pattern.regex.as_str());
    RegexSet::new(patterns.chain([names.as_str()])).expect("each pattern is a regular expression")
});

/// Returns a finding for each name and text in a recording that looks like a secret.
pub fn scan(recording: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    let mut texts = String::new();
    collect(recording, &mut texts);
    if ANY_SECRET.is_match(&texts)
        || percent_decoded(&texts).is_some_and(|texts| ANY_SECRET.is_match(&texts))
    {
        scan_value(recording, "", &mut found);
    }
    found
}

/// Appends all names and texts of a value, one per line.
fn collect(value: &Value, texts: &mut String) {
    match value {
        Value::Object(properties) => {
            for (name, value) in properties {
                texts.push_str(name);
                texts.push('\n');
                collect(value, texts);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, texts)),
        Value::String(text) => {
            texts.push_str(text);
            texts.push('\n');
        }
        _ => {}
    }
}

/// Returns whether a value is or contains a non-empty text or a number.
fn holds_text(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) => true,
        Value::Array(elements) => elements.iter().any(holds_text),
        Value::Object(properties) => properties.values().any(holds_text),
        Value::Null | Value::Bool(_) => false,
    }
}

fn scan_value(value: &Value, at: &str, found: &mut Vec<Found>) {
    match value {
        Value::Object(properties) => {
            for (name, value) in properties {
                for (code, what) in kinds_of_secret(name) {
                    let message = format!("the name of a property of the object looks like {what}");
                    found.push(Found::at(code, at, message));
                }
                let here = format!("{at}/{}", pointer_segment(name));
                let filled = holds_text(value);
                let plain = name.to_lowercase();
                if filled && CREDENTIAL_HEADERS.contains(&plain.as_str()) {
                    let message = "the header contains credentials";
                    found.push(Found::at(codes::CREDENTIAL_HEADER, &here, message));
                } else if filled && SECRET_NAMES.contains(&plain.replace(['-', '_'], "").as_str()) {
                    let message = "the name of the property is that of a secret";
                    found.push(Found::at(codes::NAMED_SECRET, &here, message));
                }
                scan_value(value, &here, found);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                scan_value(element, &format!("{at}/{index}"), found);
            }
        }
        Value::String(text) => {
            for (code, what) in kinds_of_secret(text) {
                found.push(Found::at(code, at, format!("the text looks like {what}")));
            }
        }
        _ => {}
    }
}

/// Returns the kinds of secret in a text and in its percent-decoded form.
fn kinds_of_secret(text: &str) -> Vec<(&'static Code, &'static str)> {
    let decoded = percent_decoded(text);
    PATTERNS
        .iter()
        .filter(|pattern| {
            [Some(text), decoded.as_deref()]
                .into_iter()
                .flatten()
                .any(|text| {
                    pattern
                        .regex
                        .captures_iter(text)
                        .any(|found| (pattern.is_secret)(&found))
                })
        })
        .map(|pattern| (pattern.code, pattern.what))
        .collect()
}

fn percent_decoded(text: &str) -> Option<String> {
    text.contains('%')
        .then(|| percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// Returns the text with each secret replaced.
pub fn mask(text: &str) -> String {
    let masked = mask_plain(text);
    match percent_decoded(&masked) {
        // A percent-encoded secret can be replaced only in the decoded text.
        Some(decoded) if !kinds_of_secret(&decoded).is_empty() => mask_plain(&decoded),
        _ => masked,
    }
}

fn mask_plain(text: &str) -> String {
    if !ANY_SECRET.is_match(text) {
        return text.to_owned();
    }
    PATTERNS
        .iter()
        .fold(Cow::Borrowed(text), |text, pattern| {
            match pattern.regex.replace_all(&text, |found: &Captures<'_>| {
                if (pattern.is_secret)(found) {
                    MASK.to_owned()
                } else {
                    found[0].to_owned()
                }
            }) {
                Cow::Borrowed(_) => text,
                Cow::Owned(masked) => Cow::Owned(masked),
            }
        })
        .into_owned()
}

/// Returns the JSON pointer with each name replaced that looks like a secret.
pub fn mask_pointer(pointer: &str) -> String {
    pointer.split('/').map(mask).collect::<Vec<_>>().join("/")
}
