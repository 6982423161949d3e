//! One table for everything that has a name, a type and a description: parameters, headers, bodies, members, recordings.

use maud::{Markup, html};

use super::book::permalink;

/// One row.
pub struct Row {
    /// What links call it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What else is to say of the name, such as `required`.
    pub notes: Vec<&'static str>,
    /// Its type.
    pub kind: Markup,
    /// What it is.
    pub text: Markup,
    /// Where that comes from.
    pub provenance: Markup,
}

/// A table; nothing, if it has no rows. `columns` are the headings of name and type.
pub fn table(caption: &str, columns: [&str; 2], rows: &[Row]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    let [name, kind] = columns;
    html! {
        table.rows {
            caption.unseen-text { (caption) }
            thead {
                tr {
                    th scope="col" { (name) }
                    th scope="col" { (kind) }
                    th scope="col" { "Description" }
                    th scope="col" { "Provenance" }
                }
            }
            tbody {
                @for row in rows {
                    tr id=(row.id) data-item {
                        th scope="row" {
                            code data-name { (row.name) } " " (permalink(&row.id, &row.name))
                            @for note in &row.notes { " " span class={ "note " (note.replace(' ', "-")) } { (note) } }
                        }
                        td.kind { (row.kind) }
                        td.text { (row.text) }
                        td.provenance { (row.provenance) }
                    }
                }
            }
        }
    }
}
