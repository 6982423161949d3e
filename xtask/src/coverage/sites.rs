//! The places where the contract makes claims about answers, and how each leads to the next.
//!
//! The same steps go through the contract alone, to collect what is claimed, and beside a recorded body, to see what of it is
//! shown; so both name a place alike.

use serde_json::Value;

use crate::spec::Operation;
use crate::spec::pointer_segment;
use crate::validate::Checker;

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A status of an operation.
    Response,
    /// A header of such an answer.
    Header,
    /// A content type of such an answer.
    Content,
    /// A value in the body.
    Schema,
}

/// One place.
#[derive(Clone)]
pub struct Site<'c> {
    /// What it is.
    pub place: Place,
    /// Its name, in which every claim's name begins: `listOffers 200 application/json body[].status`.
    pub name: String,
    /// Where it is in the contract: the member that makes the claim, before any reference is followed.
    pub pointer: String,
    /// What the contract says there, with where it says it: one thing, or a schema and those that it is made of.
    pub facets: Vec<(String, &'c Value)>,
    /// Of a member of an object: whether it must be there.
    pub required: Option<bool>,
}

/// The statuses of an operation.
pub fn responses<'s>(
    checker: &'s Checker<'_>,
    operation: &Operation<'_>,
) -> Vec<(String, Site<'s>)> {
    let name = operation.name();
    let at = format!("{}/responses", operation.node.pointer);
    named_in(checker, &at, Place::Response, &|status| {
        format!("{name} {status}")
    })
}

/// The headers of an answer.
pub fn headers<'s>(checker: &'s Checker<'_>, response: &Site<'_>) -> Vec<(String, Site<'s>)> {
    let name = &response.name;
    let at = format!("{}/headers", resolved(response));
    named_in(checker, &at, Place::Header, &|header| {
        format!("{name} header {header}")
    })
}

/// The content types of an answer.
pub fn contents<'s>(checker: &'s Checker<'_>, response: &Site<'_>) -> Vec<(String, Site<'s>)> {
    let name = &response.name;
    let at = format!("{}/content", resolved(response));
    named_in(checker, &at, Place::Content, &|media| {
        format!("{name} {media}")
    })
}

/// The body of a content type, if the contract says anything of it.
pub fn body<'s>(
    checker: &'s Checker<'_>,
    content: &Site<'_>,
    value: Option<&Value>,
) -> Option<Site<'s>> {
    let pointer = format!("{}/schema", resolved(content));
    let facets = checker.facets(&pointer, value);
    (!facets.is_empty()).then(|| Site {
        place: Place::Schema,
        name: format!("{} body", content.name),
        pointer,
        facets,
        required: None,
    })
}

/// A place inside a value.
pub struct Inner<'s, 'v> {
    /// The place.
    pub site: Site<'s>,
    /// The member's name, or the element's index; empty where there is no value.
    pub key: String,
    /// What the recorded value has there.
    pub value: Option<&'v Value>,
}

/// The places inside a value, each with what the recorded value has there; without a value, whatever the contract names.
pub fn inside<'s, 'v>(
    checker: &'s Checker<'_>,
    site: &Site<'_>,
    value: Option<&'v Value>,
) -> Vec<Inner<'s, 'v>> {
    let mut places = Vec::new();
    let mut place = |name: String, pointers: &[String], key: &str, value, required| {
        places.push(Inner {
            site: child(checker, name, pointers, value, required),
            key: key.to_owned(),
            value,
        });
    };
    if value.is_none_or(Value::is_object) {
        let named = member_names(site);
        for name in &named {
            let member = value.and_then(|value| value.get(*name));
            let pointers = pointers(site, &format!("properties/{}", pointer_segment(name)));
            let required = site.facets.iter().any(|(_, schema)| requires(schema, name));
            let whole = format!("{}.{name}", site.name);
            place(whole, &pointers, name, member, Some(required));
        }
        let others = pointers(site, "additionalProperties");
        let whole = format!("{}.*", site.name);
        match value.and_then(Value::as_object) {
            _ if others.is_empty() => {}
            None => place(whole, &others, "", None, None),
            Some(members) => {
                for (name, member) in members {
                    if !named.contains(&name.as_str()) {
                        place(whole.clone(), &others, name, Some(member), None);
                    }
                }
            }
        }
    }
    if value.is_none_or(Value::is_array) {
        let items = pointers(site, "items");
        let whole = format!("{}[]", site.name);
        match value.and_then(Value::as_array) {
            _ if items.is_empty() => {}
            None => place(whole, &items, "", None, None),
            Some(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    place(
                        whole.clone(),
                        &items,
                        &index.to_string(),
                        Some(element),
                        None,
                    );
                }
            }
        }
    }
    places
}

fn child<'s>(
    checker: &'s Checker<'_>,
    name: String,
    pointers: &[String],
    value: Option<&Value>,
    required: Option<bool>,
) -> Site<'s> {
    Site {
        place: Place::Schema,
        name,
        pointer: pointers.first().cloned().unwrap_or_default(),
        facets: pointers
            .iter()
            .flat_map(|pointer| checker.facets(pointer, value))
            .collect(),
        required,
    }
}

fn member_names<'f>(site: &Site<'f>) -> Vec<&'f str> {
    let mut names = Vec::new();
    for (_, schema) in &site.facets {
        for name in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(serde_json::Map::keys)
        {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    names
}

fn requires(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|required| required == name))
}

/// Where the site's schemas have a schema at `key`.
fn pointers(site: &Site<'_>, key: &str) -> Vec<String> {
    site.facets
        .iter()
        .filter(|(_, schema)| {
            schema
                .pointer(&format!("/{key}"))
                .is_some_and(Value::is_object)
        })
        .map(|(pointer, _)| format!("{pointer}/{key}"))
        .collect()
}

fn named_in<'s>(
    checker: &'s Checker<'_>,
    at: &str,
    place: Place,
    name: &dyn Fn(&str) -> String,
) -> Vec<(String, Site<'s>)> {
    let members = checker.spec.at(at).and_then(|node| node.value.as_object());
    members
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .filter(|key| !key.starts_with("x-"))
        .filter_map(|key| {
            let pointer = format!("{at}/{}", pointer_segment(key));
            let node = checker.spec.resolve(&pointer)?;
            let site = Site {
                place,
                name: name(key),
                pointer,
                facets: vec![(node.pointer, node.value)],
                required: None,
            };
            Some((key.clone(), site))
        })
        .collect()
}

/// Where the site stands, references followed.
fn resolved<'s>(site: &'s Site<'_>) -> &'s str {
    site.facets.first().map_or("", |(pointer, _)| pointer)
}
