//! What drift doesn't compare: the document's own version and servers, response headers, and content types, at which it stops.

use serde_json::{Map, Value};

use super::change::Change;
use crate::generator::contract::pointer_segment;

/// What follows from the document's head.
pub fn head(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    let differs = |pointer: &str| old.pointer(pointer) != new.pointer(pointer);
    if differs("/info/version") {
        changes.push(
            Change::new("/info/version", "the API's version was changed")
                .client("asks for the version that the base describes")
                .server("must know the new version"),
        );
    }
    let urls = |contract: &Value| -> Vec<Value> {
        let servers = contract.get("servers").and_then(Value::as_array);
        let servers = servers.into_iter().flatten();
        servers
            .filter_map(|server| server.get("url").cloned())
            .collect()
    };
    if urls(old) != urls(new) {
        changes
            .push(Change::new("/servers", "the servers were changed").client("asks the old ones"));
    }
    if differs("/security") {
        changes.push(
            Change::new("/security", "the credentials that are needed were changed")
                .client("may be refused")
                .server("must ask for the new ones"),
        );
    }
    changes
}

/// What was changed in headers and content types. What drift would stop at is taken out of both documents.
pub fn answers(old: &mut Value, new: &mut Value) -> Vec<Change> {
    let (whole_old, whole_new) = (old.clone(), new.clone());
    let mut walk = Walk {
        old: &whole_old,
        new: &whole_new,
        changes: Vec::new(),
    };
    walk.go(old, new, "");
    walk.changes
}

/// Makes a schema's `nullable` visible to drift, which sees that it differs and doesn't tell.
pub fn show_nullable(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(nullable @ Value::Bool(_)) = members.get("nullable").cloned() {
                members.insert("x-nullable".to_owned(), nullable);
            }
            members.values_mut().for_each(show_nullable);
        }
        Value::Array(elements) => elements.iter_mut().for_each(show_nullable),
        _ => {}
    }
}

/// Where headers wait to be referred to; one that comes or goes there is in no answer yet.
const COMPONENTS: &str = "/components/headers";

struct Walk<'v> {
    old: &'v Value,
    new: &'v Value,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn go(&mut self, old: &mut Value, new: &mut Value, at: &str) {
        self.follow(old, new, at);
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            return;
        };
        if !at.ends_with("/properties") {
            if old.contains_key("content") || new.contains_key("content") {
                self.content(old, new, at);
            }
            if old.contains_key("headers") || new.contains_key("headers") {
                self.headers(old.get("headers"), new.get("headers"), at);
            }
        }
        for (name, old) in old.iter_mut() {
            if let Some(new) = new.get_mut(name) {
                self.go(old, new, &format!("{at}/{}", pointer_segment(name)));
            }
        }
    }

    /// Puts the response itself where the two refer to different ones, or only one of them refers.
    fn follow(&self, old: &mut Value, new: &mut Value, at: &str) {
        let is_response = at
            .rsplit_once('/')
            .is_some_and(|(parent, _)| parent.ends_with("/responses"));
        let refers = |value: &Value| value.get("$ref").is_some();
        if is_response && old != new && (refers(old) || refers(new)) {
            *old = resolved(self.old, old).clone();
            *new = resolved(self.new, new).clone();
        }
    }

    fn content(&mut self, old: &mut Map<String, Value>, new: &mut Map<String, Value>, at: &str) {
        let empty = || Value::Object(Map::new());
        let old = old.entry("content").or_insert_with(empty);
        let new = new.entry("content").or_insert_with(empty);
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            return;
        };
        let had_none = old.is_empty();
        let removed: Vec<String> = old
            .keys()
            .filter(|key| !new.contains_key(*key))
            .cloned()
            .collect();
        let added: Vec<String> = new
            .keys()
            .filter(|key| !old.contains_key(*key))
            .cloned()
            .collect();
        let at = format!("{at}/content");
        for name in removed {
            old.remove(&name);
            self.changes.push(
                Change::new(&at, format!("the content type `{name}` was removed"))
                    .client("who reads it gets none, or another")
                    .server("must not send it"),
            );
        }
        for name in added {
            new.remove(&name);
            let change = Change::new(&at, format!("the content type `{name}` was added"));
            self.changes.push(if had_none {
                change
            } else {
                change.client("may get a content type that it can't read")
            });
        }
        for (name, old) in old.iter_mut() {
            let Some(new) = new.get_mut(name) else {
                continue;
            };
            let has_schema = |media: &Value| media.get("schema").is_some();
            if has_schema(old) == has_schema(new) {
                continue;
            }
            let at = format!("{at}/{}", pointer_segment(name));
            let change = Change::new(&at, "the body's schema was added or removed");
            self.changes
                .push(change.client("what the body holds can't be told"));
            for media in [old, new] {
                if let Some(media) = media.as_object_mut() {
                    media.remove("schema");
                }
            }
        }
    }

    fn headers(&mut self, old: Option<&Value>, new: Option<&Value>, at: &str) {
        let members = |headers: Option<&Value>| {
            headers
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default()
        };
        let (old, new) = (members(old), members(new));
        let at = format!("{at}/headers");
        for (name, before) in &old {
            let Some(after) = new.get(name) else {
                if at == COMPONENTS {
                    continue;
                }
                let change = Change::new(&at, format!("the header `{name}` was removed"));
                self.changes
                    .push(change.client("who reads it finds nothing"));
                continue;
            };
            // What two references to the same header say is compared where the header is.
            if before == after && before.get("$ref").is_some() {
                continue;
            }
            let before = resolved(self.old, before);
            let after = resolved(self.new, after);
            let pointer = format!("{at}/{}", pointer_segment(name));
            let required = |header: &Value| header.get("required") == Some(&Value::Bool(true));
            if required(before) != required(after) {
                let change = Change::new(
                    &pointer,
                    format!("`required` of the header `{name}` was changed"),
                );
                self.changes.push(if required(after) {
                    change.server("must always send it")
                } else {
                    change.client("who relies on it may find nothing")
                });
            }
            if before.get("schema") != after.get("schema") {
                let change = Change::new(
                    &pointer,
                    format!("the schema of the header `{name}` was changed"),
                );
                self.changes.push(
                    change
                        .client("what it gets may be something that it doesn't expect")
                        .server("may have to send something else"),
                );
            }
        }
        let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
        for (name, header) in added.filter(|_| at != COMPONENTS) {
            let change = Change::new(&at, format!("the header `{name}` was added"));
            let required = resolved(self.new, header).get("required") == Some(&Value::Bool(true));
            self.changes.push(if required {
                change.server("must always send it")
            } else {
                change
            });
        }
    }
}

/// What a reference stands for; one link is all that headers and responses have.
fn resolved<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| document.pointer(reference.strip_prefix('#')?))
        .unwrap_or(value)
}
