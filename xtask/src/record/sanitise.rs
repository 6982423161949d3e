//! The sanitiser removes personal data from a captured request and response. It replaces values by [pseudonyms](Pseudonyms), and keeps
//! only these values:
//!
//! * values that are public already ([`PublicValues`](super::public_values::PublicValues));
//! * a single word in an extensible enum or in one of the properties [`WORDS`], because the service has chosen the word;
//! * values that reveal nothing: empty texts, `true`, `false`, `null`, integers between -1000 and 1000, texts of up to three digits.
//!
//! It also replaces the names of properties that neither the spec nor a committed recording contains. It removes headers and query
//! parameters that the spec doesn't describe.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cloud_partner_recordings::recording::{Body, Recording};
use regex::Regex;
use serde_json::{Number, Value};

use super::capture::{decode_segment, encode_segment};
use super::pseudonyms::{Kind, Pseudonyms, kind_by_form, regex};
use super::public_values::web_url;
use crate::spec::{Node, Operation};

/// The properties of the spec whose values are words that the service has chosen, although the schemas have no `x-extensible-enum`.
const WORDS: &[&str] = &[
    "code",
    "exceptionCode",
    "httpStatusCode",
    "lockStatus",
    "offerTypeId",
    "pcMigrationStatus",
    "serviceName",
];

/// A word such as `waitingForApproval`, `Http404Exception` or `microsoft-azure-corevm`.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^(?:microsoft-azure-)?(?:[A-Za-z]{2,40}|Http[A-Za-z0-9]{0,27}Exception)$")
});

/// A content type. Group 1 is the part without personal data: the media type and a known charset.
static CONTENT_TYPE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?ix)^
        ((?:application|text) / (?:html|json|plain|problem\+json|xml)
            (?: \s*;\s* charset = (?:utf-8|"utf-8"|iso-8859-1) \s*$ )?)
        \s*(?:;.*)?$"#,
    )
});

impl Pseudonyms {
    /// Sanitises the request and the response of a recording.
    pub fn sanitise(&mut self, operation: &Operation<'_>, recording: &mut Recording) {
        let (request, response) = (&mut recording.request, &mut recording.response);
        let mut path = operation.path.clone();
        for (name, segment) in operation.captures(&request.path).unwrap_or_default() {
            let real = decode_segment(segment);
            let sanitised = self.text(&real, kind(name, None, None));
            // An unchanged segment isn't encoded again, because a text can be percent-encoded in several ways.
            let sanitised = if sanitised == real {
                segment.to_owned()
            } else {
                encode_segment(&sanitised)
            };
            path = path.replace(&format!("{{{name}}}"), &sanitised);
        }
        request.path = path;
        let parameters = operation.parameters.iter();
        let parameters = parameters.filter(|parameter| parameter.place == "query");
        let parameters = parameters.map(|parameter| parameter.name.clone());
        self.sanitise_described(&mut request.query, parameters);
        let described = operation.response(response.status);
        let headers = described
            .iter()
            .flat_map(|response| response.children("headers"));
        self.sanitise_described(&mut response.headers, headers.map(|(name, _)| name));
        let schema = described.and_then(|response| {
            let content = response.child("content")?;
            content.child("application/json")?.child("schema")
        });
        match &mut response.body {
            Some(Body::Json(value)) => self.value(value, schema.as_ref(), Kind::Text),
            Some(Body::Text(text)) => *text = self.text(text, Kind::Text),
            None => {}
        }
    }

    /// Sanitises headers or query parameters. Keeps only `content-type` and the names in `described`, and removes all others.
    fn sanitise_described(
        &mut self,
        values: &mut BTreeMap<String, String>,
        described: impl Iterator<Item = String>,
    ) {
        let described: Vec<String> = described.map(|name| name.to_lowercase()).collect();
        values.retain(|name, value| {
            if name == "content-type" {
                *value = self.content_type(value);
            } else if described.contains(&name.to_lowercase()) {
                *value = self.text(value, Kind::Text);
            } else {
                return false;
            }
            true
        });
    }

