//! From a capture to a recording that can be committed.
//!
//! Nothing passes because it looks harmless. A value stays only
//!
//! * if it is public already ([`Known`]), or the reader said so (`--keep`);
//! * if it is a word of the service's own: letters alone, in a member that the contract calls an open set or in [`WORDS`];
//! * if it tells nothing: nothing at all, `true`, `false`, a number below 1000;
//! * if it is an earlier run's ([`made_up::is`]).
//!
//! Everything else is replaced by a value of the same form, the same one in the whole run. Members that the contract and the
//! recordings don't name get another name, and headers and query parameters that the contract doesn't name are left out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cloud_partner_recordings::recording::{Body, Request, Response};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Number, Value};

use super::capture::{Capture, SEGMENT};
use super::known::{self, Known};
use super::made_up::{self, Kind, MadeUp};
use crate::generator::contract::pointer_segment;
use crate::validate::{Document, Operation};

/// Members whose values are words of the service, though the contract doesn't list them.
const WORDS: &[&str] = &[
    "code",
    "exceptionCode",
    "httpStatusCode",
    "lockStatus",
    "offerTypeId",
    "pcMigrationStatus",
    "serviceName",
];

/// Members and path parameters that identify something: what, and in which object, if not in any.
const IDS: &[(&str, Option<&str>, Kind)] = &[
    ("id", Some("OfferSummary"), Kind::Offer),
    ("id", None, Kind::Id),
    ("offerId", None, Kind::Offer),
    ("publisherId", None, Kind::Publisher),
];

/// Content types that are nobody's own.
const MEDIA_TYPES: &[&str] = &[
    "application/json",
    "application/problem+json",
    "application/xml",
    "text/html",
    "text/json",
    "text/plain",
    "text/xml",
];

/// The replay server gives an answer that was recorded without a correlation id one of these; it is no part of the answer.
const REPLAYED_ID: &str = "00000000-0000-4000-8000-";

/// What a member's value means.
#[derive(Clone, Copy)]
enum Meaning {
    Word,
    Id(Kind),
    Anything,
}

/// Replaces what isn't public, in one run.
pub struct Sanitiser<'c> {
    document: &'c Document<'c>,
    /// What is public.
    pub known: Known,
    made_up: MadeUp,
    /// How many values of each kind were replaced, wherever they occurred.
    pub replaced: BTreeMap<Kind, usize>,
    /// How many headers and query parameters were left out.
    pub left_out: usize,
}

impl<'c> Sanitiser<'c> {
    /// A sanitiser for what the contract describes.
    pub fn new(document: &'c Document<'c>, known: Known) -> Self {
        Self {
            document,
            known,
            made_up: MadeUp::default(),
            replaced: BTreeMap::new(),
            left_out: 0,
        }
    }

    /// Looks for values that an earlier run made up; to be called with all captures before the first is sanitised.
    pub fn prepare(&mut self, capture: &Capture) {
        let path = capture.path.split('/').map(decoded);
        let values = path.chain(capture.headers.values().cloned());
        self.known
            .keep_made_up(&values.map(Value::String).collect::<Value>());
        match capture.body() {
            Some(Body::Json(value)) => self.known.keep_made_up(&value),
            Some(Body::Text(text)) => self.known.keep_made_up(&Value::String(text)),
            None => {}
        }
    }

    /// The request and the answer without anything that isn't public.
    pub fn sanitise(&mut self, operation: &Operation, capture: &Capture) -> (Request, Response) {
        let request = Request {
            method: operation.method.clone(),
            path: self.path(operation, &capture.path),
            query: self.query(operation, &capture.query),
            headers: BTreeMap::new(),
        };
        let answer = self.answer(operation, capture.status);
        let response = Response {
            status: capture.status,
            headers: self.headers(answer.as_deref(), &capture.headers),
            body: capture.body().map(|body| match body {
                Body::Json(value) => {
                    let schema = answer.and_then(|answer| {
                        let schema = format!("{answer}/content/application~1json/schema");
                        Some(self.document.resolve(&schema)?.0)
                    });
                    Body::Json(self.value(value, schema.as_deref(), Meaning::Anything))
                }
                Body::Text(text) => Body::Text(self.text(&text, Meaning::Anything)),
            }),
        };
        (request, response)
    }

