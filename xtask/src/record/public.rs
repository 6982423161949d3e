//! The values that are public already: every name, text and number in the spec and in the committed recordings. The sanitiser
//! keeps them, because they reveal nothing new.

use std::collections::HashSet;
use std::path::Path;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use crate::files;
use crate::spec::Spec;

/// The public values.
#[derive(Default)]
pub struct PublicValues {
    values: HashSet<String>,
    hosts: HashSet<String>,
}

impl PublicValues {
    /// Collects the values of the spec, of the recordings and scenarios in the last commit, and of `keep`.
    ///
    /// Files that aren't committed are ignored: they may be responses that aren't sanitised.
    pub fn new(spec: &Spec, keep: Vec<String>) -> Self {
        let mut public = Self::default();
        public.add(&spec.value);
        public.values.extend(keep);
        for recording in committed() {
            public.add(&recording);
            let path = recording.pointer("/request/path").and_then(Value::as_str);
            for segment in path.unwrap_or_default().split('/') {
                public.insert(&percent_decode_str(segment).decode_utf8_lossy());
            }
        }
        public
    }

    /// Returns whether a value is public.
    pub fn contains(&self, value: &str) -> bool {
        value.is_empty() || self.values.contains(value)
    }

    /// Returns whether a host is public.
    pub fn contains_host(&self, host: &str) -> bool {
        self.hosts.contains(host) || self.contains(host)
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Object(properties) => {
                for (name, value) in properties {
                    self.insert(name);
                    self.add(value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.add(element)),
            Value::String(text) => self.insert(text),
            Value::Number(number) => self.insert(&number.to_string()),
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn insert(&mut self, text: &str) {
        if let Some(url) = web_url(text) {
            self.hosts.extend(url.host_str().map(str::to_owned));
            for segment in url.path_segments().into_iter().flatten() {
                let segment = percent_decode_str(segment).decode_utf8_lossy();
                self.values.insert(segment.into_owned());
            }
        }
        self.values.insert(text.to_owned());
    }
}

/// Parses a text that is an http or https URL.
pub fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Returns the recordings and scenarios of the last commit; none without git or without a commit.
fn committed() -> Vec<Value> {
    let list = [
        "ls-tree",
        "-r",
        "-z",
        "--name-only",
        "HEAD",
        "tests/recordings",
        "tests/scenarios",
    ];
    let files = files::git_output(&list).unwrap_or_default();
    let is_json = |file: &&str| Path::new(file).extension().is_some_and(|end| end == "json");
    let blobs = files.split_terminator('\0').filter(is_json);
    let blobs = blobs.map(|file| format!("HEAD:./{file}"));
    let show: Vec<String> = std::iter::once("show".to_owned()).chain(blobs).collect();
    if show.len() == 1 {
        return Vec::new();
    }
    let show: Vec<&str> = show.iter().map(String::as_str).collect();
    // git prints the concatenated files, which are a stream of JSON values.
    let text = files::git_output(&show).unwrap_or_default();
    let values = serde_json::Deserializer::from_str(&text).into_iter();
    values.map_while(Result::ok).collect()
}
