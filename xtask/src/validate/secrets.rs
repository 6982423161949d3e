//! Searches all texts of a recording for secrets. The patterns prefer false positives, because a missed token costs more than a
//! reworded sentence.
//!
//! A finding has the place and the kind of a secret, but never the secret. [`masked`] replaces secrets in all other findings.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::{Captures, Regex, RegexSet};
use serde_json::Value;

use super::codes::{self, Code};
use crate::report::{Finding, Place};
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

/// The names of secrets in properties, parameters and texts, as a regular expression.
const SECRET_NAMES: &str = "client[-_]*(?:secret|assertion)|pass[-_]*(?:word|wd|phrase)|pwd\
    |(?:access|id|refresh|session)[-_]*token|connection[-_]*string\
    |(?:access|account|api|private|shared[-_]*access|subscription)[-_]*key|shared[-_]*access[-_]*signature|sig";

/// The words that may follow "bearer" or "basic" in a sentence about authentication, or in a `WWW-Authenticate` header.
static HARMLESS_WORD: LazyLock<Regex> = LazyLock::new(|| {
    let words = "access|auth(?:entication|orization)?|credentials?|error|information|is|or|realm|scheme|tokens?|was";
    regex(&format!(r"(?i)^(?:{words})\.*(?:=.*)?$"))
});

/// The domains without real mailboxes: Microsoft's fictitious companies, and the reserved domains of RFC 2606.
static FICTITIOUS_DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)(?:^|\.)(?:(?:contoso|fabrikam)\.com|example(?:\.com|\.net|\.org)?|invalid|test)$")
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns of this file are regular expressions")
}

/// The kinds of secret in texts, each with its code and regular expression. A match whose group `word` is a [`HARMLESS_WORD`], or
/// whose group `domain` is a [`FICTITIOUS_DOMAIN`], is no secret.
///
/// `(?-u:\b)` is an ASCII word boundary: a Unicode word boundary makes the search many times slower on text outside ASCII.
static KINDS: LazyLock<Vec<(&'static Code, &'static str, Regex)>> = LazyLock::new(|| {
    let headers = "authorization|(?:set-)?cookie";
    let kinds = [
        (
            codes::TOKEN,
            "a JSON web token",
            r"eyJ[A-Za-z0-9_=-]{5,}(?:\.[A-Za-z0-9_=-]*)*",
        ),
        (
            codes::TOKEN,
            "a token after `Bearer` or `Basic`",
            r"(?i)(?-u:\b)(?:bearer|basic)\s+(?<word>[A-Za-z0-9][A-Za-z0-9._~+/=-]*)",
        ),
        (
            codes::CREDENTIAL_HEADER,
            "a header with credentials",
            &format!(r"(?i)(?-u:\b)(?:{headers}):\s*[^\s,;]+"),
        ),
        (
            codes::NAMED_SECRET,
            "a secret under its name",
            &format!(r#"(?i)(?-u:\b)(?:{SECRET_NAMES})=[^\s&;"'<]+"#),
        ),
        (
            codes::NAMED_SECRET,
            "a secret under its name",
            &format!(
                r#"(?i)["']\s*(?:{SECRET_NAMES}|{headers})\\?["']\s*:[\s\[{{]*\\?["'][^"'\\]+"#
            ),
        ),
        (
            codes::NAMED_SECRET,
            "a password in a URL",
            r"://[^/\s:@]+:[^/\s@]+@",
        ),
        (
            codes::KEY,
            "a key of a storage account",
            r"[A-Za-z0-9+/]{86}==",
        ),
        (
            codes::KEY,
            "a shared access key",
            r"(?-u:\b)[A-Za-z0-9+/]{43}=",
        ),
        (
            codes::KEY,
            "a secret of an application",
            r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
        ),
        (
            codes::KEY,
            "a private key",
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
        ),
        (
            codes::KEY,
            "a GitHub token",
            r"(?-u:\b)gh[opsu]_[A-Za-z0-9]{20,}",
        ),
        (
            codes::PERSON,
            "an e-mail address",
            // Characters outside ASCII are treated as letters.
            r"[A-Za-z0-9._%+\x{80}-\x{10FFFF}-]+@(?<domain>(?:[A-Za-z0-9\x{80}-\x{10FFFF}-]+\.)*[0-9-]*[A-Za-z\x{80}-\x{10FFFF}][A-Za-z0-9\x{80}-\x{10FFFF}-]*)",
        ),
    ];
    let compiled = kinds.map(|(code, what, pattern)| (code, what, regex(pattern)));
    compiled.into()
});

/// The whole names of properties and headers whose values are secrets.
static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| {
    let headers = CREDENTIAL_HEADERS.join("|");
    regex(&format!(
        "(?im)^(?:(?<header>{headers})|{SECRET_NAMES}|secret|token)$"
    ))
});

