//! Parameters that are gone, or are called or sent otherwise. Those in the path are a part of it: OpenAPI wants each of them
//! described, required and named as in the path, so only their schemas can be wrong.

use serde_json::Value;

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// A parameter is dropped, renamed or moved between query and header.
pub const KIND: Kind = Kind {
    name: "parameter-changed",
    mutants: |view| {
        let mut mutants = Vec::new();
        let mut described = Vec::new();
        for (listed, parameter) in &view.parameters {
            let Some(value) = view.document.get(parameter) else { continue };
            let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
            let (name, place) = (text("name"), text("in"));
            if place == "path" {
                continue;
            }
            let to_kill = format!("a request with the {place} parameter `{name}`");
            if let Some((list, index)) = listed.rsplit_once('/')
                && let Some(Value::Array(parameters)) = view.document.get(list)
                && let Ok(index) = index.parse::<usize>()
            {
                let mut others = parameters.clone();
                others.remove(index);
                mutants.push(Mutant::new(listed, "dropped", &to_kill).with(list, others));
            }
            if described.contains(&parameter) {
                continue;
            }
            described.push(parameter);
            let renamed = Mutant::new(parameter, "renamed", &to_kill);
            mutants.push(renamed.with(at(parameter, "name"), format!("{name}-renamed")));
            let other = if place == "query" { "header" } else { "query" };
            let moved = Mutant::new(parameter, format!("{place} becomes {other}"), &to_kill);
            mutants.push(moved.with(at(parameter, "in"), other));
        }
        mutants
    },
};
