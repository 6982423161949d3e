//! Reads the YAML tables of the tests. In a table, a `Script` describes what a server sends.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::scripted_server::{Step, json_response, response};
use super::spec::Spec;

pub fn table<T: DeserializeOwned>(yaml: &str) -> Vec<T> {
    let yaml = Spec::yaml("table.yaml", yaml).unwrap_or_else(|error| panic!("{}", error.0));
    serde_json::from_value(yaml.value).expect("a valid table")
}

/// What a server does after it has read a request. If no property is set, the server closes the connection.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Sends a complete response with this status code, and with `headers` and `body`.
    status: Option<u16>,
    headers: BTreeMap<String, String>,
    body: Bytes,
    /// Sends a complete 200 response with this JSON body.
    json: Option<Bytes>,
    /// Sends these bytes.
    send: Option<Bytes>,
    /// After `send`, sends these bytes again and again until the client disconnects.
    repeat: Option<Bytes>,
    /// Waits 20 ms after each copy of `repeat`.
    slowly: bool,
    /// What the server does last.
    then: End,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum End {
    #[default]
    Close,
    Reset,
    /// Sends nothing more until the client disconnects.
    Stall,
}

#[derive(Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Bytes {
    Text(String),
    /// Each character is one byte.
    Latin1 {
        latin1: String,
    },
    Repeated {
        repeat: String,
        times: usize,
    },
    /// Compresses the bytes with gzip, and then cuts off the last `omit` bytes.
    Compressed {
        gzip: Box<Bytes>,
        #[serde(default)]
        omit: usize,
    },
    Parts(Vec<Bytes>),
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Bytes {
    fn get(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Latin1 { latin1 } => latin1
                .chars()
                .map(|letter| u8::try_from(letter).expect("a character of Latin-1"))
                .collect(),
            Self::Repeated { repeat, times } => repeat.repeat(*times).into_bytes(),
            Self::Compressed { gzip, omit } => {
                let level = flate2::Compression::best();
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(&gzip.get()).expect("memory");
                let mut bytes = encoder.finish().expect("memory");
                bytes.truncate(bytes.len() - omit);
                bytes
            }
            Self::Parts(parts) => parts.iter().flat_map(Self::get).collect(),
        }
    }
}

impl Script {
    /// Returns true if the server never completes the response. Only a timeout ends such an attempt.
    pub fn never_completes(&self) -> bool {
        self.then == End::Stall || self.slowly
    }

    /// Returns `status`, or 200 if the script has `json`.
    pub fn complete_status(&self) -> Option<u16> {
        self.status.or(self.json.is_some().then_some(200))
    }

    pub fn steps(&self) -> Vec<Step> {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        let mut steps = match (self.status, &self.json) {
            (Some(status), _) => response(status, &headers, self.body.get()),
            (None, Some(json)) => json_response(json.get()),
            (None, None) => Vec::new(),
        };
        steps.extend(self.send.iter().map(|bytes| Step::Send(bytes.get())));
        let interval = Duration::from_millis(20);
        let pause = if self.slowly {
            interval
        } else {
            Duration::ZERO
        };
        steps.extend(
            self.repeat
                .iter()
                .map(|bytes| Step::Repeat(bytes.get(), pause)),
        );
        match self.then {
            End::Close => {}
            // Without the wait, the client may not receive the bytes that were sent before the reset.
            End::Reset => steps.extend([Step::Wait(interval), Step::Reset]),
            End::Stall => steps.push(Step::Stall),
        }
        steps
    }
}
