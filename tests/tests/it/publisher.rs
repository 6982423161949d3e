//! Watching all offers of a publisher: how many requests it takes, and what is told of each offer.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::support::outcome::guarded;
use crate::support::raw::Step::{Reset, Stall, Wait};
use crate::support::raw::{Asked, Raw, Step, answer, json as ok};
use cloud_partner_portal::{Error, Outcome, PublisherEvent, PublisherWatch};
use serde_json::{Value, json};

const OFTEN: Duration = Duration::from_millis(1);

/// What a publisher's offers look like in each interval. An interval begins with its list; the last one goes on for ever.
struct Publisher {
    lists: Vec<Vec<Step>>,
    status: Box<Status>,
}

/// What is answered when the status of an offer is asked in an interval.
type Status = dyn Fn(&str, usize) -> Vec<Step> + Send + Sync;

struct Service {
    server: Raw,
    /// For each interval, the offers whose status was asked.
    asked: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Service {
    fn start(publisher: Publisher) -> Self {
        let asked = Arc::new(Mutex::new(Vec::<Vec<String>>::new()));
        let log = Arc::clone(&asked);
        let server = Raw::start(move |request: &Asked| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            let path = request.target.split('?').next().unwrap_or_default();
            match path.split('/').collect::<Vec<_>>()[..] {
                ["", "api", "publishers", "contoso", "offers"] => {
                    log.push(Vec::new());
                    let interval = log.len().min(publisher.lists.len());
                    publisher.lists[interval - 1].clone()
                }
                [
                    "",
                    "api",
                    "publishers",
                    "contoso",
                    "offers",
                    offer,
                    "status",
                ] => {
                    let interval = log.len();
                    if let Some(asked) = log.last_mut() {
                        asked.push(offer.to_owned());
                    }
                    (publisher.status)(offer, interval.min(publisher.lists.len()) - 1)
                }
                _ => panic!("{path} isn't a path of the contract"),
            }
        });
        Self { server, asked }
    }

    fn asked(&self) -> MutexGuard<'_, Vec<Vec<String>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked in each interval, in alphabetical order, as the order in an interval is nobody's.
    fn asked_in_order(&self) -> Vec<String> {
        self.asked()
            .iter()
            .map(|offers| {
                let mut offers = offers.clone();
                offers.sort();
                offers.join(" ")
            })
            .collect()
    }

    fn watch(&self) -> PublisherWatch {
        crate::support::client(self.server.url())
            .watch_publisher("contoso")
            .expect("a good identifier")
            .interval(OFTEN)
    }
}

/// A list of offers with these ids and statuses.
fn list(offers: &[(&str, &str)]) -> Vec<Step> {
    let offers = offers
        .iter()
        .map(|(id, status)| json!({"id": id, "status": status}));
    ok(offers.collect::<Value>().to_string())
}

fn status(status: &str) -> Vec<Step> {
    ok(json!({"status": status}).to_string())
}

/// The offers have the status that these rows give them, interval by interval; a number is a failure with this HTTP status,
/// and `reset` a connection that breaks.
fn table(
    lists: Vec<Vec<Step>>,
    rows: &'static [(&'static str, &'static [&'static str])],
) -> Service {
    Service::start(Publisher {
        lists,
        status: Box::new(move |offer, interval| {
            let (_, row) = rows
                .iter()
                .find(|(id, _)| *id == offer)
                .unwrap_or_else(|| panic!("{offer} was asked"));
            let now = row[interval.min(row.len() - 1)];
            match now.parse() {
                Ok(failure) => answer(failure, &[], ""),
                Err(_) if now == "reset" => vec![Reset],
                Err(_) => status(now),
            }
        }),
    })
}

fn tell(event: &Result<PublisherEvent, Error>) -> String {
    match event {
        Ok(PublisherEvent::Listed { offers, asked, .. }) => {
            format!("{offers} offers, {asked} asked")
        }
        Ok(PublisherEvent::Changed { offer, change, .. }) => {
            format!("{offer} {}", change.report.status)
        }
        Ok(PublisherEvent::PollFailed { offer, error, .. }) => {
            let offer = offer.as_deref().unwrap_or("list");
            format!("{offer} failed: {:?}", error.status())
        }
        Ok(PublisherEvent::Ended(ended)) => {
            let outcomes = ended.outcomes.iter();
            let outcomes: Vec<_> = outcomes
                .map(|(offer, outcome)| format!("{offer} {outcome}"))
                .collect();
            format!("ended: {}", outcomes.join(", "))
        }
        Ok(other) => panic!("{other:?} is new"),
        Err(error) => format!("error: {:?}", error.status()),
    }
}

