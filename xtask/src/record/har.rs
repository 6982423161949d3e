//! Reads captures from a HAR file, as browsers and proxies write it (<http://www.softwareishard.com/blog/har-12-spec/>).

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::Value;

use super::capture::{Capture, Captures, is_live};
use crate::exit::CommandError;
use crate::files;
use crate::output::{print_line, with_noun};
use crate::spec::Operation;
use crate::validate::secrets::CREDENTIAL_HEADERS;

/// Reads the entries of a HAR file whose requests match an operation of the spec. `servers` are the servers of the live service.
pub fn read(
    path: &Path,
    operations: &[Operation<'_>],
    servers: &[Url],
    out: &mut dyn Write,
) -> Result<Captures, CommandError> {
    let har = parse(path)?;
    let Some(entries) = har.pointer("/log/entries").and_then(Value::as_array) else {
        return Err(CommandError(format!(
            "{}: the file isn't a HAR file, because it has no list `log.entries`: export one from the browser's network panel, or \
             with `mitmdump --set hardump=FILE`",
            files::display_path(path)
        )));
    };
    let mut captures = Captures::default();
    for entry in entries {
        captures.secrets.extend(secrets(entry));
    }
    // A recording could contain a shorter text by chance.
    captures.secrets.retain(|secret| secret.len() >= 16);
    for (index, entry) in entries.iter().enumerate() {
        let name = format!("entry {}", index + 1);
        let capture = match capture(entry, name.clone(), servers) {
            Ok(capture) => capture,
            Err(why) => {
                print_line(out, "Skipped", format!("{name}: {why}"))?;
                continue;
            }
        };
        if capture.operation(operations).is_none() {
            print_line(
                out,
                "Skipped",
                format!("{name}: the spec has no operation for the request"),
            )?;
        } else if let Some(why) = incomplete(entry, &capture) {
            captures.rejected += 1;
            print_line(
                out,
                "Rejected",
                format!("{name}: {why}: export the HAR file again with the response bodies"),
            )?;
        } else {
            captures.list.push(capture);
        }
    }
    let read = captures.list.len();
    let others = entries.len() - read;
    let others = if others == 1 {
        "1 other entry".to_owned()
    } else {
        format!("{others} other entries")
    };
    print_line(
        out,
        "Read",
        format!(
            "{} of the spec's operations, {others}",
            with_noun(read, "response")
        ),
    )?;
    Ok(captures)
}

/// Parses the file. The error has no message of the JSON parser, because that could quote a secret of the file.
fn parse(path: &Path) -> Result<Value, CommandError> {
    let shown = files::display_path(path);
    let bytes = fs::read(path)
        .map_err(|error| CommandError(format!("{shown}: the HAR file can't be read: {error}")))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        CommandError(format!(
            "{shown}:{line}:{column}: the file isn't a HAR file, because its JSON is invalid or truncated: export it again"
        ))
    })
}

/// Returns the capture of an entry, or the reason why the entry is skipped.
fn capture(entry: &Value, name: String, servers: &[Url]) -> Result<Capture, &'static str> {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str);
    let method = text("/request/method").ok_or("the entry has no request")?;
    let url = text("/request/url").and_then(|url| Url::parse(url).ok());
    let url = url.ok_or("the URL can't be parsed")?;
    let status = entry.pointer("/response/status").and_then(Value::as_u64);
    let status = status
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (200..=599).contains(status) && *status != 304)
        .ok_or("the entry has no response, or a response from the cache")?;
    let mut headers = BTreeMap::new();
    for (name, value) in pairs(entry, "/response/headers") {
        headers
            .entry(name.to_lowercase())
            .or_insert_with(|| value.to_owned());
    }
    let body = text("/response/content/text").unwrap_or_default();
    let bytes = match text("/response/content/encoding") {
        None | Some("") => body.as_bytes().to_vec(),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => STANDARD
            .decode(body)
            .map_err(|_| "the body isn't valid base64")?,
        Some(_) => return Err("the encoding of the body is unknown"),
    };
    Ok(Capture {
        name,
        method: method.to_owned(),
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        status,
        headers,
        bytes,
        live: is_live(&url, servers),
    })
}

/// Returns the reason why an entry has only a part of the response body; `None` if it has the whole body.
fn incomplete(entry: &Value, capture: &Capture) -> Option<&'static str> {
    /// The number of bytes of a byte order mark, which browsers count but don't export.
    const BYTE_ORDER_MARK: usize = 3;
    let size = entry
        .pointer("/response/content/size")
        .and_then(Value::as_u64);
    let size = size.and_then(|size| usize::try_from(size).ok());
    if entry.pointer("/response/content/text").is_none() {
        return (size != Some(0)).then_some("the file doesn't contain the response body");
    }
    let held = capture.bytes.len() + BYTE_ORDER_MARK;
    size.filter(|size| held < *size)
        .map(|_| "the file contains only a part of the response body")
}

/// Returns the tokens and cookies of an entry.
fn secrets(entry: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for place in ["/request/headers", "/response/headers"] {
        for (name, value) in pairs(entry, place) {
            let name = name.to_lowercase();
            if !CREDENTIAL_HEADERS.contains(&name.as_str()) {
                continue;
            }
            // Only the first pair of `Set-Cookie` is the cookie; the other pairs are its attributes.
            let cookies = if name == "set-cookie" { 1 } else { usize::MAX };
            let pairs = value.split(';').take(cookies);
            let words = pairs.flat_map(|pair| pair.split([' ', ',', '=']));
            found.extend(words.map(str::to_owned));
        }
    }
    for place in ["/request/cookies", "/response/cookies"] {
        found.extend(pairs(entry, place).map(|(_, value)| value.to_owned()));
    }
    found
}

/// Returns the names and values of a list of headers or cookies.
fn pairs<'e>(entry: &'e Value, pointer: &str) -> impl Iterator<Item = (&'e str, &'e str)> {
    let list = entry.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|pair| {
        let text = |key: &str| pair.get(key)?.as_str();
        Some((text("name")?, text("value")?))
    })
}
