//! `record`: the values in recordings, and the detection of new recordings.

use std::collections::BTreeMap;
use std::fs;

use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::store;
use serde_json::json;

use crate::common::{self, stdout};
use crate::record_support::{
    assert_no_planted_value, commit, golden, identifiers, live, personal, record_from,
    record_report, scenarios, workspace, written,
};

#[test]
fn rejects_a_recording_with_a_kept_secret_without_printing_it() {
    let root = workspace();
    let server = personal();
    for keep in ["a-planted-token", "me@plantedworks.org"] {
        let more = ["--keep", keep];
        let output = record_from(root.path(), &server, "plantedworks", &more);
        assert_eq!(output.status.code(), Some(1), "{keep}");
        assert_no_planted_value("the output", &common::transcript(&output));
        for (name, text) in written(&live(root.path())) {
            assert_no_planted_value(&name, &text);
        }
        let _ = fs::remove_dir_all(live(root.path()));
    }
    let more = ["--keep", "a-planted-token"];
    golden(
        "record-rejected",
        &record_from(root.path(), &server, "plantedworks", &more),
    );
}

#[test]
fn writes_a_recording_when_a_word_of_the_service_changed() {
    let root = workspace();
    let report = |status: &str| {
        // With so many unknown properties, their order depends on the pseudonyms.
        let unknown: BTreeMap<String, bool> = (0..12)
            .map(|n| (format!("planted{n}"), n % 2 == 0))
            .collect();
        json!({ "status": status, "notificationEmails": "me@plantedworks.org", "extra": unknown })
    };
    for (status, files) in [
        ("running", 1),
        ("running", 1),
        ("succeeded", 2),
        ("running", 2),
    ] {
        let output = record_report(root.path(), &report(status));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            common::transcript(&output)
        );
        let statuses = written(&live(root.path()));
        let reports = statuses
            .keys()
            .filter(|name| name.starts_with("get-offer-status"));
        assert_eq!(reports.count(), files, "{status}");
        commit(root.path());
    }
}

/// The values have the form of pseudonyms, or are the minimum or maximum of 64 bits.
#[test]
fn replaces_values_that_look_like_pseudonyms() {
    let root = workspace();
    let real = json!({
        "status": "running",
        "extra": [1234, 10_042, 100_000_777, "1234", "10042", "offer-4711", "contoso-4712", "id-4713", i64::MIN, u64::MAX],
        "mail": "person-4714@contoso.com",
        "url": "https://host-4715.example.com/id-4716",
        "time": "2001-01-17T09:08:07Z",
        "guid": "00000000-0000-4000-a000-00000000abcd",
        "text": "Sanitised text 4717.",
    });
    let output = record_report(root.path(), &real);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    let files = written(&live(root.path()));
    let text = files
        .iter()
        .find(|(name, _)| name.starts_with("get-offer-status"));
    let (_, text) = text.expect("a recording of the report");
    for real in [
        "1234",
        "10042",
        "100000777",
        "4711",
        "4712",
        "4713",
        "4714",
        "4715",
        "4716",
        "4717",
        "09:08:07",
        "abcd",
        "9223372036854775808",
        "18446744073709551615",
    ] {
        assert!(!text.contains(real), "{real} is in {text}");
    }
}

/// A response that isn't sanitised must not make its values public, even if it is in the folder of the recordings.
#[test]
fn only_the_committed_content_of_recordings_is_public() {
    let root = workspace();
    let server = personal();
    let list = root.path().join("tests/recordings/list/contoso.json");
    let changed = fs::read_to_string(&list)
        .expect("a recording")
        .replace("contoso", "plantedworks");
    fs::write(&list, &changed).expect("a recording");
    fs::write(root.path().join("tests/recordings/list/raw.json"), changed).expect("a file");
    let output = record_from(root.path(), &server, "plantedworks", &[]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    let files = written(&live(root.path()));
    assert_eq!(files.len(), 2);
    for (name, text) in files {
        assert_no_planted_value(&name, &text);
    }
}

#[test]
fn keeps_the_values_of_keep_and_replaces_no_file() {
    let root = workspace();
    let server = personal();
    let folder = live(root.path());
    fs::create_dir_all(&folder).expect("a folder");
    let edited = folder.join("list-offers-contoso-1-200.json");
    let committed = store::root().join("recordings/list/empty.json");
    fs::copy(&committed, &edited).expect("a recording");
    let more = ["--keep", "newMember"];
    let output = record_from(root.path(), &server, "plantedworks", &more);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        common::transcript(&output)
    );
    assert_eq!(
        fs::read_to_string(&edited).expect("a file"),
        fs::read_to_string(&committed).expect("a file")
    );
    let new = fs::read_to_string(folder.join("list-offers-contoso-1-200-2.json"));
    let new = new.expect("another name");
    assert!(new.contains("\"newMember\": \"Sanitised text "), "{new}");
}

/// Without any committed recording, nearly every value is replaced by a pseudonym.
#[test]
fn pseudonyms_are_as_valid_as_the_real_values() {
    let root = workspace();
    let recordings = store::recordings(&store::root().join("recordings"))
        .all()
        .expect("the recordings");
    let server = Replay::new(recordings, scenarios())
        .start()
        .expect("a server");
    for folder in ["recordings", "scenarios"] {
        let folder = root.path().join("tests").join(folder);
        fs::remove_dir_all(&folder).expect("the recordings");
        fs::create_dir(&folder).expect("a folder");
    }
    commit(root.path());
    let output = record_from(root.path(), &server, "contoso", &[]);
    assert_eq!(output.status.code(), Some(0));
    let valid = common::run_in_workspace(root.path(), &["validate"]);
    assert_eq!(valid.status.code(), Some(0), "{}", stdout(&valid));

    let files = written(&live(root.path()));
    let (lists, reports): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|(name, _)| name.starts_with("list-offers-"));
    assert_eq!((lists.len(), reports.len()), (1, 8));
    for (name, text) in reports {
        let report: Recording = serde_json::from_str(&text).expect("a recording");
        let offer = identifiers(&report).1.expect("an offer");
        assert!(
            lists[0].1.contains(&format!("\"id\": \"{offer}\"")),
            "{name}"
        );
    }
}

#[test]
fn writes_valid_recordings_and_no_file_for_unchanged_responses() {
    let root = workspace();
    let server = personal();
    let output = record_from(root.path(), &server, "plantedworks", &[]);
    golden("record", &output);
    let folder = live(root.path());
    let first = written(&folder);
    assert_eq!(first.len(), 2);
    for (name, text) in &first {
        assert_no_planted_value(name, text);
        assert!(text.contains("isn't the live service"), "{text}");
    }
    let valid = common::run_in_workspace(root.path(), &["validate", "tests/recordings/live"]);
    assert_eq!(valid.status.code(), Some(0), "{}", stdout(&valid));

    golden(
        "record-unchanged",
        &record_from(root.path(), &server, "plantedworks", &[]),
    );
    assert_eq!(written(&folder), first);

    // After the commit, the pseudonyms are public values, so the next run uses other pseudonyms.
    commit(root.path());
    golden(
        "record-unchanged",
        &record_from(root.path(), &server, "plantedworks", &[]),
    );
    assert_eq!(written(&folder), first);
}
