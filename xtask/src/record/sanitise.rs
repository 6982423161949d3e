//! The sanitiser: removes personal data from the request and response of a capture.
//!
//! The sanitiser keeps only values
//!
//! * that are public already ([`PublicValues`]);
//! * that are words of the service: texts of letters only, in an extensible enum or in one of the properties [`WORDS`];
//! * that reveal nothing: empty texts, `true`, `false`, `null`, numbers below 1000.
//!
//! Every other value is replaced by a [pseudonym](Pseudonyms) of the same form. Properties that neither the spec nor a committed
//! recording names are renamed. Headers and query parameters that the spec doesn't name are removed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cloud_partner_recordings::recording::{Body, Request, Response};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Number, Value};

use super::capture::{Capture, SEGMENT};
use super::pseudonyms::{self, Kind, Pseudonyms};
use super::public::{PublicValues, web_url};
use crate::spec::{Node, Operation};

/// The properties whose values are words of the service, although the spec doesn't list the values.
const WORDS: &[&str] = &[
    "code",
    "exceptionCode",
    "httpStatusCode",
    "lockStatus",
    "offerTypeId",
    "pcMigrationStatus",
    "serviceName",
];

/// The properties and path parameters whose values are identifiers: the name, the schema to which the entry is limited, if any, and
/// the kind of pseudonym.
const IDS: &[(&str, Option<&str>, Kind)] = &[
    ("id", Some("OfferSummary"), Kind::Offer),
    ("id", None, Kind::Id),
    ("offerId", None, Kind::Offer),
    ("publisherId", None, Kind::Publisher),
];

/// The content types that contain no personal data.
const MEDIA_TYPES: &[&str] = &[
    "application/json",
    "application/problem+json",
    "application/xml",
    "text/html",
    "text/json",
    "text/plain",
    "text/xml",
];

/// The prefix of the correlation ids that the replay server adds to responses that were recorded without one.
const REPLAYED_ID: &str = "00000000-0000-4000-8000-";

/// The meaning of a text of a property or parameter.
#[derive(Clone, Copy)]
enum Meaning {
    Word,
    Id(Kind),
    Any,
}

/// Replaces the values of a run that aren't public by pseudonyms.
pub struct Sanitiser {
    public: PublicValues,
    /// The pseudonyms of the run.
    pub pseudonyms: Pseudonyms,
    /// The number of removed headers and query parameters.
    pub left_out: usize,
}

impl Sanitiser {
    /// Creates a sanitiser that keeps the public values.
    pub fn new(public: PublicValues) -> Self {
        Self {
            public,
            pseudonyms: Pseudonyms::default(),
            left_out: 0,
        }
    }

    /// Returns the request and the response of a capture with pseudonyms for all values that aren't public.
    pub fn sanitise(
        &mut self,
        operation: &Operation<'_>,
        capture: &Capture,
    ) -> (Request, Response) {
        let request = Request {
            method: operation.method.clone(),
            path: self.path(operation, &capture.path),
            query: self.query(operation, &capture.query),
            headers: BTreeMap::new(),
        };
        let described = operation.response(capture.status);
        let response = Response {
            status: capture.status,
            headers: self.headers(described.as_ref(), &capture.headers),
            body: capture.body().map(|body| match body {
                Body::Json(value) => {
                    let schema = described.and_then(|response| {
                        response
                            .child("content")?
                            .child("application/json")?
                            .child("schema")
                    });
                    Body::Json(self.value(value, schema.as_ref(), Meaning::Any))
                }
                Body::Text(text) => Body::Text(self.text(&text, Meaning::Any)),
            }),
        };
        (request, response)
    }

    fn path(&mut self, operation: &Operation<'_>, path: &str) -> String {
        let templates = operation.path.split('/');
        let segments: Vec<String> = templates
            .zip(path.split('/'))
            .map(|(template, segment)| {
                if template == segment {
                    return segment.to_owned();
                }
                let name = template.trim_matches(['{', '}']);
                let real = decoded(segment);
                let sanitised = self.text(&real, meaning(name, None, None));
                // A text has several valid percent-encodings: keep the encoding of the capture.
                if sanitised == real {
                    segment.to_owned()
                } else {
                    utf8_percent_encode(&sanitised, SEGMENT).to_string()
                }
            })
            .collect();
        segments.join("/")
    }

    fn query(
        &mut self,
        operation: &Operation<'_>,
        query: &[(String, String)],
    ) -> BTreeMap<String, String> {
        let mut kept = BTreeMap::new();
        for (name, value) in query {
            let mut parameters = operation.parameters.iter();
            if parameters.any(|parameter| parameter.place == "query" && parameter.name == *name) {
                kept.insert(name.clone(), self.text(value, Meaning::Any));
            } else {
                self.left_out += 1;
            }
        }
        kept
    }

    fn headers(
        &mut self,
        described: Option<&Node<'_>>,
        headers: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let described = described.map_or(Vec::new(), |response| response.children("headers"));
        let mut kept = BTreeMap::new();
        for (name, value) in headers {
            let is_described = described
                .iter()
                .any(|(described, _)| described.eq_ignore_ascii_case(name));
            let value = if name == "content-type" {
                content_type(value)
            } else if is_described && !value.starts_with(REPLAYED_ID) {
                self.text(value, Meaning::Any)
            } else {
                self.left_out += 1;
                continue;
            };
            kept.insert(name.clone(), value);
        }
        kept
    }

