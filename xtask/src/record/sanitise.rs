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

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cloud_partner_recordings::recording::{Body, Recording};
use regex::Regex;
use serde_json::{Number, Value};

use super::capture::encode_segment;
use super::pseudonyms::{self, Kind, Pseudonyms, regex};
use super::public::{PublicValues, decoded, web_url};
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

/// A word such as `waitingForApproval`, `Http404Exception` or `microsoft-azure-corevm`.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^(?:microsoft-azure-)?(?:[A-Za-z]{2,40}|Http[A-Za-z0-9]{0,27}Exception)$")
});

/// A content type. Group 1 is the part that is kept, because it contains no personal data: the media type and a known charset.
static CONTENT_TYPE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?ix)^
        ((?:application|text) / (?:html|json|plain|problem\+json|xml)
            (?: \s*;\s* charset = (?:utf-8|"utf-8"|iso-8859-1) \s*$ )?)
        \s*(?:;.*)?$"#,
    )
});

/// The prefix of the correlation ids that the replay server adds to responses that were recorded without one.
const REPLAYED_ID: &str = "00000000-0000-4000-8000-";

/// Replaces the values of a run that aren't public by pseudonyms.
pub struct Sanitiser {
    public: PublicValues,
    /// The pseudonyms of the run.
    pub pseudonyms: Pseudonyms,
    /// The number of removed headers and query parameters.
    pub removed: usize,
}

impl Sanitiser {
    /// Creates a sanitiser that keeps the public values.
    pub fn new(public: PublicValues) -> Self {
        Self {
            public,
            pseudonyms: Pseudonyms::default(),
            removed: 0,
        }
    }

    /// Replaces all values of a recording that aren't public by pseudonyms.
    pub fn sanitise(&mut self, operation: &Operation<'_>, recording: &mut Recording) {
        let Recording {
            request, response, ..
        } = recording;
        let mut path = operation.path.clone();
        for (name, segment) in operation.captures(&request.path).unwrap_or_default() {
            let real = decoded(segment);
            let sanitised = self.text(&real, kind(name, None, None));
            // A text has several valid percent-encodings: keep the encoding of the capture.
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

    /// Sanitises headers or query parameters. Removes those whose names the spec doesn't contain.
    fn sanitise_described(
        &mut self,
        values: &mut BTreeMap<String, String>,
        described: impl Iterator<Item = String>,
    ) {
        let described: Vec<String> = described.map(|name| name.to_lowercase()).collect();
        values.retain(|name, value| {
            if name == "content-type" {
                let kept = CONTENT_TYPE.captures(value).and_then(|found| found.get(1));
                *value = kept
                    .map_or("application/octet-stream", |kept| kept.as_str())
                    .to_owned();
            } else if described.contains(&name.to_lowercase()) && !value.starts_with(REPLAYED_ID) {
                *value = self.text(value, Kind::Text);
            } else {
                self.removed += 1;
                return false;
            }
            true
        });
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
        if schema.is_some() || self.public.contains(&name) {
            return (name, value);
        }
        let kind = pseudonyms::kind_by_form(&name).unwrap_or(Kind::Name);
        (self.replace(kind, &name), value)
    }

    fn text(&mut self, text: &str, kind: Kind) -> String {
        let is_word = kind == Kind::Word && WORD.is_match(text);
        if is_word || self.public.contains(text) {
            return text.to_owned();
        }
        match pseudonyms::kind_by_form(text) {
            Some(Kind::Number) if text.len() < 4 => return text.to_owned(),
            Some(kind) => return self.replace(kind, text),
            None => {}
        }
        if let Some(mails) = self.mails(text) {
            mails
        } else if let Some(url) = web_url(text) {
            self.url(&url)
        } else if kind == Kind::Word {
            self.replace(Kind::Text, text)
        } else {
            self.replace(kind, text)
        }
    }

    /// Sanitises a list of e-mail addresses and keeps the separators; `None` for any other text.
    fn mails(&mut self, text: &str) -> Option<String> {
        let is_mail = |part: &str| pseudonyms::kind_by_form(part.trim()) == Some(Kind::Mail);
        if !text.split([',', ';']).all(is_mail) {
            return None;
        }
        let parts = text.split_inclusive([',', ';']).map(|part| {
            let mail = part.trim_matches([',', ';', ' ']);
            let sanitised = self.text(mail, Kind::Text);
            part.replacen(mail, &sanitised, 1)
        });
        Some(parts.collect())
    }

    /// Sanitises a URL. Keeps the scheme and the number of segments; removes user, port, query and fragment.
    fn url(&mut self, url: &reqwest::Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let host = if self.public.contains(host) {
            host.to_owned()
        } else {
            self.replace(Kind::Host, host)
        };
        let mut sanitised = format!("{}://{host}", url.scheme());
        for segment in url.path_segments().into_iter().flatten() {
            let segment = self.text(&decoded(segment), Kind::Id);
            sanitised.push('/');
            sanitised += &encode_segment(&segment);
        }
        sanitised
    }

    fn number(&mut self, number: &mut Number) {
        let real = number.to_string();
        let is_small = |value: i64| value.unsigned_abs() < 1000;
        if number.as_i64().is_some_and(is_small) || self.public.contains(&real) {
            return;
        }
        let pseudonym = self.replace(Kind::Number, &real);
        let pseudonym = if number.is_f64() { "0.5" } else { &pseudonym };
        *number = pseudonym.parse().unwrap_or_else(|_| 0.into());
    }

    fn replace(&mut self, kind: Kind, real: &str) -> String {
        let public = &self.public;
        self.pseudonyms
            .replace(kind, real, |pseudonym| public.contains(pseudonym))
    }
}

/// Returns the kind of the value of a property or parameter. `schema` is the schema of the value, and `object` is the schema of the
/// object that has the property.
fn kind(name: &str, object: Option<&Node<'_>>, schema: Option<&Node<'_>>) -> Kind {
    let is_enum = |schema: &Node<'_>| schema.value.get("x-extensible-enum").is_some();
    if schema.is_some_and(|schema| is_enum(schema) || WORDS.contains(&name)) {
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
