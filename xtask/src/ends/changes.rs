//! Ways in which a body can differ from a recorded one at one place. Some break what the contract claims, some don't: the
//! contract itself is asked which.

use serde_json::{Value, json};

use crate::coverage::sites::Site;

/// A change at one place of a body.
pub struct Change {
    /// What it is, after the place's name.
    pub name: &'static str,
    /// What is put there; nothing if the member is removed.
    pub value: Option<Value>,
}

/// A value of each type that JSON has, and the numbers and texts that contracts draw lines at.
fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("null", Value::Null),
        ("a boolean", json!(true)),
        ("an integer", json!(7)),
        (
            "an integer beyond 64 bits",
            json!(9_223_372_036_854_775_808_u64),
        ),
        ("a fraction", json!(0.5)),
        ("an empty string", json!("")),
        ("a string that nobody knows", json!("not-in-any-list")),
        ("an empty array", json!([])),
        ("an array", json!([7, null])),
        ("an empty object", json!({})),
        (
            "an object that nobody knows",
            json!({ "notInAnyContract": 7 }),
        ),
    ]
}

/// Every change that can be made at a place.
pub fn changes(site: &Site<'_>) -> Vec<Change> {
    let member = site.required.is_some();
    let removed = member.then_some(Change {
        name: "absent",
        value: None,
    });
    let put = |(name, value)| Change {
        name,
        value: Some(value),
    };
    removed
        .into_iter()
        .chain(values().into_iter().map(put))
        .collect()
}

/// The body with the change made at the JSON pointer.
pub fn apply(body: &Value, pointer: &str, change: &Change) -> Value {
    let mut changed = body.clone();
    match (&change.value, pointer.rsplit_once('/')) {
        (Some(value), _) => {
            if let Some(place) = changed.pointer_mut(pointer) {
                *place = value.clone();
            }
        }
        (None, Some((parent, key))) => {
            let key = key.replace("~1", "/").replace("~0", "~");
            if let Some(Value::Object(members)) = changed.pointer_mut(parent) {
                members.remove(&key);
            }
        }
        (None, None) => {}
    }
    changed
}
