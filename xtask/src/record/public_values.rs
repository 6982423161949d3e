//! Collects the values that are already public, because the spec or a committed recording contains them. The sanitiser removes personal data
//! from new recordings, but keeps public values. A value is a property name, a text, a number, or the host or a path segment of a URL.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::{Deserializer, Value};

use super::capture::decode_segment;
use crate::files;
use crate::spec::Spec;

pub struct PublicValues(HashSet<String>);

impl PublicValues {
    /// Collects the values in the spec, in the recordings and scenarios of the last commit, and in `keep`.
    ///
    /// An uncommitted file may contain personal data, so its values aren't public. If git can't read the last commit, only the values in
    /// the spec and in `keep` are public.
    pub fn new(spec: &Spec, keep: Vec<String>) -> Self {
        let mut public = Self(keep.into_iter().collect());
        public.add(&spec.value);
        // Git prints every line of the files in the commit `HEAD`. Each file is one JSON value, so the output is a sequence of JSON values.
        let grep = "grep --text --no-color --no-line-number --no-column -h -e ^ HEAD -- tests/recordings/*.json tests/scenarios/*.json";
        let arguments: Vec<&str> = grep.split(' ').collect();
        let files = files::git_output(&arguments).unwrap_or_default();
        let recordings = Deserializer::from_str(&files).into_iter::<Value>();
        for recording in recordings.map_while(Result::ok) {
            public.add(&recording);
            let path = recording.pointer("/request/path").and_then(Value::as_str);
            public.add_segments(path.unwrap_or_default());
        }
        public
    }

    /// Returns whether a value is public.
    pub fn contains(&self, value: &str) -> bool {
        value.is_empty() || self.0.contains(value)
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Object(properties) => {
                for (name, value) in properties {
                    self.add_text(name);
                    self.add(value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.add(element)),
            Value::String(text) => self.add_text(text),
            Value::Number(number) => self.add_text(&number.to_string()),
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        if let Some(url) = web_url(text) {
            self.0.extend(url.host_str().map(str::to_owned));
            self.add_segments(url.path());
        }
        self.0.insert(text.to_owned());
    }

    fn add_segments(&mut self, path: &str) {
        self.0.extend(path.split('/').map(decode_segment));
    }
}

/// Parses an http or https URL. Returns `None` for any other text.
pub fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}