    /// Whether a text holds something that was replaced and that no other text can hold by chance: a GUID or an address.
    pub fn leaks(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.made_up.real().any(|real| {
            let unmistakable = matches!(made_up::form(real), Some(Kind::Guid | Kind::Mail));
            unmistakable && text.contains(&real.to_ascii_lowercase())
        })
    }

    fn replace(&mut self, kind: Kind, real: &str) -> String {
        *self.replaced.entry(kind).or_default() += 1;
        let known = &self.known;
        self.made_up
            .replace(kind, real, |made_up| known.contains(made_up))
    }

    fn path(&mut self, operation: &Operation, path: &str) -> String {
        let template = operation.path.split('/');
        let segments: Vec<String> = template
            .zip(path.split('/'))
            .map(|(template, segment)| {
                // What isn't a parameter is the contract's own.
                if template == segment {
                    return segment.to_owned();
                }
                let name = template.trim_matches(['{', '}']);
                let real = decoded(segment);
                let shown = self.text(&real, meaning(name, "", None));
                // What stays needn't be encoded anew: there are several right ways.
                if shown == real {
                    segment.to_owned()
                } else {
                    utf8_percent_encode(&shown, SEGMENT).to_string()
                }
            })
            .collect();
        segments.join("/")
    }

    fn query(
        &mut self,
        operation: &Operation,
        query: &[(String, String)],
    ) -> BTreeMap<String, String> {
        let mut kept = BTreeMap::new();
        for (name, value) in query {
            let named = operation
                .parameters
                .iter()
                .any(|parameter| parameter.place == "query" && parameter.name == *name);
            if named {
                let value = self.text(value, Meaning::Anything);
                kept.insert(name.clone(), value);
            } else {
                self.left_out += 1;
            }
        }
        kept
    }

    /// Where the contract describes the answer of a status.
    fn answer(&self, operation: &Operation, status: u16) -> Option<String> {
        let range = format!("{}XX", status / 100);
        [status.to_string(), range, "default".to_owned()]
            .iter()
            .find_map(|key| {
                let pointer = format!("{}/responses/{key}", operation.pointer);
                Some(self.document.resolve(&pointer)?.0)
            })
    }

    fn headers(
        &mut self,
        answer: Option<&str>,
        headers: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let described: Vec<String> = answer
            .and_then(|answer| self.document.get(&format!("{answer}/headers"))?.as_object())
            .into_iter()
            .flat_map(Map::keys)
            .map(|name| name.to_lowercase())
            .collect();
        let mut kept = BTreeMap::new();
        for (name, value) in headers {
            let value = if name == "content-type" {
                content_type(value)
            } else if described.contains(name) && !value.starts_with(REPLAYED_ID) {
                self.text(value, Meaning::Anything)
            } else {
                self.left_out += 1;
                continue;
            };
            kept.insert(name.clone(), value);
        }
        kept
    }

    fn value(&mut self, value: Value, schema: Option<&str>, meaning: Meaning) -> Value {
        match value {
            Value::Object(members) => Value::Object(self.members(members, schema)),
            Value::Array(elements) => {
                let items = schema.and_then(|schema| self.document.member(schema, "items"));
                let items = items.map(|(pointer, _)| pointer);
                elements
                    .into_iter()
                    .map(|element| self.value(element, items.as_deref(), meaning))
                    .collect()
            }
            Value::String(text) => Value::String(self.text(&text, meaning)),
            Value::Number(number) => Value::Number(self.number(number)),
            Value::Bool(_) | Value::Null => value,
        }
    }

    fn members(&mut self, members: Map<String, Value>, schema: Option<&str>) -> Map<String, Value> {
        let document = self.document;
        // A component has its name; an inline schema has a title.
        let title = schema
            .and_then(|schema| {
                schema
                    .strip_prefix("/components/schemas/")
                    .filter(|name| !name.contains('/'))
                    .or_else(|| document.get(schema)?.get("title")?.as_str())
            })
            .unwrap_or_default();
        members
            .into_iter()
            .map(|(name, member)| {
                let described = schema.and_then(|schema| {
                    let name = pointer_segment(&name);
                    document.resolve(&format!("{schema}/properties/{name}"))
                });
                let (pointer, schema) = described.unzip();
                let meaning = meaning(&name, title, schema);
                let name = if pointer.is_some() || self.is_public(&name) {
                    name
                } else {
                    let kind = made_up::form(&name).unwrap_or(Kind::Name);
                    self.replace(kind, &name)
                };
                (name, self.value(member, pointer.as_deref(), meaning))
            })
            .collect()
    }

