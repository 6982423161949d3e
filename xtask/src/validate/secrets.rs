//! Searches all texts of a recording for secrets. The patterns prefer false positives, because a missed token costs more than a
//! reworded sentence. A finding has the place and the kind of a secret, but never the secret.

use std::sync::LazyLock;

use cloud_partner_recordings::recording::Recording;
use percent_encoding::percent_decode_str;
use regex::{Captures, Regex, RegexSet};
use serde_json::Value;

use super::codes::{self, Code};
use crate::report::{Finding, Place};
use crate::spec::pointer_segment;

/// The names of headers, parameters and properties whose values are secrets, as a regular expression.
const SECRET_NAMES: &str = "(?:proxy-|x-ms-)?authorization(?:-auxiliary)?|(?:set-)?cookie\
    |(?:ocp-apim-|x-)?(?:access|account|api|functions|private|shared[-_]*access|subscription)[-_]*key\
    |client[-_]*(?:secret|assertion)|pass[-_]*(?:word|wd|phrase)|pwd|(?:access|id|refresh|session)[-_]*token\
    |connection[-_]*string|shared[-_]*access[-_]*signature|sig";

/// [`SECRET_NAMES`] and the names that are too frequent in sentences to search texts for them.
static SECRET_NAME: LazyLock<Regex> =
    LazyLock::new(|| regex(&format!("(?im)^(?:{SECRET_NAMES}|secret|token)$")));

/// The words that may follow "bearer" or "basic" in a sentence about authentication, or in a `WWW-Authenticate` header.
static HARMLESS_WORD: LazyLock<Regex> = LazyLock::new(|| {
    let words = "access|auth(?:entication|orization)?|credentials?|error|information|is|or|realm|scheme|tokens?|was";
    regex(&format!(r"(?i)^(?:{words})\.*(?:=.*)?$"))
});

/// The domains without real mailboxes: Microsoft's fictitious companies, and the reserved domains of RFC 2606.
static FICTITIOUS_DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)(?:^|\.)(?:(?:contoso|fabrikam)\.com|example(?:\.com|\.net|\.org)?|invalid|test)$")
});

/// The kinds of secret in texts, each with its code and regular expression. A match whose group `word` is a [`HARMLESS_WORD`], or
/// whose group `domain` is a [`FICTITIOUS_DOMAIN`], is no secret.
///
/// `(?-u:\b)` is an ASCII word boundary: a Unicode word boundary makes the search many times slower on text outside ASCII.
static KINDS: LazyLock<[(&'static Code, &'static str, Regex); 6]> = LazyLock::new(|| {
    let named = format!(
        r#"(?ix) (?-u:\b) (?:
            (?:{SECRET_NAMES}) (?:
                \\?["']? \s* [:=] [\s\[{{]* \\?["']? [^\s"'\\,;&<\]}}]+
                | \\?["'] \s* : [\s\[{{]* \\?["'] [^"'\\]+    # a quoted value, with any first character
                | = [^\s&;"'<]+ )
            | (?:authorization|cookie): \s* [^\s,;]+ )"#
    );
    [
        (
            codes::SECRET,
            "a JSON web token",
            r"eyJ[A-Za-z0-9_=-]{5,}(?:\.[A-Za-z0-9_=-]*)*",
        ),
        (
            codes::SECRET,
            "a token after `Bearer` or `Basic`",
            r"(?i)(?-u:\b)(?:bearer|basic)\s+(?<word>[A-Za-z0-9][A-Za-z0-9._~+/=-]*)",
        ),
        (codes::SECRET, "a secret under its name", &named),
        (
            codes::SECRET,
            "a password in a URL",
            r"://[^/\s:@]+:[^/\s@]+@",
        ),
        (
            codes::SECRET,
            "a key",
            r"(?x) [A-Za-z0-9+/]{86}==                            # of a storage account
            | (?-u:\b)[A-Za-z0-9+/]{43}=                          # a shared access key
            | [A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}     # of an application
            | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----
            | (?-u:\b)gh[opsu]_[A-Za-z0-9]{20,}                   # of GitHub",
        ),
        (
            codes::E_MAIL_ADDRESS,
            "an e-mail address",
            // Characters outside ASCII are treated as letters.
            r"[A-Za-z0-9._%+\x{80}-\x{10FFFF}-]+@(?<domain>(?:[A-Za-z0-9\x{80}-\x{10FFFF}-]+\.)*[0-9-]*[A-Za-z\x{80}-\x{10FFFF}][A-Za-z0-9\x{80}-\x{10FFFF}-]*)",
        ),
    ]
    .map(|(code, what, pattern)| (code, what, regex(pattern)))
});

