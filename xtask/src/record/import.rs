//! `cargo xtask import`: recordings from a browser's or a proxy's HAR file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use reqwest::Url;
use serde_json::Value;

use super::capture::Capture;
use super::service_hosts;
use super::write::{self, Options};
use crate::exit::{Failure, Run};
use crate::files;
use crate::output::{count, say};
use crate::validate::Document;

/// Makes recordings of a HAR file, as browsers and proxies write it
///
/// Only answers of the contract's operations are taken, and everything personal in them is replaced as `record` does. The file
/// itself holds tokens and cookies: keep it out of the repository, and delete it when you are done.
#[derive(Args)]
pub struct Import {
    /// The HAR file
    #[arg(value_name = "FILE.har")]
    file: PathBuf,
    #[command(flatten)]
    options: Options,
}

impl Import {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let contract = self.options.contract()?;
        let document = Document::new(&contract)?;
        let hosts = service_hosts(&contract);
        let har = read(&self.file)?;
        let entries = har.pointer("/log/entries").and_then(Value::as_array);
        let Some(entries) = entries else {
            return Err(Failure(format!(
                "{}: no HAR file: it has no list `log.entries`; export one from the browser's network panel, or say \
                 `mitmdump --set hardump=FILE`",
                files::shown(&self.file)
            )));
        };
        let mut captures = Vec::new();
        let mut passed_over = 0;
        for (index, entry) in entries.iter().enumerate() {
            let name = format!("entry {}", index + 1);
            let why = match capture(entry, name.clone(), &hosts) {
                Ok(capture) if write::operation(&document, &capture).is_some() => {
                    captures.push(capture);
                    continue;
                }
                Ok(capture) => format!("{} of no operation of the contract", method(&capture)),
                Err(why) => why.to_owned(),
            };
            passed_over += 1;
            say(out, "Passed over", format!("{name}: {why}"))?;
        }
        let others = if passed_over == 1 { "entry" } else { "entries" };
        say(
            out,
            "Read",
            format!(
                "{} of the contract's operations, {passed_over} other {others}",
                count(captures.len(), "answer")
            ),
        )?;
        write::write(self.options, &contract, &captures, &credentials(&har), out)
    }
}

/// Reads the file as JSON. What the parser says of it may quote it, so only the place is told.
fn read(path: &std::path::Path) -> Result<Value, Failure> {
    let shown = files::shown(path);
    let bytes = fs::read(path)
        .map_err(|error| Failure(format!("{shown}: the HAR file can't be read: {error}")))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure(format!(
            "{shown}:{line}:{column}: no HAR file: the JSON is broken or cut off here; export it again"
        ))
    })
}

/// A method that isn't one of these could be anything.
fn method(capture: &Capture) -> &str {
    match capture.method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "a request",
    }
}

/// What is needed of an entry, or why there is nothing in it.
fn capture(entry: &Value, name: String, hosts: &[String]) -> Result<Capture, &'static str> {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str);
    let method = text("/request/method").ok_or("it has no request")?;
    let url = text("/request/url").and_then(|url| Url::parse(url).ok());
    let url = url.ok_or("its URL can't be read")?;
    let status = entry.pointer("/response/status").and_then(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status
        .filter(|status| (200..=599).contains(status) && *status != 304)
        .ok_or("it has no answer, or one from the cache")?;
    let headers = entry
        .pointer("/response/headers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|header| {
            let name = header.get("name")?.as_str()?.to_lowercase();
            Some((name, header.get("value")?.as_str()?.to_owned()))
        });
    // Of a header that is there twice, the first counts.
    let mut unique = BTreeMap::new();
    for (name, value) in headers {
        unique.entry(name).or_insert(value);
    }
    let body = text("/response/content/text").unwrap_or_default();
    let body = match text("/response/content/encoding") {
        None | Some("") => body.as_bytes().to_vec(),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => {
            STANDARD.decode(body).map_err(|_| "its body is no base64")?
        }
        Some(_) => return Err("its body is encoded in an unknown way"),
    };
    Ok(Capture {
        name,
        method: method.to_owned(),
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        status,
        headers: unique,
        bytes: body,
        from_service: url
            .host_str()
            .is_some_and(|host| hosts.iter().any(|service| service == host)),
    })
}

/// Every token and cookie of the file, as words: whatever else goes wrong, none of them is written.
fn credentials(har: &Value) -> Vec<String> {
    const HEADERS: &[&str] = &[
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
    ];
    let mut found = Vec::new();
    let entries = har.pointer("/log/entries").and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        for place in ["/request/headers", "/response/headers"] {
            let headers = entry.pointer(place).and_then(Value::as_array);
            for header in headers.into_iter().flatten() {
                let text = |key: &str| header.get(key).and_then(Value::as_str);
                let (Some(name), Some(value)) = (text("name"), text("value")) else {
                    continue;
                };
                if HEADERS.contains(&name.to_lowercase().as_str()) {
                    found.extend(value.split([' ', ';', '=', ',']).map(str::to_owned));
                }
            }
        }
        for place in ["/request/cookies", "/response/cookies"] {
            let cookies = entry.pointer(place).and_then(Value::as_array);
            let values = cookies
                .into_iter()
                .flatten()
                .filter_map(|cookie| cookie.get("value")?.as_str());
            found.extend(values.map(str::to_owned));
        }
    }
    // A shorter word is no credential, but could stand in any recording.
    found.retain(|word| word.len() >= 16);
    found
}