    fn is_public(&self, text: &str) -> bool {
        text.is_empty() || self.known.contains(text)
    }

    fn text(&mut self, text: &str, meaning: Meaning) -> String {
        if self.is_public(text) || (matches!(meaning, Meaning::Word) && is_word(text)) {
            return text.to_owned();
        }
        match made_up::form(text) {
            Some(Kind::Number) if text.len() < 4 => return text.to_owned(),
            Some(kind) => return self.replace(kind, text),
            None => {}
        }
        if let Some(mails) = self.mails(text) {
            return mails;
        }
        if let Some(url) = known::web(text) {
            return self.url(&url);
        }
        match meaning {
            Meaning::Id(kind) => self.replace(kind, text),
            Meaning::Word | Meaning::Anything => self.replace(Kind::Text, text),
        }
    }

    /// A list of addresses; what stands between them is kept.
    fn mails(&mut self, text: &str) -> Option<String> {
        let is_mail = |part: &str| made_up::form(part.trim()) == Some(Kind::Mail);
        if !text.split([',', ';']).all(is_mail) {
            return None;
        }
        let parts: Vec<String> = text
            .split_inclusive([',', ';'])
            .map(|part| {
                let real = part.trim_matches([',', ';', ' ']);
                let made_up = if self.is_public(real) {
                    real.to_owned()
                } else {
                    self.replace(Kind::Mail, real)
                };
                part.replacen(real, &made_up, 1)
            })
            .collect();
        Some(parts.concat())
    }

    /// A URL of the same scheme and as many segments. User, port and fragment go; so does the query, whose names and order
    /// nobody can vouch for.
    fn url(&mut self, url: &reqwest::Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let host = if self.known.host(host) || self.is_public(host) {
            host.to_owned()
        } else {
            self.replace(Kind::Host, host)
        };
        let mut made_up = format!("{}://{host}", url.scheme());
        for segment in url.path_segments().into_iter().flatten() {
            let segment = self.text(&decoded(segment), Meaning::Id(Kind::Id));
            made_up.push('/');
            made_up += &utf8_percent_encode(&segment, SEGMENT).to_string();
        }
        made_up
    }

    fn number(&mut self, number: Number) -> Number {
        let real = number.to_string();
        let small = number.as_i64().is_some_and(|value| value.abs() < 1000);
        if small || self.known.contains(&real) {
            return number;
        }
        if number.is_f64() {
            *self.replaced.entry(Kind::Number).or_default() += 1;
            return Number::from_f64(0.5).unwrap_or_else(|| 0.into());
        }
        self.replace(Kind::Number, &real)
            .parse()
            .unwrap_or_else(|_| 0.into())
    }
}

/// What the value of a member or parameter means: by its name, by the title of the object around it, and by its schema.
fn meaning(name: &str, title: &str, schema: Option<&Value>) -> Meaning {
    if schema.is_some_and(|schema| schema.get("x-extensible-enum").is_some()) {
        return Meaning::Word;
    }
    if schema.is_some() && WORDS.contains(&name) {
        return Meaning::Word;
    }
    let id = IDS
        .iter()
        .find(|(id, within, _)| *id == name && within.is_none_or(|within| within == title));
    id.map_or(Meaning::Anything, |(_, _, kind)| Meaning::Id(*kind))
}

/// `waitingForApproval`, `Http404Exception`, `microsoft-azure-corevm`.
fn is_word(text: &str) -> bool {
    let text = text.strip_prefix("microsoft-azure-").unwrap_or(text);
    let text = match (text.strip_prefix("Http"), text.strip_suffix("Exception")) {
        (Some(_), Some(_)) => Cow::Owned(text.replace(|digit: char| digit.is_ascii_digit(), "")),
        _ => Cow::Borrowed(text),
    };
    (2..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A content type without anybody's own part of it.
fn content_type(value: &str) -> String {
    let (media_type, parameters) = value.split_once(';').unwrap_or((value, ""));
    let media_type = media_type.trim().to_ascii_lowercase();
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        return "application/octet-stream".to_owned();
    }
    match parameters.trim().to_ascii_lowercase().as_str() {
        "charset=utf-8" | "charset=\"utf-8\"" | "charset=iso-8859-1" => value.to_owned(),
        _ => media_type,
    }
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
