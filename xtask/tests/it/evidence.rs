//! The evidence rules of `lint`, with a small spec whose statements all cite sources, and one change of the spec per case.

use std::fs;

use crate::common::{self, stdout};

const SPEC: &str = r##"
openapi: 3.0.3
info: {title: Orders, version: "1"}
servers:
  - url: https://orders.example
    x-evidence: {/: [page]}
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: api-version, in: query, required: true, schema: {type: string}}
      responses:
        "200":
          description: The orders.
          headers:
            X-Total:
              schema: {type: string}
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Order"}
        "404":
          $ref: "#/components/responses/NotFound"
      x-evidence:
        /: [page]
        api-version: [page]
        "200": [page]
        200/X-Total: [client]
        200/application/json: [page]
        "404": [page]
components:
  responses:
    NotFound:
      description: No orders.
      x-evidence: {/: [page]}
  schemas:
    Order:
      description: An order.
      type: object
      required: [id]
      properties:
        id: {description: Its number., type: integer, format: int64}
        state: {$ref: "#/components/schemas/State"}
        notes:
          description: Notes.
          type: array
          nullable: true
          items: {description: A note., type: string}
      x-evidence:
        /: [page]
        /nullable: [interpretation]
        id: [page, observed]
        id/format: [interpretation, page]
        id/required: [observed]
        state: [page]
        notes: [observed]
        notes/items: [client]
    State:
      description: A state.
      type: string
      nullable: true
      x-extensible-enum: [open, closed]
      x-evidence:
        /: [page]
        /nullable: [interpretation]
        open: [page]
        closed: [observed]
    KnownState:
      description: The states.
      type: string
      enum: [open, closed]
x-sources:
  page: {title: Orders, address: "https://orders.example/page", date: "2020-01-31", kind: documentation}
  observed: {title: A response, address: "https://orders.example/issue", date: "2021-01-31", kind: observation}
  client: {title: A client, address: "https://orders.example/client", date: "2022-01-31", kind: client}
  interpretation: {title: No source, kind: interpretation}
"##;

fn lint(spec: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("spec.yaml"), spec).expect("the spec");
    stdout(&common::run(
        folder.path(),
        &["lint", "--spec", "spec.yaml"],
    ))
}

#[test]
fn statements_are_counted_by_the_kind_of_their_sources() {
    assert_eq!(
        lint(SPEC),
        "    Evidence 24 statements by the kind of their sources: 14 documentation, 4 observation, 3 client, 3 interpretation\n     \
         Success checked the spec: 0 errors\n"
    );
}

#[test]
fn a_spec_without_sources_needs_no_evidence() {
    let text = SPEC.split("x-sources").next().unwrap_or_default();
    let mut spec = String::new();
    let mut skipped = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if skipped.is_some_and(|above| indent > above) {
            continue;
        }
        skipped = line
            .trim_start()
            .starts_with("x-evidence")
            .then_some(indent);
        if skipped.is_none() {
            spec += line;
            spec += "\n";
        }
    }
    assert_eq!(lint(&spec), "     Success checked the spec: 0 errors\n");
}

#[test]
fn the_committed_spec_has_evidence_for_every_statement() {
    let output = common::run(&common::workspace(), &["lint"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.trim_start().starts_with("Evidence "), "{text}");
}

#[test]
fn each_change_breaks_the_expected_rule() {
    for (from, to, expected) in [
        // A statement without evidence: an entry or the whole extension is missing.
        (
            "        \"404\": [page]\n",
            "",
            &["evidence /paths/~1orders/get/responses/404"][..],
        ),
        (
            "        200/X-Total: [client]\n",
            "",
            &[
                "evidence /paths/~1orders/get/responses/200/headers/X-Total",
                "evidence /paths/~1orders/get/responses/200/headers/X-Total/schema/type",
            ],
        ),
        (
            "        id/format: [interpretation, page]\n",
            "",
            &["evidence /components/schemas/Order/properties/id/format"],
        ),
        (
            "        id/required: [observed]\n",
            "",
            &["evidence /components/schemas/Order/required/0"],
        ),
        (
            "        notes/items: [client]\n",
            "",
            &["evidence /components/schemas/Order/properties/notes/items/type"],
        ),
        (
            "        closed: [observed]\n",
            "",
            &["evidence /components/schemas/State/x-extensible-enum/1"],
        ),
        (
            "      x-evidence: {/: [page]}\n  schemas",
            "  schemas",
            &["evidence /components/responses/NotFound"],
        ),
        (
            "    x-evidence: {/: [page]}\npaths",
            "paths",
            &["evidence /servers/0"],
        ),
        // An entry that cites no source, cites an unknown source, or belongs to no statement.
        (
            "state: [page]",
            "state: []",
            &["evidence-id /components/schemas/Order/x-evidence/state"],
        ),
        (
            "state: [page]",
            "state: [pages]",
            &["evidence-id /components/schemas/Order/x-evidence/state"],
        ),
        (
            "        notes: [observed]\n",
            "        notes: [observed]\n        note: [observed]\n",
            &["evidence-key /components/schemas/Order/x-evidence/note"],
        ),
        // A source with an incomplete description.
        (
            "kind: observation",
            "kind: rumour",
            &["evidence-source /x-sources/observed"],
        ),
        (
            "date: \"2020-01-31\", ",
            "",
            &["evidence-source /x-sources/page"],
        ),
        // The former notation of evidence in a description.
        (
            "description: An order.",
            "description: An order. [doc]",
            &["evidence-mark /components/schemas/Order/description"],
        ),
    ] {
        assert_eq!(SPEC.matches(from).count(), 1, "{from}");
        let text = lint(&SPEC.replace(from, to));
        let found: Vec<_> = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("Error "))
            .filter_map(|line| {
                let (code, place) = line.split_once(": ")?;
                let (_, pointer) = place.split_once(' ')?;
                Some(format!("{code} {pointer}"))
            })
            .collect();
        assert_eq!(found, expected, "{from:?} became {to:?}: {text}");
    }
}
