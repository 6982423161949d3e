//! Members and values that the contract doesn't name. The contract stays open, for the service announces that answers
//! grow; but whoever keeps the contract wants to hear of them.

use serde_json::Value;

use super::codes;
use super::document::Document;
use super::finding::Found;
use crate::generator::contract::pointer_segment;
use crate::spec::Schemas;

/// Compares values with what the contract names.
pub struct Named<'a, 'c> {
    /// The contract.
    pub document: &'a Document<'c>,
    /// Its schemas.
    pub schemas: &'a Schemas<'c>,
    /// Whether messages may repeat values.
    pub shown: bool,
}

impl<'a, 'c> Named<'a, 'c> {
    /// Everything in `value` that the schema at `schema` doesn't name; `at` is where the value is in the recording.
    pub fn check(&self, schema: &str, value: &Value, at: &str) -> Vec<Found> {
        let mut found = Vec::new();
        self.look(&[schema.to_owned()], value, at, &mut found);
        found
    }

    fn look(&self, schemas: &[String], value: &Value, at: &str, found: &mut Vec<Found>) {
        if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
            return;
        }
        let mut facets = Vec::new();
        for schema in schemas {
            self.collect(schema, Some(value), &mut facets);
        }
        match value {
            Value::Object(members) => {
                // A schema that doesn't even say `object` says "anything"; then nothing in it is unknown.
                let closest = facets.iter().find(|(_, facet)| {
                    facet.get("properties").is_some()
                        || facet.get("type").is_some_and(|kind| kind == "object")
                });
                for (name, member) in members {
                    let here = format!("{at}/{}", pointer_segment(name));
                    let (known, named) = members_named(&facets, name);
                    if known {
                        self.look(&named, member, &here, found);
                    } else if let Some((pointer, facet)) = closest {
                        let claim = if facet.get("properties").is_some() {
                            "/properties"
                        } else {
                            ""
                        };
                        found.push(
                            Found::at(
                                codes::UNKNOWN_MEMBER,
                                here,
                                "the contract names no such member",
                            )
                            .against(format!("{pointer}{claim}")),
                        );
                    }
                }
            }
            Value::Array(elements) => {
                let items: Vec<String> = facets
                    .iter()
                    .filter(|(_, facet)| facet.get("items").is_some())
                    .map(|(pointer, _)| format!("{pointer}/items"))
                    .collect();
                for (index, element) in elements.iter().enumerate() {
                    self.look(&items, element, &format!("{at}/{index}"), found);
                }
            }
            // An empty string means "nothing" throughout this service.
            Value::String(text) if !text.is_empty() => {
                for (pointer, facet) in &facets {
                    if let Some(values) = facet.get("x-extensible-enum").and_then(Value::as_array) {
                        found.extend(self.compare(values, text, at, pointer));
                    }
                }
            }
            _ => {}
        }
    }

    /// The schema, and those that it is made of, references followed. Of alternatives, those that the value agrees with.
    pub fn collect(
        &self,
        schema: &str,
        value: Option<&Value>,
        facets: &mut Vec<(String, &'a Value)>,
    ) {
        let Some((pointer, facet)) = self.document.resolve(schema) else {
            return;
        };
        if facets.iter().any(|(known, _)| *known == pointer) {
            return;
        }
        facets.push((pointer.clone(), facet));
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let count = facet
                .get(keyword)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            let branches: Vec<String> = (0..count)
                .map(|index| format!("{pointer}/{keyword}/{index}"))
                .collect();
            let agrees = |branch: &&String| {
                keyword == "allOf" || value.is_none_or(|value| self.schemas.accepts(branch, value))
            };
            let mut chosen: Vec<&String> = branches.iter().filter(agrees).collect();
            if chosen.is_empty() {
                chosen = branches.iter().collect();
            }
            for branch in chosen {
                self.collect(branch, value, facets);
            }
        }
    }

    fn compare(&self, values: &[Value], text: &str, at: &str, pointer: &str) -> Option<Found> {
        let mut known = values.iter().filter_map(Value::as_str);
        if known.clone().any(|value| value == text) {
            return None;
        }
        let lower = text.to_lowercase();
        let shown = if self.shown {
            format!("`{text}`")
        } else {
            "the value".to_owned()
        };
        let found = match known.find(|value| value.to_lowercase() == lower) {
            Some(value) => Found::at(
                codes::OTHER_CASING,
                at,
                format!("{shown} is `{value}` in another casing"),
            ),
            None => Found::at(
                codes::UNKNOWN_VALUE,
                at,
                format!("{shown} isn't among the known values"),
            ),
        };
        Some(found.against(format!("{pointer}/x-extensible-enum")))
    }
}

/// Whether a member is named by any of the schemas, and the schemas that describe it.
fn members_named(facets: &[(String, &Value)], name: &str) -> (bool, Vec<String>) {
    let mut known = false;
    let mut named = Vec::new();
    for (pointer, facet) in facets {
        if facet
            .get("properties")
            .and_then(|properties| properties.get(name))
            .is_some()
        {
            known = true;
            named.push(format!("{pointer}/properties/{}", pointer_segment(name)));
        } else {
            match facet.get("additionalProperties") {
                Some(Value::Object(_)) => {
                    known = true;
                    named.push(format!("{pointer}/additionalProperties"));
                }
                Some(Value::Bool(true)) => known = true,
                _ => {}
            }
        }
    }
    (known, named)
}