    fn value(&mut self, value: Value, schema: Option<&Node<'_>>, meaning: Meaning) -> Value {
        match value {
            Value::Object(properties) => Value::Object(self.properties(properties, schema)),
            Value::Array(elements) => {
                let items = schema.and_then(|schema| schema.child("items"));
                elements
                    .into_iter()
                    .map(|element| self.value(element, items.as_ref(), meaning))
                    .collect()
            }
            Value::String(text) => Value::String(self.text(&text, meaning)),
            Value::Number(number) => Value::Number(self.number(number)),
            Value::Bool(_) | Value::Null => value,
        }
    }

    fn properties(
        &mut self,
        properties: Map<String, Value>,
        object: Option<&Node<'_>>,
    ) -> Map<String, Value> {
        properties
            .into_iter()
            .map(|(name, value)| {
                let schema = object.and_then(|object| object.child("properties")?.child(&name));
                let value = self.value(
                    value,
                    schema.as_ref(),
                    meaning(&name, object, schema.as_ref()),
                );
                let name = if schema.is_some() || self.public.contains(&name) {
                    name
                } else {
                    self.replace(pseudonyms::form(&name).unwrap_or(Kind::Name), &name)
                };
                (name, value)
            })
            .collect()
    }

    fn text(&mut self, text: &str, meaning: Meaning) -> String {
        if self.public.contains(text) || (matches!(meaning, Meaning::Word) && is_word(text)) {
            return text.to_owned();
        }
        match pseudonyms::form(text) {
            Some(Kind::Number) if text.len() < 4 => return text.to_owned(),
            Some(kind) => return self.replace(kind, text),
            None => {}
        }
        if let Some(mails) = self.mails(text) {
            return mails;
        }
        if let Some(url) = web_url(text) {
            return self.url(&url);
        }
        match meaning {
            Meaning::Id(kind) => self.replace(kind, text),
            Meaning::Word | Meaning::Any => self.replace(Kind::Text, text),
        }
    }

    /// Sanitises a list of e-mail addresses and keeps the separators; `None` for any other text.
    fn mails(&mut self, text: &str) -> Option<String> {
        let is_mail = |part: &str| pseudonyms::form(part.trim()) == Some(Kind::Mail);
        if !text.split([',', ';']).all(is_mail) {
            return None;
        }
        let parts = text.split_inclusive([',', ';']).map(|part| {
            let mail = part.trim_matches([',', ';', ' ']);
            let sanitised = self.text(mail, Meaning::Any);
            part.replacen(mail, &sanitised, 1)
        });
        Some(parts.collect())
    }

    /// Sanitises a URL. Keeps the scheme and the number of segments; removes user, port, query and fragment.
    fn url(&mut self, url: &reqwest::Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let host = if self.public.contains_host(host) {
            host.to_owned()
        } else {
            self.replace(Kind::Host, host)
        };
        let mut sanitised = format!("{}://{host}", url.scheme());
        for segment in url.path_segments().into_iter().flatten() {
            let segment = self.text(&decoded(segment), Meaning::Id(Kind::Id));
            sanitised.push('/');
            sanitised += &utf8_percent_encode(&segment, SEGMENT).to_string();
        }
        sanitised
    }

    fn number(&mut self, number: Number) -> Number {
        let real = number.to_string();
        let small = number
            .as_i64()
            .is_some_and(|value| value.unsigned_abs() < 1000);
        if small || self.public.contains(&real) {
            return number;
        }
        let pseudonym = self.replace(Kind::Number, &real);
        if number.is_f64() {
            return Number::from_f64(0.5).unwrap_or_else(|| 0.into());
        }
        pseudonym.parse().unwrap_or_else(|_| 0.into())
    }

    fn replace(&mut self, kind: Kind, real: &str) -> String {
        let public = &self.public;
        self.pseudonyms
            .replace(kind, real, |pseudonym| public.contains(pseudonym))
    }
}

/// Returns the meaning of a text by the schema and name of its property or parameter, and by the schema of the object with the
/// property.
fn meaning(name: &str, object: Option<&Node<'_>>, schema: Option<&Node<'_>>) -> Meaning {
    let is_enum = |schema: &Node<'_>| schema.value.get("x-extensible-enum").is_some();
    if schema.is_some_and(|schema| is_enum(schema) || WORDS.contains(&name)) {
        return Meaning::Word;
    }
    let within = object.and_then(|object| object.pointer.strip_prefix("/components/schemas/"));
    let id = IDS
        .iter()
        .find(|(id, only, _)| *id == name && (only.is_none() || *only == within));
    id.map_or(Meaning::Any, |(_, _, kind)| Meaning::Id(*kind))
}

/// Returns whether a text is a word such as `waitingForApproval`, `Http404Exception` or `microsoft-azure-corevm`.
fn is_word(text: &str) -> bool {
    let text = text.strip_prefix("microsoft-azure-").unwrap_or(text);
    let text = match (text.strip_prefix("Http"), text.strip_suffix("Exception")) {
        (Some(_), Some(_)) => Cow::Owned(text.replace(|digit: char| digit.is_ascii_digit(), "")),
        _ => Cow::Borrowed(text),
    };
    (2..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Returns the content type without parameters that could be personal data.
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
