//! Reads requests and responses from a HAR file (<http://www.softwareishard.com/blog/har-12-spec/>) that a browser or a proxy has written.
//! An *entry* of the file is one request with its response.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud_partner_recordings::recording::Request;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use super::capture::{Capture, Captures, response};
use super::live_service::is_live;
use crate::exit_code::CommandError;
use crate::files;
use crate::print::print_line;
use crate::spec::{Operation, operations_for};
use crate::validate::secrets::is_secret_name;

/// Returns a [`Capture`] for each entry whose request matches an operation of the spec. Returns an error if no entry matches.
///
/// If the response body of a matching entry can't be read, `is_complete` in the result is `false`. `servers` are the URLs of the live
/// service.
pub fn read<'o>(
    path: &Path,
    operations: &'o [Operation<'o>],
    servers: &[Url],
    out: &mut dyn Write,
) -> Result<Captures<'o>, CommandError> {
    let shown = files::display_path(path);
    let har = parse(path, &shown)?;
    let Some(entries) = har.pointer("/log/entries").and_then(Value::as_array) else {
        return Err(format!(
            "{shown}: the file isn't a HAR file, because it has no list `log.entries`: export a HAR file from the browser's network panel, \
             or with `mitmdump --set hardump=FILE`"
        ).into());
    };
    // `record` rejects a recording that contains a secret. A recording can contain a word of fewer than 16 bytes by chance, so such a word
    // isn't a secret.
    let secrets = entries.iter().flat_map(secret_words);
    let secrets = secrets.filter(|secret| secret.len() >= 16).collect();
    let mut captures = Captures {
        list: Vec::new(),
        secrets,
        is_complete: true,
    };
    for (index, entry) in entries.iter().enumerate() {
        let name = format!("entry {}", index + 1);
        let (operation, url, status) = match head(entry, operations) {
            Ok(head) => head,
            Err(why) => {
                print_line(out, "Skipped", format!("{name}: {why}"))?;
                continue;
            }
        };
        match body(entry) {
            Ok(body) => {
                let request = Request {
                    method: operation.method.clone(),
                    path: url.path().to_owned(),
                    query: url.query_pairs().into_owned().collect(),
                    headers: BTreeMap::new(),
                };
                let response = response(status, pairs(entry, "/response/headers"), &body);
                let is_live = is_live(&url, servers);
                let capture = Capture::new(name, operation, is_live, request, response);
                captures.list.push(capture);
            }
            Err(why) => {
                captures.is_complete = false;
                let help = "export the HAR file again with the response bodies";
                print_line(out, "Rejected", format!("{name}: {why}: {help}"))?;
            }
        }
    }
    let (read, all) = (captures.list.len(), entries.len());
    print_line(out, "Read", format!("responses of {read} of {all} entries"))?;
    if captures.list.is_empty() && captures.is_complete {
        return Err(format!(
            "{shown}: the file contains no response of the spec's operations: export a HAR file with the request for the list of \
             offers, or for the status of an offer"
        ).into());
    }
    Ok(captures)
}

/// Parses the file. The error doesn't contain the JSON parser's message, because that message could quote a secret in the file.
fn parse(path: &Path, shown: &str) -> Result<Value, String> {
    let bytes = fs::read(path);
    let bytes = bytes.map_err(|error| format!("{shown}: the HAR file can't be read: {error}"))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!(
            "{shown}:{line}:{column}: the file isn't a HAR file, because its JSON is invalid or truncated: export it again"
        )
    })
}

