//! Searches all texts and property names of a recording for secrets. A finding says where a secret is, but never
//! quotes the secret.
//!
//! The patterns also match some harmless texts. We accept this, because rewording a text is easier than revoking a committed token.

use std::sync::LazyLock;

use cloud_partner_recordings::recording::Recording;
use percent_encoding::percent_decode_str;
use regex::{Captures, Regex, RegexSet};
use serde_json::Value;

use super::finding_kinds::{self as kinds, FindingKind};
use crate::findings::Finding;
use crate::spec::pointer_segment;

/// The names of headers, parameters and properties whose values are secrets, as a regular expression.
const SECRET_NAMES: &str = "(?:proxy-|x-ms-)?authorization(?:-auxiliary)?|(?:set-)?cookie\
    |(?:ocp-apim-|x-)?(?:access|account|api|functions|private|shared[-_]*access|subscription)[-_]*key\
    |client[-_]*(?:secret|assertion)|pass[-_]*(?:word|wd|phrase)|pwd|(?:access|id|refresh|session)[-_]*token\
    |connection[-_]*string|shared[-_]*access[-_]*signature|sig";

/// Matches the name of a secret. With the flags `mR`, one matching line of the name is enough, such as the second line of `a\npassword`.
///
/// `secret` and `token` aren't in [`SECRET_NAMES`], because [`PATTERNS`] searches all texts for those names, and harmless texts often contain
/// these two words.
static SECRET_NAME: LazyLock<Regex> =
    LazyLock::new(|| regex(&format!("(?imR)^(?:{SECRET_NAMES}|secret|token)$")));

/// Matches a word that isn't a token although it follows "bearer" or "basic", such as in the text "the bearer token is missing" or in the
/// header `WWW-Authenticate: Bearer realm="portal"`.
static HARMLESS_WORD: LazyLock<Regex> = LazyLock::new(|| {
    let words = "access|auth(?:entication|orization)?|credentials?|error|information|is|or|realm|scheme|tokens?|was";
    regex(&format!(r"(?i)^(?:{words})\.*(?:=.*)?$"))
});

/// Matches the domains without real mailboxes: the domains of Microsoft's fictitious companies, and the domains that RFC 2606 reserves.
static FICTITIOUS_DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)(?:^|\.)(?:(?:contoso|fabrikam)\.com|example(?:\.com|\.net|\.org)?|invalid|test)$")
});

/// The kinds of secrets. Each tuple has the kind of the finding, a noun for the message, such as "a key", and a regular expression. A match is
/// ignored if its group `word` is a [`HARMLESS_WORD`], or if its group `domain` is a [`FICTITIOUS_DOMAIN`].
///
/// `(?-u:\b)` is an ASCII word boundary. In text outside ASCII, a search for a Unicode word boundary is many times slower.
static PATTERNS: LazyLock<[(&'static FindingKind, &'static str, Regex); 6]> = LazyLock::new(|| {
    let named = format!(
        r#"(?ix) (?-u:\b) (?:
            (?:{SECRET_NAMES}) (?:
                \\?["']? \s* [:=] [\s\[{{]* \\?["']? [^\s"'\\,;&<\]}}]+
                | \\?["'] \s* : [\s\[{{]* \\?["'] [^"'\\]+    # a value in quotes can begin with any character
                | = [^\s&;"'<]+ )
            | (?:authorization|cookie): \s* [^\s,;]+ )"#
    );
    [
        (
            kinds::SECRET,
            "a JSON web token",
            r"eyJ[A-Za-z0-9_=-]{5,}(?:\.[A-Za-z0-9_=-]*)*",
        ),
        (
            kinds::SECRET,
            "a token after `Bearer` or `Basic`",
            r"(?i)(?-u:\b)(?:bearer|basic)\s+(?<word>[A-Za-z0-9][A-Za-z0-9._~+/=-]*)",
        ),
        (kinds::SECRET, "a secret after a name such as `password`", &named),
        (
            kinds::SECRET,
            "a password in a URL",
            r"://[^/\s:@]+:[^/\s@]+@",
        ),
        (
            kinds::SECRET,
            "a key",
            r"(?x) [A-Za-z0-9+/]{86}==                            # the key of a storage account
            | (?-u:\b)[A-Za-z0-9+/]{43}=                          # a shared access key
            | [A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}     # the key of an application
            | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----
            | (?-u:\b)gh[opsu]_[A-Za-z0-9]{20,}                   # a token of GitHub",
        ),
        (
            kinds::E_MAIL_ADDRESS,
            "an e-mail address",
            // In an address, characters outside ASCII are treated as letters.
            r"[A-Za-z0-9._%+\x{80}-\x{10FFFF}-]+@(?<domain>(?:[A-Za-z0-9\x{80}-\x{10FFFF}-]+\.)*[0-9-]*[A-Za-z\x{80}-\x{10FFFF}][A-Za-z0-9\x{80}-\x{10FFFF}-]*)",
        ),
    ]
    .map(|(kind, what, pattern)| (kind, what, regex(pattern)))
});

