//! Tests the committed recordings, their format, and the reader of recordings and scenarios.

use std::fs;

use cloud_partner_recordings::load;
use cloud_partner_recordings::recording::{self, Body, Recording};
use cloud_partner_recordings::synthetic::{self, many_offers};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::all_recordings;

fn schema() -> jsonschema::Validator {
    let schema = serde_json::from_str(&recording::schema()).expect("JSON");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

#[test]
fn every_committed_recording_is_valid() {
    let schema_file = load::root().join("recording.schema.json").canonicalize();
    let schema_file = schema_file.expect("a schema");
    let schema = schema();
    for recording in all_recordings() {
        let file = &recording.file;
        let name = file.display();
        let link = recording.schema.as_deref().unwrap_or_default();
        let target = file.parent().expect("a folder").join(link).canonicalize();
        assert_eq!(target.ok().as_ref(), Some(&schema_file), "{name}");

        let text = fs::read_to_string(file).expect("text");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        if let Err(error) = schema.validate(&value) {
            panic!("{name}: {}: {error}", error.instance_path());
        }
        // The comparison also detects a duplicate property: the parser accepts it, but `formatted` has the property only once.
        let formatted = recording.to_text();
        assert!(text == formatted, "{name} should read:\n{formatted}");
        let text = text.to_lowercase();
        for word in ["authorization\"", "bearer ", "eyj", "client_secret"] {
            assert!(!text.contains(word), "{name}: {word}");
        }
    }
}

/// Editors validate recordings with the schema, and the reader validates them with Rust code.
#[test]
fn the_schema_and_the_reader_accept_the_same_recordings() {
    let schema = schema();
    let valid = serde_json::to_value(many_offers(1)).expect("JSON");
    let mut cases: Vec<(&str, Value, bool)> = vec![
        (
            "/request/path",
            json!("/a-b.c_d~e!$&'()*+,;=:@%2F%c3/"),
            true,
        ),
        ("/request/path", json!(""), false),
        ("/request/path", json!("api"), false),
        ("/request/path", json!("/%"), false),
        ("/request/path", json!("/%4"), false),
        ("/request/path", json!("/%zz"), false),
        ("/provenance/kind", json!("observed-shape"), true),
        ("/provenance/kind", json!("live"), false),
        ("/response/status", json!(199), false),
        ("/response/status", json!(200), true),
        ("/response/status", json!(599), true),
        ("/response/status", json!(600), false),
    ];
    for c in " é?#\"<[\\^`{".chars() {
        cases.push(("/request/path", json!(format!("/a{c}b")), false));
    }
    for (pointer, value, is_valid) in cases {
        let name = format!("{pointer}: {value}");
        let mut changed = valid.clone();
        *changed.pointer_mut(pointer).expect("a property") = value;
        assert_eq!(schema.is_valid(&changed), is_valid, "the schema, {name}");
        let read = serde_json::from_value::<Recording>(changed);
        assert_eq!(read.is_ok(), is_valid, "the reader, {name}");
    }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    folder
}

/// Returns the text of a recording whose request has this path.
fn text_of(path: &str) -> String {
    synthetic::recording(path, Some(Body::Json(Value::Array(Vec::new())))).to_text()
}

/// Returns the errors' texts, with paths relative to the folder.
fn messages(folder: &TempDir, errors: &[load::Error]) -> Vec<String> {
    let folder = format!("{}/", folder.path().display());
    let message = |error: &load::Error| error.to_string().replace(&folder, "");
    errors.iter().map(message).collect()
}

#[test]
fn the_reader_returns_every_json_file_sorted_by_path() {
    let other_query = text_of("/b").replace("2017-10-31", "2016-08-01-preview");
    let folder = folder(&[
        ("b.json", &text_of("/b")),
        ("c.json", &other_query),
        ("a/z.json", &text_of("/az")),
        ("a/a/a.json", &text_of("/aaa")),
        ("readme.md", "not a recording"),
    ]);
    // The link makes a cycle, which the reader must not follow.
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).expect("a link");
    let found = load::recordings(folder.path()).all().expect("recordings");
    let paths = found.iter().map(|recording| &recording.request.path);
    let paths: Vec<_> = paths.collect();
    assert_eq!(paths, ["/aaa", "/az", "/b", "/b"]);
    assert_eq!(found[2].file, folder.path().join("b.json"));

    // This link has a name like a recording. Therefore, the reader must report the link instead of ignoring it.
    #[cfg(unix)]
    {
        let link = folder.path().join("a/up.json");
        std::os::unix::fs::symlink(folder.path(), link).expect("a link");
        let errors = messages(&folder, &load::recordings(folder.path()).errors);
        let [error] = &*errors else {
            panic!("{errors:?}");
        };
        assert!(error.starts_with("a/up.json: cannot be read: "), "{error}");
    }
}

