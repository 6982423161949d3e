//! `docs`: the page holds everything that the contract has, asks nobody for anything, and no text of a contract becomes more than
//! text. How it behaves is looked at in a browser: `.ci/check-docs`.

use crate::common;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::common::{stderr, stdout};
use regex::Regex;
use serde_json::Value;

/// The page of a contract.
fn page(contract: &Path) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let contract = contract.to_str().expect("a path of text");
    let output = common::run(
        folder.path(),
        &["docs", "--contract", contract, "--output", "page.html"],
    );
    let said = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(said, "       Wrote page.html\n");
    assert_eq!(output.status.code(), Some(0));
    fs::read_to_string(folder.path().join("page.html")).expect("the page")
}

fn own() -> String {
    page(&common::workspace().join("openapi/cloud-partner-portal.yaml"))
}

fn hostile() -> String {
    page(&common::tests().join("docs/hostile.json"))
}

/// What the first group of an expression matches, everywhere.
fn every(page: &str, expression: &str) -> Vec<String> {
    let expression = Regex::new(expression).expect("an expression");
    let found = expression.captures_iter(page);
    found.map(|found| found[1].to_owned()).collect()
}

fn ids(page: &str) -> BTreeSet<String> {
    every(page, r#" id="([^"]*)""#).into_iter().collect()
}

/// The ids below a prefix, without what is below those.
fn below(page: &str, prefix: &str) -> BTreeSet<String> {
    let ids = ids(page).into_iter();
    ids.filter_map(|id| id.strip_prefix(prefix).map(ToOwned::to_owned))
        .filter(|rest| !rest.contains('/'))
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Text as HTML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The committed contract, by the reader of the generators' own tests: the page must not be compared with what made it.
fn contract() -> Value {
    let workspace = common::workspace();
    let text = fs::read_to_string(workspace.join("openapi/cloud-partner-portal.yaml"));
    let text = text.expect("the contract");
    let documents = <saphyr::Yaml<'_> as saphyr::LoadableYamlNode>::load_from_str(&text);
    json(&documents.expect("YAML")[0])
}

fn json(yaml: &saphyr::Yaml<'_>) -> Value {
    if let Some(mapping) = yaml.as_mapping() {
        let members = mapping.iter().map(|(key, value)| {
            let key = key.as_str().expect("a name in quotes").to_owned();
            (key, json(value))
        });
        return members.collect();
    }
    if let Some(sequence) = yaml.as_sequence() {
        return sequence.iter().map(json).collect();
    }
    let text = yaml.as_str().map(ToOwned::to_owned).map(Value::String);
    text.or_else(|| yaml.as_bool().map(Value::Bool))
        .or_else(|| yaml.as_integer().map(Value::from))
        .unwrap_or_default()
}

fn members<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    value[key].as_object().into_iter().flatten()
}

/// Follows one reference.
fn resolved<'c>(contract: &'c Value, value: &'c Value) -> &'c Value {
    match value["$ref"].as_str() {
        Some(reference) => contract
            .pointer(&reference[1..])
            .expect("what it refers to"),
        None => value,
    }
}

/// The ids that a schema must have on the page.
fn expect_schema(name: &str, schema: &Value, expected: &mut BTreeSet<String>) {
    expected.insert(format!("schemas/{name}"));
    for (member, inner) in members(schema, "properties") {
        expected.insert(format!("schemas/{name}/{member}"));
        if let Some(title) = inner["title"].as_str() {
            expect_schema(title, inner, expected);
        }
    }
    for list in ["x-extensible-enum", "enum"] {
        for value in schema[list].as_array().into_iter().flatten() {
            let value = value.as_str().expect("a text");
            expected.insert(format!("schemas/{name}/={value}"));
        }
    }
}

#[test]
fn everything_of_the_contract_is_on_the_page() {
    let contract = contract();
    let page = own();
    let mut expected = BTreeSet::new();
    for (name, schema) in members(&contract["components"], "schemas") {
        expect_schema(name, schema, &mut expected);
    }
    for (path, item) in members(&contract, "paths") {
        let operation = &item["get"];
        let id = operation["operationId"].as_str().expect("an operationId");
        expected.insert(format!("operations/{id}"));
        assert!(page.contains(&escaped(path)), "{path}");
        for parameter in item["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&contract, parameter);
            let place = parameter["in"].as_str().expect("a place");
            let name = parameter["name"].as_str().expect("a name");
            expected.insert(format!("operations/{id}/parameters/{place}/{name}"));
        }
        for (status, answer) in members(operation, "responses") {
            let answer = resolved(&contract, answer);
            let status = format!("operations/{id}/responses/{status}");
            for (header, _) in members(answer, "headers") {
                expected.insert(format!("{status}/headers/{header}"));
            }
            for (media, content) in members(answer, "content") {
                let media = media.replace('/', "%2F");
                expected.insert(format!("{status}/content/{media}"));
                for (_, example) in members(content, "examples") {
                    let summary = example["summary"].as_str().expect("a summary");
                    assert!(page.contains(&escaped(summary)), "{summary}");
                }
                if let Some(title) = content["schema"]["title"].as_str() {
                    expect_schema(title, &content["schema"], &mut expected);
                }
            }
            expected.insert(status);
        }
    }
    for (name, _) in members(&contract["components"], "securitySchemes") {
        expected.insert(format!("security/{name}"));
    }
    assert!(expected.len() > 130, "{}", expected.len());
    let there: BTreeSet<String> = ids(&page)
        .into_iter()
        .filter(|id| {
            ["schemas/", "operations/", "security/"]
                .iter()
                .any(|part| id.starts_with(part))
        })
        .collect();
    let differing: Vec<_> = there.symmetric_difference(&expected).collect();
    assert_eq!(differing, Vec::<&String>::new());
}

/// Each claim stands on the page exactly once: where the contract makes it.
#[test]
fn every_claim_is_on_the_page_with_its_recordings() {
    let workspace = common::workspace();
    for contract in [
        workspace.join("openapi/cloud-partner-portal.yaml"),
        common::tests().join("docs/hostile.json"),
    ] {
        let page = page(&contract);
        let contract = contract.to_str().expect("a path of text");
        let arguments = ["coverage", "--format", "json", "--contract", contract];
        let coverage = common::run(&workspace, &arguments);
        let report: Value = serde_json::from_slice(&coverage.stdout).expect("JSON");
        let mut on_page = BTreeMap::new();
        for claim in every(&page, "(?:</b> |<li>)<code>([^<]+ [^<]+)</code>") {
            *on_page.entry(claim).or_insert(0) += 1;
        }
        let links = every(&page, r##"<a href="#recordings/([^"]*)">"##);
        let links: BTreeSet<&str> = links.iter().map(String::as_str).collect();
        for claim in report["claims"].as_array().expect("the claims") {
            let name = claim["claim"].as_str().expect("a name");
            assert_eq!(on_page.remove(&escaped(name)), Some(1), "{name}");
            for proof in claim["recordings"].as_array().into_iter().flatten() {
                let file = proof["file"].as_str().expect("a file");
                let label = file.trim_start_matches("tests/").trim_end_matches(".json");
                assert!(links.contains(label), "{label}");
            }
        }
        assert!(on_page.is_empty(), "{on_page:?}");
    }
}

/// A recording counts where it shows a value: that a member is absent says nothing of the member.
#[test]
fn badges_count_what_shows_a_value() {
    let page = own();
    let badges = |id: &str| {
        let row = &page[page.find(&format!("id=\"{id}\"")).expect("a row")..];
        let row = &row[..row.find("</summary>").expect("its badges")];
        every(row, "<b [^>]*>([^<]*)</b>")
    };
    // 401 alone has this member, once for each operation; all other failures show that it may be absent.
    let message = badges("schemas/ErrorResponse/Message");
    assert_eq!(message[0], "2 synthetic");
    assert!(message[1].ends_with(" excused"), "{message:?}");
    assert_eq!(message.len(), 2);
    let unauthorized = badges("operations/listOffers/responses/401");
    assert_eq!(unauthorized, ["1 synthetic"]);
}

/// The contract's marks are badges that its own legend explains.
#[test]
fn every_mark_leads_to_the_legend() {
    let page = own();
    for (word, meaning) in [
        ("doc", "the official pages say so"),
        ("seen", "observed on the live service by a public project"),
        (
            "client",
            "deduced from what a working client sends or expects",
        ),
        ("guess", "likely, without direct evidence"),
    ] {
        assert!(!page.contains(&format!("[{word}]")), "{word}");
        assert!(page.contains(&format!(
            "id=\"marks/{word}\">{word}</span></strong> {meaning}"
        )));
        let badge = format!("href=\"#marks/{word}\" title=\"{meaning}\">{word}</a>");
        assert!(page.matches(&badge).count() > 2, "{badge}");
    }
    let version = &page[page
        .find("id=\"schemas/OfferSummary/version\"")
        .expect("a row")..];
    let version = &version[..version.find("</tr>").expect("its end")];
    let (text, provenance) = version.split_once("class=\"provenance\"").expect("columns");
    assert_eq!(text.matches(">seen</a>").count(), 2, "in its sentences");
    assert_eq!(
        provenance.matches(">seen</a>").count(),
        1,
        "and beside them"
    );
    let summary = &page[page.find("id=\"schemas/OfferSummary\"").expect("a section")..];
    assert!(summary.contains("<p>One offer in a publisher's list. </p>"));
}

#[test]
fn a_page_asks_nobody_for_anything() {
    let values = Regex::new(r#""[^"]*""#).expect("an expression");
    let loading = Regex::new(" (src|srcset|style|data|action|poster|on[a-z]+)=");
    let loading = loading.expect("an expression");
    for page in [own(), hostile()] {
        let all = every(&page, r#" id="([^"]*)""#);
        let unique: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(unique.len(), all.len(), "ids are unique");
        for part in every(&page, "<([a-z]+[^<>]* data-item)>") {
            let id = &every(&part, r#" id="([^"]*)""#)[0];
            let itself = format!("<a class=\"permalink\" href=\"#{id}\" ");
            assert_eq!(page.matches(&itself).count(), 1, "{part}");
        }
        for target in every(&page, r##" href="#([^"]*)""##) {
            assert!(unique.contains(target.as_str()), "{target}");
        }
        for tag in every(&page, r#"<([a-z](?:"[^"]*"|[^<>"])*)>"#) {
            let tag = values.replace_all(&tag, "");
            assert!(!loading.is_match(&tag), "{tag}");
            assert!(tag.starts_with("a ") || !tag.contains(" href="), "{tag}");
        }
        for href in every(&page, r##" href="([^"#][^"]*)""##) {
            assert!(href.starts_with("https://"), "{href}");
        }
        for tag in ["link", "img", "iframe", "object", "svg", "base", "form"] {
            assert!(!page.contains(&format!("<{tag} ")), "{tag}");
        }
        for tag in ["<script>", "</script>", "<style>", "</style>", "<title>"] {
            assert_eq!(page.matches(tag).count(), 1, "{tag}");
        }
        assert!(!page.contains("url(") && !page.contains("@import"));
        assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"));
    }
}

/// Another contract, with everything that this one lacks, in texts that mean harm.
#[test]
fn any_contract_becomes_a_page_and_its_texts_stay_texts() {
    let page = hostile();
    for text in [
        "alert(1)",
        "alert('described')",
        "alert('code')",
        "alert('tag')",
        "alert('summary')",
        "alert('example')",
    ] {
        assert!(
            page.contains(&format!("&lt;script&gt;{text}&lt;/script&gt;")),
            "{text}"
        );
    }
    for part in [
        "Inline &lt;img src=x onerror=alert(1)&gt; too, <code>[sure] &lt;b&gt;</code>, and ",
        "Bad, data, <a href=\"https://example.com/picture.png\">picture</a>, ",
        "<a href=\"https://example.com/?a=1&amp;b=2\">good</a> and <a href=\"#about\">inside</a>",
        "<p><strong>A heading</strong></p>",
        "<strong>[\"odd\"]</strong>",
        "&lt;svg onload=alert(1)&gt;",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(
        below(&page, "operations/"),
        set(&["put%2FPet%20%3C1%3E", "DELETE%20%2Fpets%2F%7Bpet%22Id%7D"])
    );
    assert_eq!(
        below(&page, "operations/put%2FPet%20%3C1%3E/responses/"),
        set(&["200", "204", "default"])
    );
    assert_eq!(
        below(&page, "schemas/"),
        set(&[
            "Pet",
            "Pet%2C%20part%202",
            "Named",
            "Size",
            "%2Fcomponents%2Fschemas%2FNamed%2Fproperties%2Fagain",
            "Free",
            "Second",
            "put%2FPet%20%3C1%3E%2C%20pet%22Id",
            "put%2FPet%20%3C1%3E%20default%5B%5D",
        ])
    );
    assert_eq!(
        below(&page, "schemas/Named/"),
        set(&["name", "parent", "size", "again", "%2A", "*"])
    );
    assert_eq!(below(&page, "schemas/Size/"), set(&["=small", "=l%27arge"]));
    for words in [
        "array of ",
        "one of string, <a href=\"#schemas/Free\">",
        "all of <a href=\"#schemas/Named\">",
        "At least <code>0</code>",
        "Default <code>&quot;quoted&quot;</code>",
        "A time as text, in <code>utc</code>",
        "<code>x-other</code>: <code>&lt;b&gt;</code>",
        "<code>x-also</code>: <a href=\"#schemas/Free\">",
        "<p class=\"kind\"><a href=\"#schemas/Free\">",
        "The values of this type; it has no others.",
        "The known values of an open set",
        "apiKey, header, X-Key",
        "unseen</b>",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_page_goes_below_target_unless_told_otherwise() {
    let root = tempfile::tempdir().expect("a temporary folder");
    for folder in ["xtask", "openapi", "tests/recordings", "tests/scenarios"] {
        fs::create_dir_all(root.path().join(folder)).expect("a folder");
    }
    let contract = root.path().join("openapi/cloud-partner-portal.yaml");
    fs::copy(common::tests().join("cases/base/contract.yaml"), contract).expect("the contract");
    let run = |arguments: &[&str]| common::run_in_workspace(root.path(), arguments);
    let written = "exit code 0\n       Wrote target/docs/cloud-partner-portal.html\n";
    assert_eq!(common::transcript(&run(&["docs"])), written);
    let fresh = written.replace("Wrote", "Fresh");
    assert_eq!(common::transcript(&run(&["docs"])), fresh);

    for (arguments, message) in [
        (
            ["--contract", "nowhere.yaml"],
            "nowhere.yaml: the contract can't be read: ",
        ),
        (
            ["--output", "nowhere/page.html"],
            "nowhere/page.html: can't be written: ",
        ),
    ] {
        let output = run(&[&["docs"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(3));
        let said = stderr(&output);
        assert!(said.starts_with(&format!("error: {message}")), "{said}");
    }
    fs::remove_dir_all(root.path().join("target")).expect("a folder");
    fs::write(root.path().join("target"), "").expect("a file");
    let said = stderr(&run(&["docs"]));
    let message = "error: target/docs: the folder can't be made: ";
    assert!(said.starts_with(message), "{said}");
}
