//! The sanitiser removes personal data from a captured request and response. It replaces values by [pseudonyms](Pseudonyms), and keeps only
//! these values:
//!
//! * values that are public already, because the spec, a committed recording or the option `--keep` contains them;
//! * single words in extensible enums, even words that the spec doesn't name;
//! * single words in the properties [`WORD_PROPERTIES`];
//! * values that reveal nothing: empty texts, `true`, `false`, `null`, integers from -999 to 999, texts of up to three digits;
//! * common media types in the header `content-type`.
//!
//! The sanitiser also replaces property names that aren't public. It removes every query parameter and header that the spec doesn't
//! describe, except the header `content-type`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cloud_partner_recordings::recording::{Body, Recording};
use regex::Regex;
use serde_json::{Number, Value};

use super::capture::{decode_segment, encode_segment};
use super::pseudonyms::{Kind, Pseudonyms, kind_by_form, regex};
use super::public_values::web_url;
use crate::spec::{Node, Operation, essence};

/// The names of properties without `x-extensible-enum` whose values are words that the service defines.
const WORD_PROPERTIES: &[&str] = &[
    "code",
    "exceptionCode",
    "httpStatusCode",
    "lockStatus",
    "offerTypeId",
    "pcMigrationStatus",
    "serviceName",
];

/// A single word, such as `waitingForApproval`, `Http404Exception` or `microsoft-azure-corevm`.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^(?:microsoft-azure-)?(?:[A-Za-z]{2,40}|Http[A-Za-z0-9]{0,27}Exception)$")
});

/// The media types that reveal nothing.
const COMMON_MEDIA_TYPES: &[&str] = &[
    "application/json",
    "application/problem+json",
    "application/xml",
    "text/html",
    "text/plain",
    "text/xml",
];

impl Pseudonyms {
    /// Sanitises the request and the response of a recording.
    pub fn sanitise(&mut self, operation: &Operation<'_>, recording: &mut Recording) {
        let (request, response) = (&mut recording.request, &mut recording.response);
        let mut path = operation.path.clone();
        for (name, segment) in operation.captures(&request.path).unwrap_or_default() {
            let real = decode_segment(segment);
            let sanitised = self.sanitised_text(&real, kind_by_name(name, None, None));
            // An unchanged segment keeps its percent-encoding, because `encode_segment` can encode the same text differently.
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
        self.sanitise_named(&mut request.query, parameters);
        let response_in_spec = operation.response(response.status);
        let headers = response_in_spec
            .iter()
            .flat_map(|response| response.children("headers"));
        self.sanitise_named(&mut response.headers, headers.map(|(name, _)| name));
        let schema = response_in_spec.and_then(|response| {
            let content = response.child("content")?;
            content.child("application/json")?.child("schema")
        });
        match &mut response.body {
            Some(Body::Json(value)) => self.sanitise_value(value, schema.as_ref(), Kind::Text),
            Some(Body::Text(text)) => *text = self.sanitised_text(text, Kind::Text),
            None => {}
        }
    }

    /// Sanitises the values of headers or query parameters. Removes each value whose name isn't in `names_in_spec`, except `content-type`.
    fn sanitise_named(
        &mut self,
        values: &mut BTreeMap<String, String>,
        names_in_spec: impl Iterator<Item = String>,
    ) {
        let names_in_spec: Vec<String> = names_in_spec.map(|name| name.to_lowercase()).collect();
        values.retain(|name, value| {
            if name == "content-type" {
                *value = self.sanitised_content_type(value);
            } else if names_in_spec.contains(&name.to_lowercase()) {
                *value = self.sanitised_text(value, Kind::Text);
            } else {
                return false;
            }
            true
        });
    }

    /// Returns a public content type unchanged, and a common media type without its parameters. Replaces any other content type by
    /// `application/octet-stream`.
    fn sanitised_content_type(&self, value: &str) -> String {
        let media_type = essence(value);
        if self.is_public(value) {
            value.to_owned()
        } else if COMMON_MEDIA_TYPES.contains(&media_type.as_str()) {
            media_type
        } else {
            "application/octet-stream".to_owned()
        }
    }

    fn sanitise_value(&mut self, value: &mut Value, schema: Option<&Node<'_>>, kind: Kind) {
        match value {
            Value::Object(properties) => {
                let sanitised = std::mem::take(properties).into_iter();
                let sanitised =
                    sanitised.map(|(name, value)| self.sanitised_property(name, value, schema));
                *properties = sanitised.collect();
            }
            Value::Array(elements) => {
                let items = schema.and_then(|schema| schema.child("items"));
                for element in elements {
                    self.sanitise_value(element, items.as_ref(), kind);
                }
            }
            Value::String(text) => *text = self.sanitised_text(text, kind),
            Value::Number(number) => self.sanitise_number(number),
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn sanitised_property(
        &mut self,
        name: String,
        mut value: Value,
        object: Option<&Node<'_>>,
    ) -> (String, Value) {
        let schema = object.and_then(|object| object.child("properties")?.child(&name));
        let kind_of_value = kind_by_name(&name, object, schema.as_ref());
        self.sanitise_value(&mut value, schema.as_ref(), kind_of_value);
        if schema.is_some() {
            return (name, value);
        }
        let kind_of_name = kind_by_form(&name).unwrap_or(Kind::Name);
        (self.replace(kind_of_name, &name), value)
    }

    fn sanitised_text(&mut self, text: &str, kind: Kind) -> String {
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
            return self.sanitised_url(&url);
        }
        // The pseudonyms of the kinds `Word` and `Text` have the same form, such as `Sanitised text 1.`. With a counter for each kind, a
        // word and a text could get the same pseudonym. Therefore, both kinds use the counter of the kind `Text`.
        let kind = if kind == Kind::Word { Kind::Text } else { kind };
        self.replace(kind, text)
    }

    /// Sanitises the host and the path segments of a URL. Removes the user, the password, the port, the query and the fragment.
    fn sanitised_url(&mut self, url: &reqwest::Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let host = self.replace(Kind::Host, host);
        let mut sanitised = format!("{}://{host}", url.scheme());
        for segment in url.path_segments().into_iter().flatten() {
            let segment = self.sanitised_text(&decode_segment(segment), Kind::Id);
            sanitised.push('/');
            sanitised += &encode_segment(&segment);
        }
        sanitised
    }

    fn sanitise_number(&mut self, number: &mut Number) {
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

/// Returns the kind of the value of a path parameter or property.
///
/// `schema` is the schema of the property's value, and `object` is the schema of the object that contains the property. Each is `None` if
/// the spec doesn't describe it. Both are `None` for a path parameter.
fn kind_by_name(name: &str, object: Option<&Node<'_>>, schema: Option<&Node<'_>>) -> Kind {
    let has_words =
        |schema: &Node<'_>| schema.has("x-extensible-enum") || WORD_PROPERTIES.contains(&name);
    if schema.is_some_and(has_words) {
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