/// All patterns. A single search with this set suffices for a recording without secrets.
static ANY_SECRET: LazyLock<RegexSet> = LazyLock::new(|| {
    let patterns = KINDS.iter().map(|(_, _, regex)| regex.as_str());
    RegexSet::new(patterns.chain([SECRET_NAME.as_str()]))
        .expect("each pattern is a regular expression")
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns of this file are regular expressions")
}

/// Returns a finding for each name and text in a recording that looks like a secret.
pub fn scan(recording: &Recording) -> Vec<Finding> {
    let Ok(recording) = serde_json::to_value(recording) else {
        return vec![codes::SECRET.finding("the recording can't be searched for secrets")];
    };
    let mut texts = String::new();
    visit(&recording, "", &mut |_, text, _| {
        texts += text;
        texts.push('\n');
    });
    let mut findings = Vec::new();
    if !ANY_SECRET.is_match(&texts) && !ANY_SECRET.is_match(&percent_decoded(&texts)) {
        return findings;
    }
    visit(&recording, "", &mut |pointer, text, value| {
        let mut add = |code: &Code, pointer: &str, message: &str| {
            let segments = pointer.split('/');
            let shown = segments.map(|name| if is_secret(name) { "[secret]" } else { name });
            let place = Place::of_pointer(&shown.collect::<Vec<_>>().join("/"));
            findings.push(code.finding(message).in_recording(place));
        };
        if is_secret_name(text) && value.is_some_and(holds_text) {
            let pointer = format!("{pointer}/{}", pointer_segment(text));
            add(codes::SECRET, &pointer, "the name is that of a secret");
        }
        let subject = match value {
            Some(_) => "the name of a property of the object",
            None => "the text",
        };
        for (code, what) in kinds_of_secret(text) {
            add(code, pointer, &format!("{subject} looks like {what}"));
        }
    });
    findings
}

/// Calls `found` with each text and each property name in a value. The arguments are the JSON pointer of the text or of the object, the
/// text or name, and for a name the value of the property.
fn visit(value: &Value, at: &str, found: &mut dyn FnMut(&str, &str, Option<&Value>)) {
    match value {
        Value::Object(properties) => {
            for (name, value) in properties {
                found(at, name, Some(value));
                visit(value, &format!("{at}/{}", pointer_segment(name)), found);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                visit(element, &format!("{at}/{index}"), found);
            }
        }
        Value::String(text) => found(at, text, None),
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

/// Returns whether a value under this name is a secret.
pub fn is_secret_name(name: &str) -> bool {
    SECRET_NAME.is_match(name)
}

/// Returns whether a text looks like a secret.
pub fn is_secret(text: &str) -> bool {
    !kinds_of_secret(text).is_empty()
}

/// Returns the kinds of secret in a text and in its percent-decoded form.
fn kinds_of_secret(text: &str) -> Vec<(&'static Code, &'static str)> {
    let decoded = percent_decoded(text);
    let is_harmful = |found: Captures<'_>| {
        let is = |group, harmless: &Regex| {
            let text = found.name(group);
            text.is_some_and(|text| harmless.is_match(text.as_str()))
        };
        !is("word", &HARMLESS_WORD) && !is("domain", &FICTITIOUS_DOMAIN)
    };
    let kinds = KINDS.iter().filter(|(_, _, regex)| {
        let mut found = regex
            .captures_iter(text)
            .chain(regex.captures_iter(&decoded));
        found.any(is_harmful)
    });
    kinds.map(|(code, what, _)| (*code, *what)).collect()
}

fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