/// All patterns. A single search with this set suffices for a recording without secrets.
static ANY_SECRET: LazyLock<RegexSet> = LazyLock::new(|| {
    let patterns = KINDS.iter().map(|(_, _, regex)| regex.as_str());
    RegexSet::new(patterns.chain([SECRET_NAME.as_str()]))
        .expect("each pattern is a regular expression")
});

/// Returns a finding for each name and text in a recording that looks like a secret.
pub fn scan(recording: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut texts = String::new();
    collect(recording, &mut texts);
    let decoded = percent_decoded(&texts);
    if ANY_SECRET.is_match(&texts) || decoded.is_some_and(|texts| ANY_SECRET.is_match(&texts)) {
        scan_value(recording, "", &mut findings);
    }
    findings
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

fn scan_value(value: &Value, at: &str, findings: &mut Vec<Finding>) {
    let secret = |code: &Code, pointer: &str, message: &str| {
        code.finding(message)
            .in_recording(Place::of_pointer(pointer))
    };
    match value {
        Value::Object(properties) => {
            for (name, value) in properties {
                for (code, what) in kinds_of_secret(name) {
                    let message = format!("the name of a property of the object looks like {what}");
                    findings.push(secret(code, at, &message));
                }
                let here = format!("{at}/{}", pointer_segment(name));
                if let Some(found) = SECRET_NAME.captures(name).filter(|_| holds_text(value)) {
                    let (code, message) = match found.name("header") {
                        Some(_) => (codes::CREDENTIAL_HEADER, "the header contains credentials"),
                        None => (
                            codes::NAMED_SECRET,
                            "the name of the property is that of a secret",
                        ),
                    };
                    findings.push(secret(code, &here, message));
                }
                scan_value(value, &here, findings);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                scan_value(element, &format!("{at}/{index}"), findings);
            }
        }
        Value::String(text) => {
            for (code, what) in kinds_of_secret(text) {
                findings.push(secret(code, at, &format!("the text looks like {what}")));
            }
        }
        _ => {}
    }
}

/// Returns the kinds of secret in a text and in its percent-decoded form.
fn kinds_of_secret(text: &str) -> Vec<(&'static Code, &'static str)> {
    let decoded = percent_decoded(text);
    let is_in =
        |regex: &Regex, text: &str| regex.captures_iter(text).any(|found| is_secret(&found));
    let kinds = KINDS.iter().filter(|(_, _, regex)| {
        is_in(regex, text) || decoded.as_ref().is_some_and(|text| is_in(regex, text))
    });
    kinds.map(|(code, what, _)| (*code, *what)).collect()
}

fn is_secret(found: &Captures<'_>) -> bool {
    let is = |group, harmless: &Regex| {
        let text = found.name(group);
        text.is_some_and(|text| harmless.is_match(text.as_str()))
    };
    !is("word", &HARMLESS_WORD) && !is("domain", &FICTITIOUS_DOMAIN)
}

fn percent_decoded(text: &str) -> Option<String> {
    text.contains('%')
        .then(|| percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// Returns the finding with each secret in its message and its place in a recording replaced.
pub fn masked(mut finding: Finding) -> Finding {
    finding.message = mask(&finding.message);
    if let Some(place) = &mut finding.recording {
        place.file = mask(&place.file);
        let segments: Vec<String> = place.pointer.split('/').map(mask).collect();
        place.pointer = segments.join("/");
    }
    finding
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
    let mut text = text.to_owned();
    for (_, _, regex) in KINDS.iter() {
        let masked = regex.replace_all(&text, |found: &Captures<'_>| {
            let kept = if is_secret(found) { MASK } else { &found[0] };
            kept.to_owned()
        });
        text = masked.into_owned();
    }
    text
}
