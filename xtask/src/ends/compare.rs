//! What the contract and the types say to the same bodies.

use std::collections::{BTreeMap, BTreeSet};

use cloud_partner_recordings::recording::{Body, Recording};
use jsonschema::Validator;
use serde_json::Value;

use super::changes::{Change, apply, changes};
use crate::coverage::answer::{answered, sent};
use crate::coverage::sites::{self, Site};
use crate::generator::contract::pointer_segment;
use crate::validate::Checker;

/// What was compared, by name, with what each side says: whether it takes the body.
pub type Verdicts = BTreeMap<String, Verdict>;

/// What each side says to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the contract takes it.
    pub contract: bool,
    /// Whether the schema that is derived from the type does.
    pub types: bool,
}

/// The schemas that are derived from the types, by the title of the body in the contract.
pub struct Types {
    validators: BTreeMap<String, Validator>,
}

impl Types {
    /// Compiles them.
    pub fn new(schemas: &Value) -> Result<Self, String> {
        let schemas = schemas.as_object().ok_or("not an object of schemas")?;
        let validators = schemas.iter().map(|(title, schema)| {
            let validator = jsonschema::options().offline().build(schema);
            Ok((
                title.clone(),
                validator.map_err(|error| format!("{title}: {error}"))?,
            ))
        });
        Ok(Self {
            validators: validators.collect::<Result<_, String>>()?,
        })
    }
}

/// Both ends, and what they have said so far.
pub struct Comparison<'c, 't> {
    checker: &'c Checker<'c>,
    types: &'t Types,
    /// Of recorded bodies and counterexamples, by file; and of changed bodies, by place and change.
    pub verdicts: Verdicts,
    /// The titles of bodies that no type is for.
    pub missing: BTreeSet<String>,
}

impl<'c, 't> Comparison<'c, 't> {
    /// Nothing is compared yet.
    pub fn new(checker: &'c Checker<'c>, types: &'t Types) -> Self {
        Self {
            checker,
            types,
            verdicts: Verdicts::new(),
            missing: BTreeSet::new(),
        }
    }

    /// A recorded body, and then every change of it that wasn't tried yet.
    pub fn recording(&mut self, file: &str, recording: &Recording, vary: bool) {
        let Some((schema, body)) = self.body(recording) else {
            return;
        };
        let Some((title, types)) = self.validator(&schema) else {
            return;
        };
        let verdict = Verdict {
            contract: self.checker.schemas.accepts(&schema, &body),
            types: types.is_valid(&body),
        };
        self.verdicts.insert(file.to_owned(), verdict);
        if vary && verdict.contract && verdict.types {
            let facets = self.checker.facets(&schema, Some(&body));
            let site = Site {
                place: sites::Place::Schema,
                name: title,
                pointer: schema.clone(),
                facets,
                required: None,
            };
            self.vary(&schema, types, &body, &site, (Some(&body), String::new()));
        }
    }

    fn vary(
        &mut self,
        schema: &str,
        types: &Validator,
        body: &Value,
        site: &Site<'_>,
        (value, at): (Option<&Value>, String),
    ) {
        let Some(value) = value else { return };
        for change in changes(site) {
            let name = name(site, &change);
            if !self.verdicts.contains_key(&name) {
                let changed = apply(body, &at, &change);
                let verdict = Verdict {
                    contract: self.checker.schemas.accepts(schema, &changed),
                    types: types.is_valid(&changed),
                };
                self.verdicts.insert(name, verdict);
            }
        }
        for inner in sites::inside(self.checker, site, Some(value)) {
            let at = format!("{at}/{}", pointer_segment(&inner.key));
            self.vary(schema, types, body, &inner.site, (inner.value, at));
        }
    }

    /// Where the contract describes the recorded JSON body, and the body.
    fn body(&self, recording: &Recording) -> Option<(String, Value)> {
        matches!(recording.response.body, Some(Body::Json(_))).then_some(())?;
        let response = answered(self.checker, recording)?;
        let (content, body) = sent(self.checker, recording, &response)?;
        let site = sites::body(self.checker, &content, Some(&body))?;
        // The first facet is the schema itself, references followed.
        let (schema, _) = site.facets.into_iter().next()?;
        Some((schema, body))
    }

    fn validator(&mut self, schema: &str) -> Option<(String, &'t Validator)> {
        let described = self.checker.document.get(schema)?;
        let title = described
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or(schema);
        let types: &'t Types = self.types;
        let found = types.validators.get(title);
        if found.is_none() {
            self.missing.insert(title.to_owned());
        }
        found.map(|validator| (title.to_owned(), validator))
    }
}

fn name(site: &Site<'_>, change: &Change) -> String {
    format!("{} is {}", site.name, change.name)
}
