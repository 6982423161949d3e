//! The schemas: what each is, its members, and the values that it lists.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;

use super::book::{Book, heading, permalink};
use super::ids;
use super::rows::{self, Row};
use super::sections::Section;
use crate::coverage::InReport;
use crate::excuses::text;
use crate::generator::contract::pointer_segment;

/// The lists of values that a schema can have, and what it means that a value is in one.
const LISTS: [(&str, &str); 2] = [
    (
        "x-extensible-enum",
        "The known values of an open set: another one can arrive at any time.",
    ),
    ("enum", "The values of this type; it has no others."),
];

impl Book<'_> {
    /// All schemas.
    pub fn schemas(&self) -> Markup {
        html! {
            section id="schemas" data-item {
                (heading("schemas", "Schemas"))
                @for section in &self.sections.list { (self.schema(section)) }
            }
        }
    }

    fn schema(&self, section: &Section) -> Markup {
        let Section {
            pointer,
            name,
            id,
            part_of,
        } = section;
        let prose = self.description(pointer);
        let claims = self.claims(&self.sections.below(self.document(), pointer));
        let members = self.members(section);
        html! {
            section.schema id=(id) data-item {
                h3 { code data-name { (name) } " " (permalink(id, name)) }
                div.beside {
                    div {
                        p.kind {
                            (self.shape(pointer))
                            @if let Some(owner) = part_of {
                                ", part of "
                                a href={ "#" (owner.id) } {
                                    @if owner.name == *name { "this" } @else { code { (owner.name) } }
                                }
                            }
                        }
                        (prose.html)
                        (self.details(pointer))
                    }
                    div.provenance { (self.provenance(&prose.marks, &claims)) }
                }
                (rows::table(&format!("Members of {name}"), ["Member", "Type"], &members))
                @for (key, meaning) in LISTS { (self.values(section, key, meaning)) }
            }
        }
    }

    fn members(&self, section: &Section) -> Vec<Row> {
        let Section { pointer, id, .. } = section;
        let required = self
            .get(&format!("{pointer}/required"))
            .and_then(Value::as_array);
        let is_required = |name: &str| {
            required.is_some_and(|names| names.iter().any(|required| required == name))
        };
        let mut members: Vec<Row> = self
            .names(&format!("{pointer}/properties"))
            .into_iter()
            .map(|name| {
                let member = format!("{pointer}/properties/{}", pointer_segment(name));
                let note = if is_required(name) {
                    "required"
                } else {
                    "optional"
                };
                self.member(&member, ids::member(id, name), name, vec![note])
            })
            .collect();
        let others = format!("{pointer}/additionalProperties");
        if self.get(&others).is_some_and(Value::is_object) {
            let name = "any other name";
            members.push(self.member(&others, ids::others(id), name, Vec::new()));
        }
        members
    }

    fn member(&self, pointer: &str, id: String, name: &str, notes: Vec<&'static str>) -> Row {
        let prose = self.description(pointer);
        let claims = self.claims(&self.sections.reach(self.document(), pointer));
        let (items, items_marks) = self.items(pointer);
        Row {
            id,
            name: name.to_owned(),
            notes,
            kind: self.kind(pointer),
            provenance: self.provenance(&(&prose.marks | &items_marks), &claims),
            text: html! { (prose.html) (items) (self.details(pointer)) },
        }
    }

    /// What is said of an array's elements, as long as they have no place of their own.
    fn items(&self, pointer: &str) -> (Markup, BTreeSet<usize>) {
        let items = format!("{pointer}/items");
        let described = self.text(&items, "description").is_some();
        if !described || self.sections.at(&items).is_some() || self.sections.at(pointer).is_some() {
            return (html! {}, BTreeSet::new());
        }
        let prose = self.description(&items);
        (
            html! { div.items { span { "Each element: " } (prose.html) } },
            prose.marks,
        )
    }

    fn values(&self, section: &Section, key: &str, meaning: &str) -> Markup {
        let list = self
            .get(&format!("{}/{key}", section.pointer))
            .and_then(Value::as_array);
        html! {
            @if let Some(values) = list {
                p.set { (meaning) }
                table.rows.values {
                    caption.unseen-text { "Values of " (section.name) }
                    thead { tr { th scope="col" { "Value" } th scope="col" { "Provenance" } } }
                    tbody {
                        @for (index, value) in values.iter().enumerate() {
                            @let name = text(value);
                            @let id = ids::value(&section.id, &name);
                            tr id=(id) data-item {
                                th scope="row" { code data-name { (name) } " " (permalink(&id, &name)) }
                                td.provenance {
                                    (self.proofs.show(&self.proofs.at(&format!("{}/{key}/{index}", section.pointer))))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn claims(&self, pointers: &[String]) -> Vec<&InReport> {
        pointers
            .iter()
            .flat_map(|pointer| self.proofs.at(pointer))
            .collect()
    }
}
