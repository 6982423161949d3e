//! The reader of recordings and scenarios, and its error messages.

use std::{collections::BTreeMap, fs, path::Path};

use cloud_partner_recordings::{
    recording::{Body, Recording},
    sample::many_offers,
    store::{self, StoredRecording},
};
use serde_json::Value;
use tempfile::TempDir;

/// Creates a folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// Returns the text of a recording of a request for this path.
fn recording_text(path: &str) -> String {
    let mut recording = many_offers(0);
    path.clone_into(&mut recording.request.path);
    recording.to_text()
}

/// Returns the error's message, with paths relative to the folder.
fn relative_message(folder: &Path, error: &store::Error) -> String {
    error
        .to_string()
        .replace(&format!("{}/", folder.display()), "")
        .replace(&folder.display().to_string(), ".")
}

#[test]
fn reads_json_files_of_subfolders_sorted_by_path() {
    let folder = folder(&[
        ("b.json", &recording_text("/b")),
        ("a/z.json", &recording_text("/az")),
        ("a/a/a.json", &recording_text("/aaa")),
        ("readme.md", "not a recording"),
    ]);
    let found = store::recordings(folder.path()).all().unwrap();
    let paths: Vec<_> = found
        .iter()
        .map(|stored| stored.recording.request.path.as_str())
        .collect();
    assert_eq!(paths, ["/aaa", "/az", "/b"]);
    assert_eq!(found[2].file, folder.path().join("b.json"));
}

#[test]
fn a_recording_that_is_written_and_read_is_unchanged() {
    let folder = folder(&[("many.json", &many_offers(50).to_text())]);
    let stored = store::recording(&folder.path().join("many.json")).unwrap();
    assert_eq!(Recording::from(stored), many_offers(50));
}

#[test]
fn an_error_names_file_line_column_and_cause() {
    let valid = recording_text("/x");
    let with = |from: &str, to: &str| {
        assert!(valid.contains(from), "{from}");
        valid.replacen(from, to, 1)
    };
    for (text, message) in [
        (String::new(), "x.json:1:1: EOF while parsing a value"),
        ("{\n  oops".to_owned(), "x.json:2:3: key must be a string"),
        (format!("{valid}{{}}"), "x.json:25:1: trailing characters"),
        (
            format!("\u{feff}{valid}"),
            "x.json:1:1: starts with a byte order mark, which JSON doesn't allow",
        ),
        (
            with("\"request\"", "\"requests\""),
            "x.json:7:12: unknown field `requests`, expected one of `$schema`, `description`, `provenance`, `request`, `response`",
        ),
        (
            with("\"description\": \"A list of 0 offers.\",\n", ""),
            "x.json:23:1: missing field `description`",
        ),
        (
            with("\"synthetic\"", "\"live\""),
            "x.json:4:18: unknown variant `live`, expected one of `captured`, `documentation`, `observed-shape`, `synthetic`",
        ),
        (
            with("\"/x\"", "\"/x y\""),
            "x.json:9:18: path \"/x y\" is not a percent-encoded path that starts with a slash and has no query",
        ),
        (
            with("\"GET\"", "\"get\""),
            "x.json:8:19: method \"get\" is not a word in upper case",
        ),
        (
            with("200", "99"),
            "x.json:15:16: status 99 is not between 200 and 599",
        ),
        (
            with("\"content-type\"", "\"Content-Type\""),
            "x.json:19:5: \"Content-Type\" is not a lower-case header name",
        ),
        (
            with("charset=utf-8", "charset=\\n"),
            "x.json:19:5: the header \"content-type\" has a value that HTTP doesn't allow",
        ),
        (
            with("\"content-type\"", "\"content-length\""),
            "x.json:19:5: the header \"content-length\" depends on the transfer and must not be recorded",
        ),
        (
            with("\"json\"", "\"yaml\""),
            "x.json:21:12: unknown variant `yaml`, expected `json` or `text`",
        ),
        (
            with("[]", &"[".repeat(10_000)),
            "x.json:21:139: recursion limit exceeded",
        ),
    ] {
        let folder = folder(&[("x.json", &text)]);
        let error = store::recording(&folder.path().join("x.json")).unwrap_err();
        assert_eq!(relative_message(folder.path(), &error), message);
    }

    let folder = folder(&[]);
    let file = folder.path().join("x.json");
    let mut bytes = valid.into_bytes();
    bytes[10] = 0xff;
    fs::write(&file, bytes).unwrap();
    let error = store::recording(&file).unwrap_err();
    assert_eq!(
        relative_message(folder.path(), &error),
        "x.json:2:9: not UTF-8"
    );
}

#[test]
fn an_error_names_the_missing_file_or_folder() {
    let folder = folder(&[]);
    let missing = folder.path().join("missing");
    let one = store::recording(&missing).unwrap_err();
    let many = store::recordings(&missing).all().unwrap_err();
    let scenarios = store::scenarios(&missing).all().unwrap_err();
    for error in [one, many, scenarios] {
        let message = relative_message(folder.path(), &error);
        assert!(
            message.starts_with("missing: cannot be read: "),
            "{message}"
        );
    }
}

