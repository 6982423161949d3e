//! Tests of `offers`, `status` and `--help` with standard output as a pipe.

use serde_json::Value;

use crate::support::{golden, run, serve, tool};

#[test]
fn offers_prints_a_table_json_json_lines_or_tab_separated_values() {
    let server = serve();
    let offers = run(tool(&server.url()).args(["offers", "--steps"]));
    assert_eq!((offers.code, offers.err.as_str()), (Some(0), ""));
    // The relative time, such as `3 years ago`, depends on the day of the test.
    let words: Vec<_> = offers
        .out
        .lines()
        .map(|line| {
            line.split("  ")
                .filter(|part| !part.contains("UTC"))
                .collect::<Vec<_>>()
                .join("  ")
        })
        .collect();
    golden("offers.txt", &(words.join("\n") + "\n"));
    assert!(
        offers.out.contains("years ago (2022-06-02 12:25 UTC)"),
        "{}",
        offers.out
    );

    let json = run(tool(&server.url()).args(["offers", "--output", "json"]));
    let list: Value = serde_json::from_str(&json.out).expect("JSON");
    let recorded = server_list();
    for (offer, recorded) in list
        .as_array()
        .expect("a list")
        .iter()
        .zip(recorded.as_array().expect("a list"))
    {
        for (name, value) in recorded.as_object().expect("an offer") {
            // In the list, the replay server replaces the status of an offer that has a scenario.
            assert!(
                name == "status" || offer.get(name) == Some(value),
                "{name}: {offer}"
            );
        }
    }

    let lines = run(tool(&server.url()).args(["offers", "-o", "jsonl", "--status", "SUCCEEDED"]));
    let offers: Vec<Value> = lines
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        offers
            .iter()
            .map(|offer| offer["id"].as_str())
            .collect::<Vec<_>>(),
        [Some("firewall")]
    );

    let values = run(tool(&server.url()).args([
        "offers",
        "-o",
        "tsv",
        "--type",
        "microsoft-azure-applications",
    ]));
    let lines: Vec<_> = values.out.lines().collect();
    assert_eq!(lines[0], "id\tname\ttype\tstatus\tchanged");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[1..].iter().all(|line| line.split('\t').count() == 5),
        "{lines:?}"
    );

    let none = run(tool(&server.url()).args(["--publisher", "northwind", "offers"]));
    assert_eq!(
        (none.code, none.out.as_str()),
        (Some(0), "The publisher has no offers.\n")
    );
    let none = run(tool(&server.url()).args(["offers", "--type", "nonsense"]));
    assert_eq!(
        (none.code, none.out.as_str()),
        (Some(0), "The publisher has no such offers.\n")
    );
}

fn server_list() -> Value {
    let path = cloud_partner_recordings::store::root().join("recordings/list/contoso.json");
    let recording: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("a recording")).expect("JSON");
    recording["response"]["body"]["json"].clone()
}

#[test]
fn unknown_properties_and_values_are_printed() {
    let server = serve();
    let json = run(tool(&server.url()).args([
        "--publisher",
        "fabrikam",
        "status",
        "unknown-values",
        "-o",
        "json",
    ]));
    for kept in [
        "pausedByService",
        "cancellationRequestState",
        "publishingVersion",
        "deferred",
    ] {
        assert!(json.out.contains(kept), "{kept} isn't in {}", json.out);
    }
    let docs = run(tool(&server.url()).args([
        "--publisher",
        "contoso-docs",
        "status",
        "059afc24-07de-4126-b004-4e42a51816fe",
        "-o",
        "jsonl",
    ]));
    assert!(
        docs.out.contains("< 15 min") && docs.out.lines().count() == 1,
        "{}",
        docs.out
    );
}

#[test]
fn status_describes_who_must_act() {
    let server = serve();
    for (publisher, offer, file) in [
        ("contoso", "database", "status-failed.txt"),
        ("contoso", "firewall", "status-live.txt"),
        ("contoso", "gateway", "status-go-live.txt"),
        ("contoso", "test-vm", "status-thin.txt"),
        ("fabrikam", "running-hides-failure", "status-blocked.txt"),
        ("fabrikam", "unknown-values", "status-unknown.txt"),
    ] {
        let status = run(tool(&server.url()).args(["--publisher", publisher, "status", offer]));
        assert_eq!((status.code, status.err.as_str()), (Some(0), ""), "{offer}");
        golden(file, &status.out);
    }
    let values = run(tool(&server.url()).args(["status", "database", "-o", "tsv"]));
    assert_eq!(
        values.out.lines().nth(2),
        Some("displaycertify\tCertification\trejected\t60 %\t~2-3 days")
    );
    assert_eq!(
        values.out.lines().last(),
        Some("database\tpublication\tfailed\t\t")
    );
}

#[test]
fn help_fits_in_80_columns_and_has_an_example() {
    for command in [
        &[][..],
        &["offers"],
        &["status"],
        &["watch"],
        &["completions"],
        &["man"],
    ] {
        for flag in ["--help", "-h"] {
            let help = run(tool("http://127.0.0.1:1").args(command).arg(flag));
            assert_eq!(help.code, Some(0));
            let wide: Vec<_> = help
                .out
                .lines()
                .filter(|line| line.chars().count() > 80)
                .collect();
            assert!(wide.is_empty(), "{command:?} {flag}: {wide:?}");
            assert!(
                help.out.contains("Example: cloud-partner"),
                "{command:?}: {}",
                help.out
            );
        }
    }
    let completions = run(tool("").args(["completions", "bash"]));
    assert!(completions.out.contains("cloud-partner") && completions.code == Some(0));
    let man = run(tool("").arg("man"));
    assert!(man.out.contains(".TH cloud-partner") && man.code == Some(0));
}

/// Returns the rows of a table of exit codes, each with its code and meaning.
fn exit_codes<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<(u8, String)> {
    lines
        .filter_map(|line| {
            let (code, meaning) = line.trim_matches([' ', '|']).split_once([' ', '|'])?;
            let meaning = meaning.trim_matches([' ', '|']).replace('`', "");
            Some((code.parse().ok()?, meaning))
        })
        .collect()
}

#[test]
fn help_readme_and_manual_page_show_the_same_exit_codes() {
    let help = run(tool("").arg("--help")).out;
    let expected = exit_codes(help.lines().filter(|line| line.starts_with("  ")));
    assert!(expected.len() > 12 && expected.is_sorted(), "{help}");
    let readme = include_str!("../../../../README.md");
    let rows = readme.lines().filter(|line| line.starts_with('|'));
    assert_eq!(exit_codes(rows), expected, "README.md");
    let watch = run(tool("").args(["watch", "--help"])).out;
    let rows = watch.lines().filter(|line| line.starts_with("  "));
    assert_eq!(exit_codes(rows), expected, "watch --help");
    let man = run(tool("").arg("man")).out;
    for (_, meaning) in &expected {
        let meaning = meaning.replace('-', "\\-").replace('\'', "\\*(Aq");
        assert!(man.contains(&meaning), "{meaning} isn't in {man}");
    }
}
