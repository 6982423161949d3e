//! What is public already: every name, text and number in the contract and in the committed recordings. Writing such a value
//! once more tells nobody anything, so the sanitiser keeps it; whatever else arrives is replaced.

use std::collections::{HashMap, HashSet};

use cloud_partner_recordings::library;
use cloud_partner_recordings::recording::{Body, Recording};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use super::made_up;
use crate::exit::Failure;
use crate::files;
use crate::generator::contract::Contract;

/// The public values.
#[derive(Default)]
pub struct Known {
    /// Names, texts and numbers as text.
    values: HashSet<String>,
    /// The hosts of public URLs.
    hosts: HashSet<String>,
    /// What the recordings ask, and in which file.
    requests: HashMap<String, String>,
}

impl Known {
    /// Reads the workspace's recordings and scenarios. One that can't be read is an error: without it, its values would be
    /// taken for somebody's. Two that ask the same are none here.
    pub fn read(contract: &Contract) -> Result<Self, Failure> {
        let mut known = Self::default();
        known.add(&contract.value);
        let tests = files::root().join("tests");
        let recordings = library::recordings(&tests.join("recordings"));
        let scenarios = library::scenarios(&tests.join("scenarios"));
        let found: Vec<library::Stored> = recordings
            .found
            .into_iter()
            .chain(scenarios.found.into_iter().flat_map(|one| one.answers))
            .collect();
        let unreadable = recordings
            .errors
            .iter()
            .chain(&scenarios.errors)
            .find(|error| !found.iter().any(|stored| stored.file == error.file));
        if let Some(error) = unreadable {
            let file = files::shown(&error.file);
            let why = format!("{file}: can't be read, `cargo xtask validate` says why");
            return Err(Failure(why));
        }
        for stored in &found {
            known.recording(&stored.recording);
            let request = stored.recording.request.to_string();
            known.asked(&request, &files::shown(&stored.file));
        }
        Ok(known)
    }

    /// Remembers that a file asks this; gives another that did so first.
    pub fn asked(&mut self, request: &str, file: &str) -> Option<String> {
        let first = self.requests.entry(request.to_owned());
        let first = first.or_insert_with(|| file.to_owned());
        (first != file).then(|| first.clone())
    }

    /// Values that the reader says are public.
    pub fn keep(&mut self, values: Vec<String>) {
        self.values.extend(values);
    }

    /// Whether a value is public.
    pub fn contains(&self, value: &str) -> bool {
        self.values.contains(value)
    }

    /// Whether a host is public.
    pub fn host(&self, host: &str) -> bool {
        self.hosts.contains(host)
    }

    /// Keeps what an earlier run made up, so that a second run changes nothing and gives none of it to another value.
    pub fn keep_made_up(&mut self, value: &Value) {
        each_text(value, &mut |text| {
            let mut keep = |text: &str| {
                if made_up::is(text) {
                    self.values.insert(text.to_owned());
                }
            };
            keep(text);
            text.split([',', ';']).map(str::trim).for_each(&mut keep);
            if let Some(url) = web(text) {
                url.host_str().map(&mut keep);
                url.path_segments().into_iter().flatten().for_each(keep);
            }
        });
    }

    fn recording(&mut self, recording: &Recording) {
        for segment in recording.request.path.split('/') {
            self.insert(&percent_decode_str(segment).decode_utf8_lossy());
        }
        let headers = [&recording.request.headers, &recording.response.headers];
        for value in headers
            .into_iter()
            .flat_map(|headers| headers.values())
            .chain(recording.request.query.values())
        {
            self.insert(value);
        }
        match &recording.response.body {
            Some(Body::Json(value)) => self.add(value),
            Some(Body::Text(text)) => self.insert(text),
            None => {}
        }
    }

    fn add(&mut self, value: &Value) {
        each_text(value, &mut |text| self.insert(text));
    }

    fn insert(&mut self, text: &str) {
        if let Some(url) = web(text) {
            self.hosts.extend(url.host_str().map(str::to_owned));
            for segment in url.path_segments().into_iter().flatten() {
                let segment = percent_decode_str(segment).decode_utf8_lossy();
                self.values.insert(segment.into_owned());
            }
        }
        self.values.insert(text.to_owned());
    }
}

/// The URL of a page or a service.
pub fn web(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Calls `each` with every name, text and number in a value.
fn each_text(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                each(name);
                each_text(member, each);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| each_text(element, each)),
        Value::String(text) => each(text),
        Value::Number(number) => each(&number.to_string()),
        Value::Bool(_) | Value::Null => {}
    }
}