/// All events, those of an interval in one line and in alphabetical order.
async fn events(mut watch: PublisherWatch) -> Vec<String> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    while let Some(event) = guarded("watch", watch.next_event()).await {
        let told = tell(&event);
        let alone = !matches!(
            &event,
            Ok(PublisherEvent::Changed { .. } | PublisherEvent::PollFailed { offer: Some(_), .. })
        );
        match lines.last_mut() {
            Some(line) if !alone => line.push(told),
            _ => lines.push(vec![told]),
        }
        assert!(lines.len() < 2000, "it doesn't end: {:?}", lines.last());
    }
    assert!(
        watch.next_event().await.is_none(),
        "it goes on after its end"
    );
    lines
        .into_iter()
        .map(|mut line| {
            line[1..].sort();
            line.join("; ")
        })
        .collect()
}

const OFFERS: usize = 10_000;
const IN_FLIGHT: usize = 50;

/// A list of many offers, of which every 200th is in flight.
fn many_offers() -> Vec<u8> {
    let recording = cloud_partner_recordings::sample::many_offers(OFFERS);
    let Some(cloud_partner_recordings::recording::Body::Json(Value::Array(mut offers))) =
        recording.response.body
    else {
        panic!("it is a list");
    };
    for (number, offer) in offers.iter_mut().enumerate() {
        let in_flight = number % (OFFERS / IN_FLIGHT) == 0;
        offer["status"] = json!(if in_flight { "running" } else { "succeeded" });
    }
    Value::Array(offers).to_string().into()
}

#[tokio::test]
async fn ten_thousand_offers_take_a_request_for_each_that_is_in_flight() {
    let intervals = 4;
    let body = ok(many_offers());
    let service = Service::start(Publisher {
        lists: vec![body; intervals],
        status: Box::new(move |_, interval| {
            let now = if interval + 1 < intervals {
                "running"
            } else {
                "succeeded"
            };
            // Long enough to see how many are asked at once.
            [vec![Wait(Duration::from_millis(10))], status(now)].concat()
        }),
    });
    let mut watch = service.watch();
    let mut outcomes = BTreeMap::new();
    let mut changes = 0;
    while let Some(event) = guarded("watch", watch.next_event()).await {
        match event.expect("no error") {
            PublisherEvent::Listed { offers, asked, .. } => {
                assert_eq!((offers, asked), (OFFERS, IN_FLIGHT));
            }
            PublisherEvent::Changed { .. } => changes += 1,
            PublisherEvent::Ended(ended) => outcomes = ended.outcomes,
            other => panic!("{other:?}"),
        }
    }
    let asked = service.asked();
    assert_eq!(asked.len(), intervals);
    for offers in asked.iter() {
        assert_eq!(offers.len(), IN_FLIGHT);
        assert_eq!(offers.iter().collect::<BTreeSet<_>>().len(), IN_FLIGHT);
    }
    println!(
        "{OFFERS} offers of which {IN_FLIGHT} are in flight: {} requests per interval, {} at once at most",
        asked[0].len() + 1,
        service.server.most_at_once()
    );
    assert_eq!(service.server.asked().len(), intervals * (IN_FLIGHT + 1));
    assert!((2..=8).contains(&service.server.most_at_once()));
    // Each was running, and then succeeded.
    assert_eq!(changes, 2 * IN_FLIGHT);
    assert_eq!(outcomes.len(), IN_FLIGHT);
    assert!(
        outcomes
            .values()
            .all(|outcome| *outcome == Outcome::Succeeded)
    );
}