#[test]
fn the_reader_reports_every_error_and_returns_the_valid_recordings() {
    let folder = folder(&[
        ("a.json", "{"),
        ("b.json", &text_of("/b")),
        ("c/d.json", "3"),
        // `%62` is `b`, so this path is the same as that of b.json.
        ("c/e.json", &text_of("/%62")),
    ]);
    let loaded = load::recordings(folder.path());
    let expected = [
        "a.json:1:1: EOF while parsing an object",
        "b.json: has the same request as c/e.json, so the replay server couldn't choose a response: delete one of the files, or move both to a folder in tests/scenarios",
        "c/d.json:1:1: invalid type: integer `3`, expected struct Recording",
        "c/e.json: has the same request as b.json, so the replay server couldn't choose a response: delete one of the files, or move both to a folder in tests/scenarios",
    ];
    assert_eq!(messages(&folder, &loaded.errors), expected);
    assert_eq!(loaded.items.len(), 2);

    let missing = folder.path().join("missing");
    let recordings = load::recordings(&missing).errors;
    for errors in [recordings, load::scenarios(&missing).errors] {
        let message = &messages(&folder, &errors)[0];
        assert!(
            message.starts_with("missing: cannot be read: "),
            "{message}"
        );
    }
}

#[test]
fn a_scenario_contains_the_recordings_of_a_folder_sorted_by_file_name() {
    let first = text_of("/a").replace("A generated", "The first");
    let valid = folder(&[
        ("second/1.json", &text_of("/b")),
        ("first/02.json", &text_of("/a")),
        ("first/01.json", &first),
        ("first/10.json", &text_of("/a")),
        ("readme.md", "not a scenario"),
    ]);
    let scenarios = load::scenarios(valid.path()).all().expect("scenarios");
    let names = scenarios
        .iter()
        .map(|scenario| (scenario.name.as_str(), scenario.recordings.len()));
    assert_eq!(names.collect::<Vec<_>>(), [("first", 3), ("second", 1)]);
    let first = &scenarios[0].recordings[0];
    assert!(first.description.starts_with("The first"));

    let unreadable = folder(&[
        ("empty/readme.md", ""),
        ("misplaced.json", &text_of("/a")),
        ("unreadable/1.json", ""),
    ]);
    assert_eq!(
        messages(&unreadable, &load::scenarios(unreadable.path()).errors),
        [
            "empty: the scenario contains no recordings",
            "misplaced.json: isn't in the folder of a scenario: move it to a subfolder",
            "unreadable/1.json:1:1: EOF while parsing a value",
        ]
    );
}

#[test]
fn an_error_of_the_reader_names_the_place_and_the_cause() {
    let valid = text_of("/x");
    let bytes = |from: &str, to: &[u8]| {
        let (before, after) = valid.split_once(from).expect(from);
        [before.as_bytes(), to, after.as_bytes()].concat()
    };
    let edited = |from: &str, to: &str| bytes(from, to.as_bytes());
    let description = "\"description\": \"A generated response.\",\n";
    for (text, message) in [
        (Vec::new(), "1:1: EOF while parsing a value"),
        (b"{\n  oops".to_vec(), "2:3: key must be a string"),
        (edited("\n}\n", "\n}\n{}"), "25:1: trailing characters"),
        (bytes("cript", b"\xff"), "2:7: invalid unicode code point"),
        (
            edited("\"request\"", "\"requests\""),
            "7:12: unknown field `requests`, expected one of `$schema`, `description`, `provenance`, `request`, `response`",
        ),
        (edited(description, ""), "23:1: missing field `description`"),
        (
            edited("\"synthetic\"", "\"live\""),
            "4:18: unknown variant `live`, expected one of `captured`, `documentation`, `observed-shape`, `synthetic`",
        ),
        (
            edited("\"/x\"", "\"/x y\""),
            "9:18: path \"/x y\" must begin with a slash, be percent-encoded and have no query",
        ),
        (
            edited("200", "99"),
            "15:16: status 99 is not between 200 and 599",
        ),
        (
            edited("\"content-type\"", "\"Content-Type\""),
            "19:5: the header name \"Content-Type\" is not in lower case",
        ),
        (
            edited("\"content-type\"", "\"content-length\""),
            "19:5: the header \"content-length\" depends on the transfer and must not be recorded",
        ),
        (
            edited("\"json\"", "\"yaml\""),
            "21:12: unknown variant `yaml`, expected `json` or `text`",
        ),
        (
            edited("[]", &"[".repeat(10_000)),
            "21:139: recursion limit exceeded",
        ),
    ] {
        let folder = folder(&[]);
        let file = folder.path().join("x.json");
        fs::write(&file, text).expect("a file");
        let errors = load::recordings(&file).errors;
        assert_eq!(messages(&folder, &errors), [format!("x.json:{message}")]);
    }
}