    /// Returns the part of a content type without personal data.
    fn content_type(&self, value: &str) -> String {
        if self.is_public(value) {
            return value.to_owned();
        }
        let kept = CONTENT_TYPE.captures(value).and_then(|found| found.get(1));
        kept.map_or("application/octet-stream", |kept| kept.as_str())
            .to_owned()
    }

    fn value(&mut self, value: &mut Value, schema: Option<&Node<'_>>, kind: Kind) {
        match value {
            Value::Object(properties) => {
                let sanitised = std::mem::take(properties).into_iter();
                let sanitised = sanitised.map(|(name, value)| self.property(name, value, schema));
                *properties = sanitised.collect();
            }
            Value::Array(elements) => {
                let items = schema.and_then(|schema| schema.child("items"));
                for element in elements {
                    self.value(element, items.as_ref(), kind);
                }
            }
            Value::String(text) => *text = self.text(text, kind),
            Value::Number(number) => self.number(number),
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn property(
        &mut self,
        name: String,
        mut value: Value,
        object: Option<&Node<'_>>,
    ) -> (String, Value) {
        let schema = object.and_then(|object| object.child("properties")?.child(&name));
        let kind = kind(&name, object, schema.as_ref());
        self.value(&mut value, schema.as_ref(), kind);
        if schema.is_some() {
            return (name, value);
        }
        let kind = kind_by_form(&name).unwrap_or(Kind::Name);
        (self.replace(kind, &name), value)
    }

    fn text(&mut self, text: &str, kind: Kind) -> String {
        let is_word = kind == Kind::Word && WORD.is_match(text);
        if is_word || self.is_public(text) {
            return text.to_owned();
        }
        match kind_by_form(text) {
            Some(Kind::Number) if text.len() < 4 => return text.to_owned(),
            Some(kind) => return self.replace(kind, text),
            None => {}
        }
        if let Some(url) = web_url(text) {
            return self.url(&url);
        }
        // The kinds `Word` and `Text` have pseudonyms of the same form, but each kind has its own counter. With two counters, a word and
        // a text could get the same pseudonym.
        let kind = if kind == Kind::Word { Kind::Text } else { kind };
        self.replace(kind, text)
    }

    /// Sanitises the host and the path segments of a URL. Removes user, port, query and fragment.
    fn url(&mut self, url: &reqwest::Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let host = self.replace(Kind::Host, host);
        let mut sanitised = format!("{}://{host}", url.scheme());
        for segment in url.path_segments().into_iter().flatten() {
            let segment = self.text(&decode_segment(segment), Kind::Id);
            sanitised.push('/');
            sanitised += &encode_segment(&segment);
        }
        sanitised
    }

    fn number(&mut self, number: &mut Number) {
        let real = number.to_string();
        let is_small = |value: i64| value.unsigned_abs() < 1000;
        if number.as_i64().is_some_and(is_small) || self.is_public(&real) {
            return;
        }
        let pseudonym = self.replace(Kind::Number, &real);
        let pseudonym = if number.is_f64() { "0.5" } else { &pseudonym };
        *number = pseudonym.parse().unwrap_or_else(|_| 0.into());
    }
}

/// Returns the kind of the value of a property or path parameter. `schema` is the schema of the value. `object` is the schema of the
/// object that has the property.
fn kind(name: &str, object: Option<&Node<'_>>, schema: Option<&Node<'_>>) -> Kind {
    if schema.is_some_and(|schema| schema.has("x-extensible-enum") || WORDS.contains(&name)) {
        return Kind::Word;
    }
    let object = object.map_or("", |object| &object.pointer);
    match (name, object) {
        ("offerId", _) | ("id", "/components/schemas/OfferSummary") => Kind::Offer,
        ("publisherId", _) => Kind::Publisher,
        ("id", _) => Kind::Id,
        _ => Kind::Text,
    }
}