/// Returns the operation, the URL and the status code of an entry. The error is the reason why the entry is skipped.
fn head<'o>(
    entry: &Value,
    operations: &'o [Operation<'o>],
) -> Result<(&'o Operation<'o>, Url, u16), &'static str> {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str);
    let method = text("/request/method").ok_or("the entry has no request")?;
    let url = text("/request/url").and_then(|url| Url::parse(url).ok());
    let url = url.ok_or("the URL can't be parsed")?;
    let status = entry.pointer("/response/status").and_then(Value::as_u64);
    let status = status
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (200..=599).contains(status) && *status != 304)
        .ok_or("the entry has no response, or a response from the cache")?;
    let operation = operations_for(operations, method, url.path());
    let operation = operation.first();
    let operation = operation.ok_or("the spec has no operation for the request")?;
    Ok((operation, url, status))
}

/// Returns the response body of an entry. The error is the reason why the complete body can't be read.
fn body(entry: &Value) -> Result<Vec<u8>, &'static str> {
    /// The length of a byte order mark in bytes. A browser includes the mark in `size`, but not in `text`.
    const BYTE_ORDER_MARK: u64 = 3;
    let content = |key: &str| entry.pointer("/response/content")?.get(key);
    let size = content("size").and_then(Value::as_u64);
    let text = match content("text") {
        None if size == Some(0) => "",
        text => text
            .and_then(Value::as_str)
            .ok_or("the file doesn't contain the response body")?,
    };
    let body = match content("encoding").and_then(Value::as_str) {
        None | Some("") => text.as_bytes().to_vec(),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => STANDARD
            .decode(text)
            .map_err(|_| "the response body isn't valid base64")?,
        Some(_) => return Err("the encoding of the response body is unknown"),
    };
    if size.is_some_and(|size| body.len() as u64 + BYTE_ORDER_MARK < size) {
        return Err("the file contains only a part of the response body");
    }
    Ok(body)
}

/// Returns the values of an entry's cookies and secret headers. Also returns every word in these values, such as the token in the header
/// `Authorization`.
fn secret_words(entry: &Value) -> Vec<String> {
    let mut secrets = Vec::new();
    let headers = pairs(entry, "/request/headers").chain(pairs(entry, "/response/headers"));
    for (name, value) in headers.filter(|(name, _)| is_secret_name(name)) {
        // In `Set-Cookie`, only the first pair is the cookie. The other pairs are attributes such as `Path=/`.
        let is_set_cookie = name.eq_ignore_ascii_case("set-cookie");
        let pair_limit = if is_set_cookie { 1 } else { usize::MAX };
        secrets.extend(value.split(';').take(pair_limit).flat_map(words));
    }
    for pointer in ["/request/cookies", "/response/cookies"] {
        secrets.extend(pairs(entry, pointer).flat_map(|(_, value)| words(&value)));
    }
    secrets
}

/// Returns a value and its words. Also returns the percent-decoded value and its words.
fn words(value: &str) -> Vec<String> {
    let decoded = percent_decode_str(value).decode_utf8_lossy();
    let mut words = Vec::new();
    for text in [value, &decoded] {
        words.push(text);
        // The value of a cookie such as `session=a=b` begins after the first `=`.
        let cookie = text.split_once('=').map_or(text, |(_, cookie)| cookie);
        let parts = text.split_whitespace().chain([cookie]);
        words.extend(parts.map(|part| part.trim_matches(|c: char| !c.is_ascii_alphanumeric())));
        // A `:` can be a part of the credential, or separate the credential from the next word. Therefore, the first statement keeps `:`
        // in the words, and the second statement splits the text at `:`.
        words.extend(text.split(|c: char| c.is_whitespace() || "\",;=".contains(c)));
        words.extend(text.split(|c: char| !c.is_ascii_alphanumeric() && !"-._~+/%".contains(c)));
    }
    words.into_iter().map(str::to_owned).collect()
}

/// Returns the names and values of the headers or cookies in the list at the JSON pointer `pointer`.
fn pairs(entry: &Value, pointer: &str) -> impl Iterator<Item = (String, String)> {
    let list = entry.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|pair| {
        let text = |key: &str| pair.get(key)?.as_str().map(str::to_owned);
        Some((text("name")?, text("value")?))
    })
}