/// In a process of its own, where nothing else takes memory.
#[test]
fn memory_per_offer() {
    let tests = std::env::current_exe().expect("this program");
    let alone = Command::new(tests)
        .args([
            "--exact",
            "publisher::memory_per_offer_alone",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .expect("it starts again");
    let said = String::from_utf8_lossy(&alone.stdout);
    assert!(alone.status.success(), "{said}");
    let line = said.lines().find(|line| line.starts_with("about"));
    println!("{}", line.expect("the figure"));
}

/// What is kept of each offer between two lists. Many watches at once, because what one list takes while it is read is more.
#[tokio::test]
#[ignore = "the test above runs it alone"]
async fn memory_per_offer_alone() {
    let (first, watches) = (3, 30);
    let ids: Vec<_> = (0..OFFERS)
        .map(|number| format!("backup-{number:06}"))
        .collect();
    let offers: Vec<_> = ids.iter().map(|id| (id.as_str(), "succeeded")).collect();
    let service = table(vec![list(&offers)], &[]);
    let mut kept = Vec::new();
    let mut before = 0;
    for number in 0..first + watches {
        // What the first ones take to read their lists, the others use again.
        if number == first {
            before = resident();
        }
        let mut watch = service.watch();
        let listed = guarded("list", watch.next_event()).await;
        assert!(matches!(
            listed,
            Some(Ok(PublisherEvent::Listed { offers: OFFERS, .. }))
        ));
        kept.push(watch);
    }
    let bytes = resident().saturating_sub(before) / (watches * OFFERS);
    println!("about {bytes} bytes are kept of each offer");
    assert!(bytes < 1000, "{bytes} bytes");
}

/// The bytes of this process that are in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}

#[tokio::test]
async fn each_offer_is_told_of_until_all_have_an_outcome() {
    let lists = vec![
        list(&[
            ("a", "running"),
            ("b", "succeeded"),
            ("c", "waitingForPublisherReview"),
            ("d", "failed"),
        ]),
        list(&[
            ("a", "running"),
            ("b", "succeeded"),
            ("c", "waitingForPublisherReview"),
            ("d", "failed"),
        ]),
        list(&[
            ("a", "running"),
            ("b", "succeeded"),
            ("c", "succeeded"),
            ("d", "failed"),
        ]),
        list(&[
            ("a", "failed"),
            ("b", "succeeded"),
            ("c", "succeeded"),
            ("d", "failed"),
        ]),
    ];
    let service = table(
        lists,
        &[
            ("a", &["running", "running", "notStarted", "failed"]),
            ("c", &["running", "waitingForPublisherReview", "succeeded"]),
        ],
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "4 offers, 2 asked; a running; c running",
            "4 offers, 2 asked; c waitingForPublisherReview",
            "4 offers, 2 asked; a notStarted; c succeeded",
            "4 offers, 1 asked; a failed",
            "ended: a failed, c succeeded",
        ]
    );
    assert_eq!(service.asked_in_order(), ["a c", "a c", "a c", "a"]);
}

#[tokio::test]
async fn without_an_offer_in_flight_it_ends_with_the_first_list() {
    for offers in [
        &[][..],
        &[
            ("a", "succeeded"),
            ("b", "neverPublished"),
            ("c", "notStarted"),
        ],
    ] {
        let service = table(vec![list(offers)], &[]);
        let listed = format!("{} offers, 0 asked", offers.len());
        assert_eq!(events(service.watch()).await, [listed.as_str(), "ended: "]);
        assert_eq!(service.server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_changed_offer_costs_one_more_request() {
    let offer = json!({"id": "b", "status": "succeeded", "version": 1, "changedTime": "2024-01-01T00:00:00"});
    for (name, member, value, asked) in [
        ("version", "version", json!(2), true),
        ("time", "changedTime", json!("2024-01-02T00:00:00"), true),
        ("status", "status", json!("failed"), true),
        ("version gone", "version", Value::Null, true),
        ("letter case", "status", json!("Succeeded"), false),
        ("text", "definition", json!({"displayText": "new"}), false),
        ("nothing", "version", json!(1), false),
    ] {
        let list =
            |offer: &Value, a: &str| ok(json!([{"id": "a", "status": a}, offer]).to_string());
        let mut changed = offer.clone();
        changed[member] = value;
        let service = table(
            vec![
                list(&offer, "running"),
                list(&offer, "running"),
                list(&changed, "running"),
                list(&changed, "running"),
                list(&changed, "succeeded"),
            ],
            &[
                (
                    "a",
                    &["running", "running", "running", "running", "succeeded"],
                ),
                ("b", &["succeeded"]),
            ],
        );
        let told = events(service.watch()).await;
        let more = if asked { "a b" } else { "a" };
        assert_eq!(
            service.asked_in_order(),
            ["a", "a", more, "a", "a"],
            "{name}"
        );
        assert_eq!(told[2].contains("b succeeded"), asked, "{name}: {told:?}");
        // It never was in flight, so it has no outcome.
        assert_eq!(
            told.last().map(String::as_str),
            Some("ended: a succeeded"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_offer_that_is_new_is_asked_once() {
    let service = table(
        vec![
            list(&[("a", "running")]),
            list(&[("a", "running"), ("b", "neverPublished")]),
            list(&[("a", "running"), ("b", "neverPublished")]),
            list(&[("a", "succeeded"), ("b", "neverPublished")]),
        ],
        &[
            ("a", &["running", "running", "running", "succeeded"]),
            ("b", &["neverPublished"]),
        ],
    );
    events(service.watch()).await;
    assert_eq!(service.asked_in_order(), ["a", "a b", "a", "a"]);
}

#[tokio::test]
async fn an_offer_that_vanishes_is_asked_until_that_is_known() {
    let both = || list(&[("a", "running"), ("b", "running")]);
    let one = || list(&[("a", "running")]);
    for (b, told, asked) in [
        // The service doesn't know it any more.
        (
            &["running", "404"] as &'static [&'static str],
            vec![
                "2 offers, 2 asked; a running; b running",
                "1 offers, 2 asked; b failed: Some(404)",
                "1 offers, 1 asked; a succeeded",
                "ended: a succeeded",
            ],
            vec!["a b", "a b", "a"],
        ),
        // The service knows how it ended.
        (
            &["running", "500", "failed"],
            vec![
                "2 offers, 2 asked; a running; b running",
                "1 offers, 2 asked; b failed: Some(500)",
                "1 offers, 2 asked; a succeeded; b failed",
                "ended: a succeeded, b failed",
            ],
            vec!["a b", "a b", "a b"],
        ),
    ] {
        let rows: &'static [_] = vec![
            ("a", &["running", "running", "succeeded"] as &'static [_]),
            ("b", b),
        ]
        .leak();
        let service = table(vec![both(), one(), one()], rows);
        assert_eq!(events(service.watch()).await, told);
        assert_eq!(service.asked_in_order(), asked);
    }
}

#[tokio::test]
async fn a_status_that_cant_be_had_doesnt_stop_the_others() {
    let lists = || {
        vec![
            list(&[("a", "running"), ("b", "running"), (".c", "running")]),
            list(&[("a", "running"), ("b", "running"), (".c", "running")]),
            list(&[("a", "succeeded"), ("b", "running"), (".c", "running")]),
        ]
    };
    let a: (&str, &[&str]) = ("a", &["running", "running", "succeeded"]);
    for (b, failed) in [
        (&["404"] as &'static [&'static str], "b failed: Some(404)"),
        (&["403"], "b failed: Some(403)"),
    ] {
        let service = table(lists(), vec![a, ("b", b)].leak());
        // An id that can't be sent is one that no status can be had for.
        let first = format!("3 offers, 3 asked; .c failed: None; a running; {failed}");
        let second = format!("3 offers, 3 asked; .c failed: None; {failed}");
        let third = format!("3 offers, 3 asked; .c failed: None; a succeeded; {failed}");
        assert_eq!(
            events(service.watch()).await,
            [first.as_str(), &second, &third, "ended: a succeeded"]
        );
        assert_eq!(service.asked_in_order(), ["a b", "a b", "a b"]);
    }
}

/// An offer that ended while its status couldn't be had isn't forgotten.
#[tokio::test]
async fn what_fails_for_a_while_is_asked_again() {
    let service = table(
        vec![
            list(&[("a", "running")]),
            list(&[("a", "succeeded")]),
            list(&[("a", "succeeded")]),
            list(&[("a", "succeeded")]),
        ],
        &[("a", &["503", "reset", "500", "succeeded"])],
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "1 offers, 1 asked; a failed: Some(503)",
            "1 offers, 1 asked; a failed: None",
            "1 offers, 1 asked; a failed: Some(500)",
            "1 offers, 1 asked; a succeeded",
            "ended: a succeeded",
        ]
    );
}

#[tokio::test]
async fn lists_that_fail_are_told_of() {
    let service = table(
        vec![
            answer(503, &[], ""),
            list(&[("a", "running")]),
            vec![Reset],
            list(&[("a", "succeeded")]),
        ],
        &[("a", &["running", "running", "running", "succeeded"])],
    );
    assert_eq!(
        events(service.watch()).await,
        [
            "list failed: Some(503)",
            "1 offers, 1 asked; a running",
            "list failed: None",
            "1 offers, 1 asked; a succeeded",
            "ended: a succeeded",
        ]
    );
    let html = [("content-type", "text/html")];
    for (status, list) in [
        (403, answer(403, &[], "")),
        (404, answer(404, &[], "")),
        (401, answer(401, &[], "")),
        (200, answer(200, &html, "<html>")),
    ] {
        let service = table(vec![list], &[]);
        assert_eq!(
            events(service.watch()).await,
            [format!("error: Some({status})")]
        );
        assert_eq!(service.server.asked().len(), 1);
    }
}

#[tokio::test]
async fn go_live_is_awaited_only_when_told() {
    let service = || {
        table(
            vec![
                list(&[("a", "running")]),
                list(&[("a", "running")]),
                list(&[("a", "succeeded")]),
            ],
            &[("a", &["waitingForPublisherReview", "running", "succeeded"])],
        )
    };
    assert_eq!(
        events(service().watch()).await,
        [
            "1 offers, 1 asked; a waitingForPublisherReview",
            "ended: a waiting for go-live"
        ]
    );
    assert_eq!(
        events(service().watch().until_live()).await,
        [
            "1 offers, 1 asked; a waitingForPublisherReview",
            "1 offers, 1 asked; a running",
            "1 offers, 1 asked; a succeeded",
            "ended: a succeeded",
        ]
    );
}

#[tokio::test]
async fn a_deadline_is_the_outcome_of_what_has_none() {
    let deadline = Duration::from_millis(500);
    let offers = || list(&[("a", "running"), ("b", "running")]);
    // The statuses stall, or the second list does, or all goes on for ever.
    for (name, lists, a) in [
        ("status", vec![offers()], vec![Stall]),
        ("list", vec![offers(), vec![Stall]], status("running")),
        ("neither", vec![offers()], status("running")),
    ] {
        let service = Service::start(Publisher {
            lists,
            status: Box::new(move |offer, _| {
                if offer == "a" {
                    return a.clone();
                }
                status("failed")
            }),
        });
        let told = events(service.watch().deadline(deadline)).await;
        assert_eq!(
            told.last().map(String::as_str),
            Some("ended: a deadline, b failed"),
            "{name}"
        );
        guarded(name, async {
            while service.server.under_way() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
    let service = table(vec![vec![Stall]], &[]);
    assert_eq!(
        events(service.watch().deadline(deadline)).await,
        ["ended: "]
    );
}

#[tokio::test]
async fn the_service_says_when_to_list_next() {
    let later = [("retry-after", "1")];
    let running = r#"[{"id":"a","status":"running"}]"#;
    let report = r#"{"status":"running"}"#;
    let rows: Vec<_> = [
        ("list", answer(200, &later, running), ok(report)),
        ("failed list", answer(429, &later, ""), ok(report)),
        ("status", ok(running), answer(200, &later, report)),
        ("failed status", ok(running), answer(429, &later, "")),
    ]
    .into_iter()
    .map(|(name, first, status_then)| {
        let service = Service::start(Publisher {
            lists: vec![first, ok(running)],
            status: Box::new(move |_, interval| match interval {
                0 => status_then.clone(),
                _ => status("succeeded"),
            }),
        });
        tokio::spawn(lists_a_second_apart(name, service))
    })
    .collect();
    for row in rows {
        row.await.expect("the row holds");
    }
    let for_ever = [("retry-after", "18446744073709551615")];
    for first in [answer(200, &for_ever, running), answer(503, &for_ever, "")] {
        let service = table(vec![first], &[("a", &["running"])]);
        events(service.watch().deadline(Duration::from_millis(200))).await;
        assert_eq!(service.asked().len(), 1);
    }
}

async fn lists_a_second_apart(name: &str, service: Service) {
    events(service.watch()).await;
    let lists: Vec<_> = service
        .server
        .asked()
        .into_iter()
        .filter(|asked| !asked.target.contains("/status"))
        .map(|asked| asked.when)
        .collect();
    assert_eq!(lists.len(), 2, "{name}");
    let waited = lists[1] - lists[0];
    assert!(waited >= Duration::from_secs(1), "{name}: only {waited:?}");
}

#[tokio::test]
async fn dropping_it_cancels_it() {
    let ids: Vec<_> = (0..20).map(|number| format!("o{number}")).collect();
    let offers: Vec<_> = ids.iter().map(|id| (id.as_str(), "running")).collect();
    let service = Service::start(Publisher {
        lists: vec![list(&offers)],
        status: Box::new(|_, _| vec![Stall]),
    });
    let mut watch = service.watch();
    let listed = guarded("list", watch.next_event()).await;
    assert!(matches!(listed, Some(Ok(PublisherEvent::Listed { .. }))));
    let under_way = |number: usize| {
        let server = &service.server;
        guarded("requests", async move {
            while server.under_way() != number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    tokio::select! {
        event = watch.next_event() => panic!("{event:?}"),
        () = under_way(8) => {}
    }
    drop(watch);
    under_way(0).await;
    assert_eq!(service.server.asked().len(), 1 + 8);
}