/// All patterns in one set. If no pattern of the set matches a text, the text contains no secret.
static ANY_SECRET: LazyLock<RegexSet> = LazyLock::new(|| {
    let patterns = PATTERNS.iter().map(|(_, _, regex)| regex.as_str());
    RegexSet::new(patterns).expect("each pattern is a regular expression")
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns of this file are regular expressions")
}

/// Returns a finding for each property name and text in a recording that seems to contain a secret.
pub fn scan(recording: &Recording) -> Vec<Finding> {
    let Ok(recording) = serde_json::to_value(recording) else {
        return vec![kinds::SECRET.finding("the recording can't be searched for secrets")];
    };
    let mut findings = Vec::new();
    add_findings(&recording, "", &mut findings);
    findings
}

/// Adds a finding for each property name and text in a value that seems to contain a secret. `pointer` is the JSON pointer of the value.
fn add_findings(value: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let secrets_in = |text: &str, subject: &str| -> Vec<Finding> {
        let secrets = kinds_of_secret(text).into_iter();
        let findings = secrets.map(|(kind, what)| {
            let message = format!("{subject} seems to contain {what}");
            kind.finding(message).at_pointer(pointer)
        });
        findings.collect()
    };
    match value {
        Value::Object(properties) => {
            for (name, value) in properties {
                let found = secrets_in(name, "the name of a property of the object");
                let shown_name = if found.is_empty() { name } else { "[secret]" };
                findings.extend(found);
                let pointer = format!("{pointer}/{}", pointer_segment(shown_name));
                if is_secret_name(name) && can_hold_secret(value) {
                    let message = "the name says that the value is a secret";
                    findings.push(kinds::SECRET.finding(message).at_pointer(&pointer));
                }
                add_findings(value, &pointer, findings);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                add_findings(element, &format!("{pointer}/{index}"), findings);
            }
        }
        Value::String(text) => findings.extend(secrets_in(text, "the text")),
        _ => {}
    }
}

/// Returns whether a value is a number or a nonempty text, or an array or object that contains such a value.
fn can_hold_secret(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) => true,
        Value::Array(elements) => elements.iter().any(can_hold_secret),
        Value::Object(properties) => properties.values().any(can_hold_secret),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Returns whether the value of a header, parameter or property with this name is a secret.
pub fn is_secret_name(name: &str) -> bool {
    SECRET_NAME.is_match(name)
}

/// Returns whether a text seems to contain a secret.
pub fn is_secret(text: &str) -> bool {
    !kinds_of_secret(text).is_empty()
}

/// Returns the kinds of secrets in a text, each with its noun for the message. Also searches the percent-decoded text.
fn kinds_of_secret(text: &str) -> Vec<(&'static FindingKind, &'static str)> {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let texts = if decoded == text {
        vec![text]
    } else {
        vec![text, &decoded]
    };
    if !texts.iter().any(|text| ANY_SECRET.is_match(text)) {
        return Vec::new();
    }
    let is_secret = |found: Captures<'_>| {
        let is_harmless = |group, harmless: &Regex| {
            let text = found.name(group);
            text.is_some_and(|text| harmless.is_match(text.as_str()))
        };
        !is_harmless("word", &HARMLESS_WORD) && !is_harmless("domain", &FICTITIOUS_DOMAIN)
    };
    let kinds = PATTERNS.iter().filter(|(_, _, regex)| {
        let mut found = texts.iter().flat_map(|text| regex.captures_iter(text));
        found.any(is_secret)
    });
    kinds.map(|(kind, what, _)| (*kind, *what)).collect()
}
