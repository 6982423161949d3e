//! The reader: what it finds, and what it says when it can't.

use std::{collections::BTreeMap, fs, path::Path};

use cloud_partner_recordings::{
    library::{self, Stored},
    recording::{Body, Recording},
    sample::many_offers,
};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with these files in it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// A recording of this path.
fn asking(path: &str) -> String {
    let mut recording = many_offers(0);
    path.clone_into(&mut recording.request.path);
    recording.to_text()
}

/// What the reader says, without the folder's own name.
fn said(folder: &Path, error: &library::Error) -> String {
    error
        .to_string()
        .replace(&format!("{}/", folder.display()), "")
        .replace(&folder.display().to_string(), ".")
}

#[test]
fn finds_recordings_in_folders_below_sorted_and_nothing_else() {
    let folder = folder(&[
        ("b.json", &asking("/b")),
        ("a/z.json", &asking("/az")),
        ("a/a/a.json", &asking("/aaa")),
        ("readme.md", "not a recording"),
    ]);
    let found = library::recordings(folder.path()).all().unwrap();
    let paths: Vec<_> = found
        .iter()
        .map(|stored| stored.recording.request.path.as_str())
        .collect();
    assert_eq!(paths, ["/aaa", "/az", "/b"]);
    assert_eq!(found[2].file, folder.path().join("b.json"));
}

#[test]
fn a_recording_is_read_and_written_without_loss() {
    let folder = folder(&[("many.json", &many_offers(50).to_text())]);
    let stored = library::recording(&folder.path().join("many.json")).unwrap();
    assert_eq!(Recording::from(stored), many_offers(50));
}

#[test]
fn says_where_and_what() {
    let good = asking("/x");
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    for (text, message) in [
        (String::new(), "x.json:1:1: EOF while parsing a value"),
        ("{\n  oops".to_owned(), "x.json:2:3: key must be a string"),
        (format!("{good}{{}}"), "x.json:25:1: trailing characters"),
        (
            format!("\u{feff}{good}"),
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
            "x.json:8:19: method \"get\" is not a word in capitals",
        ),
        (
            with("200", "99"),
            "x.json:15:16: status 99 is not between 200 and 599",
        ),
        (
            with("\"content-type\"", "\"Content-Type\""),
            "x.json:19:5: \"Content-Type\" is not a header's name in lower case",
        ),
        (
            with("charset=utf-8", "charset=\\n"),
            "x.json:19:5: the header \"content-type\" has a value that HTTP doesn't allow",
        ),
        (
            with("\"content-type\"", "\"content-length\""),
            "x.json:19:5: the header \"content-length\" follows from the body and is not recorded",
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
        let error = library::recording(&folder.path().join("x.json")).unwrap_err();
        assert_eq!(said(folder.path(), &error), message);
    }

    let folder = folder(&[]);
    let file = folder.path().join("x.json");
    let mut bytes = good.into_bytes();
    bytes[10] = 0xff;
    fs::write(&file, bytes).unwrap();
    let error = library::recording(&file).unwrap_err();
    assert_eq!(said(folder.path(), &error), "x.json:2:9: not UTF-8");
}

#[test]
fn what_is_missing_is_named() {
    let folder = folder(&[]);
    let missing = folder.path().join("missing");
    let one = library::recording(&missing).unwrap_err();
    let many = library::recordings(&missing).all().unwrap_err();
    let scenarios = library::scenarios(&missing).all().unwrap_err();
    for error in [one, many, scenarios] {
        let said = said(folder.path(), &error);
        assert!(said.starts_with("missing: cannot be read: "), "{said}");
    }
}

#[test]
fn one_error_hides_neither_another_nor_what_is_good() {
    let folder = folder(&[
        ("a.json", "{"),
        ("b.json", &asking("/b")),
        ("e.json", "3"),
        ("d.json", &asking("/b")),
    ]);
    let loaded = library::recordings(folder.path());
    let errors: Vec<_> = loaded
        .errors
        .iter()
        .map(|error| said(folder.path(), error))
        .collect();
    assert_eq!(
        errors,
        [
            "a.json:1:1: EOF while parsing an object",
            "d.json: asks the same as b.json: GET /b?api-version=2017-10-31",
            "e.json:1:1: invalid type: integer `3`, expected struct Recording",
        ]
    );
    assert_eq!(loaded.found.len(), 2);
}

#[test]
fn the_same_path_with_another_query_is_another_request() {
    let other = asking("/b").replace("2017-10-31", "2016-08-01-preview");
    let folder = folder(&[("a.json", &asking("/b")), ("b.json", &other)]);
    assert_eq!(library::recordings(folder.path()).all().unwrap().len(), 2);
}

#[test]
fn a_scenario_is_a_folder_in_order() {
    let folder = folder(&[
        ("second/1.json", &asking("/b")),
        ("first/02.json", &asking("/a")),
        (
            "first/01.json",
            &asking("/a").replace("A list", "The first"),
        ),
        ("first/10.json", &asking("/a")),
        ("readme.md", "not a scenario"),
    ]);
    let scenarios = library::scenarios(folder.path()).all().unwrap();
    let names: Vec<_> = scenarios
        .iter()
        .map(|s| (s.name.as_str(), s.answers.len()))
        .collect();
    assert_eq!(names, [("first", 3), ("second", 1)]);
    let first = &scenarios[0].answers[0].recording;
    assert!(first.description.starts_with("The first"));
}

#[test]
fn a_scenario_must_have_answers_to_one_request() {
    let folder = folder(&[
        ("empty/readme.md", ""),
        ("mixed/1.json", &asking("/a")),
        ("mixed/2.json", &asking("/b")),
        ("unreadable/1.json", ""),
    ]);
    let loaded = library::scenarios(folder.path());
    let errors: Vec<_> = loaded
        .errors
        .iter()
        .map(|error| said(folder.path(), error))
        .collect();
    assert_eq!(
        errors,
        [
            "empty: a scenario without answers",
            "mixed/2.json: asks something else than mixed/1.json: GET /a?api-version=2017-10-31",
            "unreadable/1.json:1:1: EOF while parsing a value",
        ]
    );
}

/// A folder of recordings that are linked in a circle must not be read for ever.
#[cfg(unix)]
#[test]
fn a_link_to_a_folder_is_not_followed() {
    let folder = folder(&[("a/x.json", &asking("/x"))]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
    assert_eq!(library::recordings(folder.path()).all().unwrap().len(), 1);
}

#[test]
fn the_scenarios_are_long_enough_and_end() {
    let scenarios = library::scenarios(&library::home().join("scenarios"))
        .all()
        .unwrap();
    let status = |stored: &Stored| match &stored.recording.response.body {
        Some(Body::Json(report)) => report["status"].as_str().unwrap().to_owned(),
        _ => panic!("{} has no report", stored.file.display()),
    };
    let ends: BTreeMap<_, _> = scenarios
        .iter()
        .map(|scenario| {
            assert!(scenario.answers.len() >= 8, "{}", scenario.name);
            let (last, before) = scenario.answers.split_last().unwrap();
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

/// Whoever lists the offers of `contoso` can ask for the status of each, and the two agree.
#[test]
fn every_offer_of_contoso_has_a_status_that_agrees_with_the_list() {
    let home = library::home();
    let recordings = library::recordings(&home.join("recordings")).all().unwrap();
    let scenarios = library::scenarios(&home.join("scenarios")).all().unwrap();
    let firsts = scenarios.iter().map(|scenario| &scenario.answers[0]);
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