#[test]
fn every_error_is_reported_and_valid_recordings_are_returned() {
    let folder = folder(&[
        ("a.json", "{"),
        ("b.json", &recording_text("/b")),
        ("e.json", "3"),
        ("d.json", &recording_text("/b")),
    ]);
    let loaded = store::recordings(folder.path());
    let errors: Vec<_> = loaded
        .errors
        .iter()
        .map(|error| relative_message(folder.path(), error))
        .collect();
    assert_eq!(
        errors,
        [
            "a.json:1:1: EOF while parsing an object",
            "d.json: has the same request as b.json: GET /b?api-version=2017-10-31",
            "e.json:1:1: invalid type: integer `3`, expected struct Recording",
        ]
    );
    assert_eq!(loaded.found.len(), 2);
}

#[test]
fn recordings_of_one_path_may_differ_in_the_query() {
    let other = recording_text("/b").replace("2017-10-31", "2016-08-01-preview");
    let folder = folder(&[("a.json", &recording_text("/b")), ("b.json", &other)]);
    assert_eq!(store::recordings(folder.path()).all().unwrap().len(), 2);
}

#[test]
fn a_scenario_contains_the_recordings_of_a_folder_in_order_of_file_names() {
    let folder = folder(&[
        ("second/1.json", &recording_text("/b")),
        ("first/02.json", &recording_text("/a")),
        (
            "first/01.json",
            &recording_text("/a").replace("A list", "The first"),
        ),
        ("first/10.json", &recording_text("/a")),
        ("readme.md", "not a scenario"),
    ]);
    let scenarios = store::scenarios(folder.path()).all().unwrap();
    let names: Vec<_> = scenarios
        .iter()
        .map(|s| (s.name.as_str(), s.recordings.len()))
        .collect();
    assert_eq!(names, [("first", 3), ("second", 1)]);
    let first = &scenarios[0].recordings[0].recording;
    assert!(first.description.starts_with("The first"));
}

#[test]
fn a_scenario_without_recordings_or_with_two_requests_is_an_error() {
    let folder = folder(&[
        ("empty/readme.md", ""),
        ("mixed/1.json", &recording_text("/a")),
        ("mixed/2.json", &recording_text("/b")),
        ("unreadable/1.json", ""),
    ]);
    let loaded = store::scenarios(folder.path());
    let errors: Vec<_> = loaded
        .errors
        .iter()
        .map(|error| relative_message(folder.path(), error))
        .collect();
    assert_eq!(
        errors,
        [
            "empty: the scenario contains no recordings",
            "mixed/2.json: has another request than mixed/1.json: GET /a?api-version=2017-10-31",
            "unreadable/1.json:1:1: EOF while parsing a value",
        ]
    );
}

/// A cycle of symbolic links must not cause endless reading.
#[cfg(unix)]
#[test]
fn a_link_to_a_folder_is_not_followed() {
    let folder = folder(&[("a/x.json", &recording_text("/x"))]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
    assert_eq!(store::recordings(folder.path()).all().unwrap().len(), 1);
}

#[test]
fn every_scenario_is_long_enough_and_ends_with_an_outcome() {
    let scenarios = store::scenarios(&store::root().join("scenarios"))
        .all()
        .unwrap();
    let status = |stored: &StoredRecording| match &stored.recording.response.body {
        Some(Body::Json(report)) => report["status"].as_str().unwrap().to_owned(),
        _ => panic!("{} has no report", stored.file.display()),
    };
    let ends: BTreeMap<_, _> = scenarios
        .iter()
        .map(|scenario| {
            assert!(scenario.recordings.len() >= 8, "{}", scenario.name);
            let (last, before) = scenario.recordings.split_last().unwrap();
            for stored in before {
                let status = status(stored);
                assert!(
                    ["notStarted", "running"].contains(&status.as_str()),
                    "{status}"
                );
            }
            (scenario.name.as_str(), status(last))
        })
        .collect();
    assert_eq!(
        ends.into_iter().collect::<Vec<_>>(),
        [
            ("certification-blocks", "failed".to_owned()),
            ("publication-canceled", "canceled".to_owned()),
            ("publish-succeeds", "succeeded".to_owned()),
        ]
    );
}

#[test]
fn every_offer_of_contoso_has_a_status_recording_that_matches_the_list() {
    let home = store::root();
    let recordings = store::recordings(&home.join("recordings")).all().unwrap();
    let scenarios = store::scenarios(&home.join("scenarios")).all().unwrap();
    let firsts = scenarios.iter().map(|scenario| &scenario.recordings[0]);
    let reports: BTreeMap<&str, &Value> = recordings
        .iter()
        .chain(firsts)
        .filter_map(|stored| match &stored.recording.response.body {
            Some(Body::Json(json)) => Some((stored.recording.request.path.as_str(), json)),
            _ => None,
        })
        .collect();
    let list = reports["/api/publishers/contoso/offers"]
        .as_array()
        .unwrap();
    assert!(list.len() > scenarios.len());
    for offer in list {
        let id = offer["id"].as_str().unwrap();
        let path = format!("/api/publishers/contoso/offers/{id}/status");
        let report = reports
            .get(path.as_str())
            .unwrap_or_else(|| panic!("{id} has no status"));
        assert_eq!(offer["status"], report["status"], "{id}");
    }
}
