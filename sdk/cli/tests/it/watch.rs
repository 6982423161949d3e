//! Tests of `cloud-partner watch` with the scenarios of the replay server.

use cloud_partner_recordings::scripted_server::{ScriptedServer, Step};
use serde_json::Value;

use crate::support::{golden, run, serve, tool};

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
        golden(file, &watch.out);
    }
}

#[test]
fn watch_exits_with_the_code_of_the_outcome() {
    let server = serve();
    for (arguments, code, expected) in [
        (&["contoso", "firewall"][..], 0, "the offer is live"),
        (&["contoso", "database"], 3, "publication failed"),
        (&["contoso", "web-portal"], 4, "was canceled"),
        (&["contoso", "gateway"], 5, "waits for its go-live"),
        (&["fabrikam", "running-hides-failure"], 6, "is blocked"),
        (
            &["fabrikam", "unknown-values", "--timeout", "1s"],
            7,
            "still in progress",
        ),
        (
            &["fabrikam", "letter-case", "--timeout", "1s"],
            5,
            "waits for its go-live",
        ),
        // Several offers: the exit code is the worst one.
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
        assert!(watch.out.contains(expected), "{arguments:?}: {}", watch.out);
    }
    let never = run(tool(&server.url()).args(["watch", "test-vm", "--timeout", "1s"]));
    assert!(matches!(never.code, Some(7 | 8)), "{}", never.out);
}

#[test]
fn watch_without_offers_watches_the_whole_publisher() {
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
fn watch_prints_one_json_object_per_change_with_the_report() {
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
fn a_service_that_doesnt_respond_is_reported_before_the_watch_ends() {
    let server = ScriptedServer::scripts(vec![vec![Step::Stall]]);
    for arguments in [&["watch"][..], &["watch", "a"]] {
        let watch = run(tool(&server.url())
            .args(arguments)
            .args(["--timeout", "6s"]));
        assert_eq!(watch.code, Some(12), "{}", watch.err);
        let first = watch.err.lines().next();
        assert_eq!(
            first,
            Some("The service hasn't responded yet; the watch waits for it.")
        );
    }
}
