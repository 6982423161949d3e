//! The command-line tool as a user runs it, in a pipe: output, exit codes, errors.

use crate::support::{TOKEN, golden, run, serve, tool, without_times};
use serde_json::Value;

#[test]
fn offers_are_a_table_json_lines_or_values() {
    let server = serve();
    let offers = run(tool(&server.url()).args(["offers", "--steps"]));
    assert_eq!((offers.code, offers.err.as_str()), (Some(0), ""));
    // The words for how long ago change with the day; the time in UTC doesn't.
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
            // The replay server shows a scenario's own status in the list.
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
    let path = cloud_partner_recordings::library::home().join("recordings/list/contoso.json");
    let recording: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("a recording")).expect("JSON");
    recording["response"]["body"]["json"].clone()
}

#[test]
fn members_and_values_that_nobody_knows_are_kept_and_readable() {
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
fn a_status_says_who_must_act() {
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
fn watch_ends_with_the_outcome_of_each_scenario() {
    for (arguments, code, file) in [
        (&["linux-vm"][..], 5, "watch-go-live.txt"),
        (&["linux-vm", "--until", "live"], 0, "watch-live.txt"),
        (&["windows-vm"], 6, "watch-blocked.txt"),
        (&["backup-app"], 4, "watch-canceled.txt"),
    ] {
        let server = serve();
        let watch = run(tool(&server.url())
            .args(["watch", "--interval", "5ms"])
            .args(arguments));
        assert_eq!(
            (watch.code, watch.err.as_str()),
            (Some(code), ""),
            "{arguments:?}"
        );
        golden(file, &without_times(&watch.out));
    }
}

#[test]
fn watch_has_an_exit_code_for_each_end() {
    let server = serve();
    for (arguments, code, said) in [
        (&["contoso", "firewall"][..], 0, "the offer is live"),
        (&["contoso", "database"], 3, "publication failed"),
        (&["contoso", "web-portal"], 4, "was canceled"),
        (&["contoso", "gateway"], 5, "waits for its go-live"),
        (&["fabrikam", "running-hides-failure"], 6, "is blocked"),
        (
            &["fabrikam", "unknown-values", "--timeout", "50ms"],
            7,
            "still in progress",
        ),
        (
            &["fabrikam", "letter-case", "--timeout", "50ms"],
            5,
            "waits for its go-live",
        ),
        // The worst of several.
        (
            &["contoso", "firewall", "database", "gateway"],
            3,
            "publication failed",
        ),
        (
            &["contoso", "firewall", "no-such-offer"],
            10,
            "the offer is live",
        ),
    ] {
        let (publisher, offers) = arguments.split_first().expect("a publisher");
        let watch = run(tool(&server.url())
            .args(["--publisher", publisher, "watch", "--interval", "5ms"])
            .args(offers));
        assert_eq!(
            watch.code,
            Some(code),
            "{arguments:?}: {}{}",
            watch.out,
            watch.err
        );
        assert!(watch.out.contains(said), "{arguments:?}: {}", watch.out);
    }
    let never = run(tool(&server.url()).args(["watch", "test-vm", "--timeout", "50ms"]));
    assert!(matches!(never.code, Some(7 | 8)), "{}", never.out);
}

#[test]
fn watch_without_offers_follows_the_whole_publisher() {
    let server = serve();
    let watch = run(tool(&server.url()).args(["watch", "--interval", "5ms", "-o", "jsonl"]));
    let events: Vec<Value> = watch
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let ends: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "ended")
        .map(|event| {
            (
                event["offer"].as_str().unwrap_or_default(),
                event["outcome"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert!(
        ends.contains(&("windows-vm", "blocked")) && ends.contains(&("gateway", "awaitingGoLive")),
        "{ends:?}"
    );
    assert_eq!(watch.code, Some(6), "{}", watch.err);

    let none = run(tool(&server.url()).args(["--publisher", "northwind", "watch"]));
    assert_eq!(
        (none.code, none.out.as_str()),
        (Some(8), "No offer of northwind is in flight.\n")
    );
    let none = run(tool(&server.url()).args(["--publisher", "northwind", "watch", "--allow-none"]));
    assert_eq!(none.code, Some(0));
}

#[test]
fn watch_gives_programs_one_object_per_change_with_what_the_service_sent() {
    let server = serve();
    let watch =
        run(tool(&server.url()).args(["watch", "linux-vm", "--interval", "5ms", "-o", "json"]));
    let events: Vec<Value> = watch
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let (last, changes) = events.split_last().expect("events");
    assert!(
        changes.len() >= 7 && changes.iter().all(|event| event["event"] == "changed"),
        "{}",
        watch.out
    );
    assert!(
        changes
            .iter()
            .all(|event| event["report"]["steps"].is_array()),
        "{}",
        watch.out
    );
    assert!(
        changes[1]["changedSteps"][0]["status"].is_string()
            && changes[1]["correlationId"].is_string()
    );
    assert_eq!(last["outcome"], "awaitingGoLive");
}

#[test]
fn errors_say_what_why_and_what_to_do() {
    let server = serve();
    let url = server.url();
    let errors = [
        (
            "forbidden",
            run(tool(&url).args(["--publisher", "nobody", "offers"])),
            11,
        ),
        (
            "unknown-offer",
            run(tool(&url).args(["status", "no-such-offer"])),
            10,
        ),
        (
            "watch-unknown-offer",
            run(tool(&url).args(["watch", "no-such-offer"])),
            10,
        ),
        (
            "wrong-token",
            run(tool(&url).env("AZURE_TOKEN", "wrong").arg("offers")),
            11,
        ),
        (
            "dead-endpoint",
            run(tool("http://127.0.0.1:1").args(["watch", "linux-vm", "--timeout", "50ms"])),
            12,
        ),
        (
            "plain-http",
            run(tool("http://example.com").arg("offers")),
            2,
        ),
        (
            "bad-id",
            run(tool(&url).args(["--publisher", "../x", "offers"])),
            2,
        ),
        (
            "no-publisher",
            run(tool(&url)
                .env_remove("CLOUD_PARTNER_PUBLISHER")
                .arg("offers")),
            2,
        ),
        (
            "bad-flag",
            run(tool(&url).args(["offers", "--nonsense"])),
            2,
        ),
        (
            "bad-time",
            run(tool(&url).args(["watch", "--timeout", "soon"])),
            2,
        ),
        (
            "half-a-principal",
            run(tool(&url)
                .env_remove("AZURE_TOKEN")
                .env("AZURE_CLIENT_ID", "a")
                .env("PATH", "")
                .arg("offers")),
            11,
        ),
        (
            "token-with-a-break",
            run(tool(&url).env("AZURE_TOKEN", "a\nb").arg("offers")),
            2,
        ),
        (
            "no-token-file",
            run(tool(&url).args(["--token-file", "/nonexistent/token", "offers"])),
            2,
        ),
        (
            "not-logged-in",
            run(tool(&url)
                .env_remove("AZURE_TOKEN")
                .env("PATH", "")
                .arg("offers")),
            11,
        ),
    ];
    let mut said = Vec::new();
    for (name, error, code) in errors {
        assert_eq!(error.code, Some(code), "{name}: {}{}", error.out, error.err);
        // The replay server counts its answers, and the tests run in any order.
        let text: Vec<_> = [error.out, error.err]
            .iter()
            .flat_map(|text| text.lines())
            .map(|line| without_ids(&without_times(line)))
            .collect();
        said.push(format!("# {name}: exit code {code}\n{}\n", text.concat()));
    }
    golden("errors.txt", &said.concat());
}

/// A pipeline may set `AZURE_CLIENT_ID` and `AZURE_TENANT_ID` for its own login.
#[test]
fn an_incomplete_service_principal_does_not_hide_a_token() {
    let server = serve();
    let mut tool = tool(&server.url());
    tool.env("AZURE_CLIENT_ID", "a").env("AZURE_TENANT_ID", "b");
    let offers = run(tool.arg("offers"));
    assert_eq!(offers.code, Some(0), "{}", offers.err);
}

fn without_ids(line: &str) -> String {
    match line.find("00000000-0000-4000-8000-") {
        Some(start) => format!("{}ID{}", &line[..start], &line[start + 36..]),
        None => line.to_owned(),
    }
}

#[test]
fn a_token_can_come_from_a_file_and_is_never_shown() {
    let server = serve();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("{TOKEN}\n")).expect("a token");
    let mut command = tool(&server.url());
    command
        .env_remove("AZURE_TOKEN")
        .arg("--token-file")
        .arg(file.path());
    let verbose = run(command.args(["--verbose", "status", "firewall"]));
    assert_eq!(verbose.code, Some(0), "{}", verbose.err);
    for expected in [
        "getOfferStatus",
        "attempt=1",
        "status=200",
        "correlation_id=",
    ] {
        assert!(
            verbose.err.contains(expected),
            "{expected} isn't in {}",
            verbose.err
        );
    }
}

#[test]
fn help_fits_and_has_an_example() {
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

/// The rows of a table of exit codes: code and meaning.
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
