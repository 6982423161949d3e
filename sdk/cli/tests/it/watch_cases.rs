//! The table of watch cases in `tests/watch-cases`, one JSON object per line: the responses of a server, and the events and
//! results that the SDK and the tool must make of them. `UPDATE_GOLDEN=1` writes the expected last line of standard error.
//!
//! * `server` has the responses to list requests (`list`) and to status requests (by offer), in order; the last one repeats. A
//!   text is a report with this status, or `no response` or `reset`. An object is a `report`, a `list` (statuses or items by
//!   offer), or an error response (`status`, `correlationId`, `headers`, `body`). Instead, `server` can be the address of
//!   a host.
//! * `offers` are watched; without them the whole publisher is.
//! * `stderr` is the last line of standard error, or its beginning if it ends in `…`.
//! * `events` are compared by offer, without repetitions. An event that ends in `?` is optional.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use cloud_partner_portal::{
    Client, Credential, Error, PublisherWatchEvent, PublisherWatchResult, Until, WatchEvent,
    WatchResult,
};
use cloud_partner_recordings::scripted_server::{Asked, Raw, Step, answer, json};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::{TOKEN, run, tool};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    offers: Vec<String>,
    #[serde(default)]
    options: Options,
    server: Server,
    events: BTreeMap<String, Vec<String>>,
    results: BTreeMap<String, String>,
    exit: i32,
    stderr: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    timeout: Option<String>,
    tolerate: Option<String>,
    start_timeout: Option<String>,
    until: Option<String>,
    after: Option<Value>,
    #[serde(default)]
    allow_none: bool,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Server {
    Address(String),
    Script(HashMap<String, Vec<Value>>),
}

/// What the SDK or the tool made of a case.
#[derive(Debug, Default, PartialEq)]
struct Actual {
    events: BTreeMap<String, Vec<String>>,
    results: BTreeMap<String, String>,
}

impl Actual {
    fn event(&mut self, subject: &str, event: String) {
        let events = self.events.entry(subject.to_owned()).or_default();
        if events.last() != Some(&event) {
            events.push(event);
        }
    }

    /// What differs from the case.
    fn differences(&self, case: &Case, who: &str) -> Vec<String> {
        let mut differences = Vec::new();
        if self.results != case.results {
            let (actual, expected) = (&self.results, &case.results);
            differences.push(format!("{who}: results {actual:?}, expected {expected:?}"));
        }
        let none = Vec::new();
        for subject in self.events.keys().chain(case.events.keys()) {
            let actual = self.events.get(subject).unwrap_or(&none);
            let expected = case.events.get(subject).unwrap_or(&none);
            if !matches(actual, expected) {
                let text = format!("{who}: events of {subject} {actual:?}, expected {expected:?}");
                differences.push(text);
            }
        }
        differences.dedup();
        differences
    }
}

fn matches(actual: &[String], expected: &[String]) -> bool {
    let Some((first, rest)) = expected.split_first() else {
        return actual.is_empty();
    };
    let optional = first.strip_suffix('?');
    let same = actual
        .first()
        .is_some_and(|event| event == optional.unwrap_or(first));
    (same && matches(&actual[1..], rest)) || (optional.is_some() && matches(actual, rest))
}

/// A running server of a case.
enum Running {
    Elsewhere(String),
    Scripted(Raw),
}

impl Running {
    fn start(server: &Server) -> Self {
        match server.clone() {
            Server::Address(address) if address == "tls alert" => Self::Elsewhere(tls_alert()),
            Server::Address(address) => Self::Elsewhere(address),
            Server::Script(script) => {
                let counts = Mutex::new(HashMap::<String, usize>::new());
                Self::Scripted(Raw::start(move |request| {
                    let subject = subject(request);
                    let Some(responses) = script.get(&subject) else {
                        return answer(404, &[], "");
                    };
                    let mut counts = counts.lock().expect("no panic");
                    let count = counts.entry(subject).or_default();
                    *count += 1;
                    response(&responses[(*count - 1).min(responses.len() - 1)])
                }))
            }
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Elsewhere(url) => url.clone(),
            Self::Scripted(server) => server.url(),
        }
    }
}

/// The offer that a status request is about, or `list`.
fn subject(request: &Asked) -> String {
    let path = request.target.split('?').next().unwrap_or_default();
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some("status"), Some(offer)) => offer.to_owned(),
        _ => "list".to_owned(),
    }
}

fn response(response: &Value) -> Vec<Step> {
    match response {
        Value::String(text) if text == "no response" => vec![Step::Stall],
        Value::String(text) if text == "reset" => vec![Step::Reset],
        Value::String(status) => json(json!({"status": status}).to_string()),
        response if response.get("report").is_some() => json(response["report"].to_string()),
        response if response.get("list").is_some() => {
            let items = response["list"].as_object().expect("offers").iter();
            let items = items.map(|(offer, item)| match item {
                Value::Object(item) => {
                    let mut item = item.clone();
                    item.insert("id".to_owned(), json!(offer));
                    Value::Object(item)
                }
                status => json!({"id": offer, "status": status}),
            });
            json(items.collect::<Value>().to_string())
        }
        response => {
            let text = |name: &str| response[name].as_str().unwrap_or_default().to_owned();
            let status = response["status"].as_u64().unwrap_or(200);
            let mut headers = Vec::new();
            if response.get("correlationId").is_some() {
                let name = "x-ms-correlation-request-id".to_owned();
                headers.push((name, text("correlationId")));
            }
            for (name, value) in response["headers"].as_object().into_iter().flatten() {
                headers.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
            }
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            answer(
                u16::try_from(status).expect("a status"),
                &headers,
                text("body"),
            )
        }
    }
}

/// The address of a server that refuses every TLS handshake, as one whose certificate isn't trusted looks to a client that stops.
fn tls_alert() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The record of a fatal alert: handshake failure.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 40]);
        }
    });
    format!("https://127.0.0.1:{port}")
}

fn kind(error: &Error) -> &'static str {
    let kinds = [
        (error.is_unauthorized(), "unauthorized"),
        (error.is_forbidden(), "forbidden"),
        (error.is_not_found(), "notFound"),
        (error.is_throttled(), "throttled"),
        (error.is_decode(), "decode"),
        (error.is_timeout(), "timeout"),
        (error.status().is_some(), "service"),
    ];
    let kind = kinds.into_iter().find(|(is, _)| *is);
    kind.map_or("connection", |(_, kind)| kind)
}

fn outcome(result: &Result<WatchResult, Error>) -> String {
    match result {
        Ok(result) => result.outcome.to_string(),
        Err(error) => format!("error: {}", kind(error)),
    }
}

fn event(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Changed(change) => change.report.status.to_string(),
        WatchEvent::PollFailed(error) => format!("poll failed: {}", kind(error)),
        WatchEvent::Delayed(_) => "delayed".to_owned(),
        WatchEvent::Ended(result) => format!("ended: {}", outcome(result)),
        other => format!("{other:?}"),
    }
}

fn duration(text: Option<&String>) -> Option<Duration> {
    text.map(|text| humantime::parse_duration(text).expect("a duration"))
}

const INTERVAL: Duration = Duration::from_millis(5);

/// Watches with the SDK; also returns whether the SDK calls it a success.
async fn sdk(case: &Case, url: &str) -> (Actual, bool) {
    let client = Client::builder()
        .endpoint(url)
        .credential(Credential::token(TOKEN).expect("a token"))
        .build()
        .expect("a client");
    let options = &case.options;
    let until = match options.until.as_deref() {
        Some("go-live") => Until::GoLive,
        Some("live") => Until::Live,
        _ => Until::Outcome,
    };
    let mut actual = Actual::default();
    if let [offer] = &*case.offers {
        let watch = client.watch("contoso", offer.as_str()).expect("an id");
        let mut watch = watch.interval(INTERVAL).until(until);
        if let Some(timeout) = duration(options.timeout.as_ref()) {
            watch = watch.timeout(timeout);
        }
        if let Some(tolerate) = duration(options.tolerate.as_ref()) {
            watch = watch.tolerate(tolerate);
        }
        if let Some(timeout) = duration(options.start_timeout.as_ref()) {
            watch = watch.start_timeout(timeout);
        }
        if let Some(report) = &options.after {
            let report = serde_json::from_value(report.clone());
            watch = watch.after(report.expect("a report"));
        }
        let mut watch = watch.start();
        while let Some(next) = watch.next_event().await {
            actual.event(offer, event(&next));
        }
        let result = watch.await;
        actual.results.insert(offer.clone(), outcome(&result));
        let success = result.is_ok_and(|result| result.outcome.is_success());
        return (actual, success);
    }
    let watch = client.watch_publisher("contoso").expect("an id");
    let mut watch = watch.interval(INTERVAL).until(until);
    if let Some(timeout) = duration(options.timeout.as_ref()) {
        watch = watch.timeout(timeout);
    }
    if let Some(tolerate) = duration(options.tolerate.as_ref()) {
        watch = watch.tolerate(tolerate);
    }
    let mut watch = watch.start();
    while let Some(next) = watch.next_event().await {
        let subject = |offer: Option<String>| offer.unwrap_or("list".to_owned());
        match next {
            PublisherWatchEvent::Changed { offer, change, .. } => {
                actual.event(&offer, event(&WatchEvent::Changed(*change)));
            }
            PublisherWatchEvent::PollFailed { offer, error, .. } => {
                actual.event(&subject(offer), event(&WatchEvent::PollFailed(error)));
            }
            PublisherWatchEvent::Delayed { offer, wait, .. } => {
                actual.event(&subject(offer), event(&WatchEvent::Delayed(wait)));
            }
            PublisherWatchEvent::OfferEnded { offer, result, .. } => {
                actual.results.insert(offer.clone(), outcome(&result));
                actual.event(&offer, event(&WatchEvent::Ended(result)));
            }
            PublisherWatchEvent::Ended(Err(error)) => {
                actual.event("list", format!("ended: error: {}", kind(&error)));
            }
            _ => {}
        }
    }
    let result = watch.await;
    let success = result.as_ref().is_ok_and(PublisherWatchResult::is_success);
    match result {
        Ok(result) => {
            for (offer, result) in &result.offers {
                actual.results.insert(offer.clone(), outcome(result));
            }
            if let Some(error) = result.last_error {
                actual
                    .results
                    .insert("list".to_owned(), format!("error: {}", kind(&error)));
            }
        }
        Err(error) => {
            actual
                .results
                .insert("list".to_owned(), format!("error: {}", kind(&error)));
        }
    }
    (actual, success)
}

/// Watches with the tool; also returns its exit code and the last line of standard error.
fn command(case: &Case, url: &str, folder: &Path) -> (Actual, Option<i32>, String) {
    let mut command = tool(url);
    command.args(["watch", "-o", "json", "--interval", "5ms"]);
    let options = &case.options;
    for (name, value) in [
        ("--timeout", &options.timeout),
        ("--tolerate", &options.tolerate),
        ("--start-timeout", &options.start_timeout),
        ("--until", &options.until),
    ] {
        if let Some(value) = value {
            command.args([name, value]);
        }
    }
    if options.allow_none {
        command.arg("--allow-none");
    }
    if let Some(report) = &options.after {
        let file = folder.join(&case.name);
        std::fs::write(&file, report.to_string()).expect("a file");
        command.arg("--after").arg(file);
    }
    let ended = run(command.args(&case.offers));
    let mut actual = Actual::default();
    let lines: Vec<Value> = ended
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let kind = |value: &Value| value["kind"].as_str().unwrap_or_default().to_owned();
    let result = |value: &Value| match value["outcome"].as_str() {
        Some(outcome) => outcome.to_owned(),
        None => format!("error: {}", kind(&value["error"])),
    };
    for line in &lines {
        let subject = line["offer"].as_str();
        let event = match line["event"].as_str() {
            Some("changed") => line["report"]["status"]
                .as_str()
                .unwrap_or("null")
                .to_owned(),
            Some("pollFailed") => format!("poll failed: {}", kind(&line["error"])),
            Some("ended") if subject.is_none() && line.get("error").is_none() => continue,
            Some("ended") => format!("ended: {}", result(line)),
            event => event.unwrap_or_default().to_owned(),
        };
        actual.event(subject.unwrap_or("list"), event);
    }
    let last = lines.last().unwrap_or(&Value::Null);
    for (offer, value) in last["results"].as_object().into_iter().flatten() {
        actual.results.insert(offer.clone(), result(value));
    }
    if last["offer"].is_null() && last.get("error").is_some() {
        actual.results.insert("list".to_owned(), result(last));
    }
    let code = last["exitCode"].as_i64();
    assert_eq!(code, ended.code.map(i64::from), "{}: {last}", case.name);
    let line = ended.err.lines().last().unwrap_or_default().to_owned();
    (actual, ended.code, line)
}

/// Runs a case; returns what differs, and the last line of standard error.
fn check(case: &Case, folder: &Path) -> (Vec<String>, String) {
    let server = Running::start(&case.server);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (actual, success) = runtime.block_on(sdk(case, &server.url()));
    drop(server);
    let mut differences = actual.differences(case, "SDK");
    if success != (case.exit == 0) && case.options.until.is_none() && !case.options.allow_none {
        differences.push(format!("SDK: success is {success}"));
    }
    let server = Running::start(&case.server);
    let (actual, code, line) = command(case, &server.url(), folder);
    differences.extend(actual.differences(case, "tool"));
    if code != Some(case.exit) {
        differences.push(format!("tool: exit code {code:?}, expected {}", case.exit));
    }
    let same = match case.stderr.strip_suffix('…') {
        Some(start) => line.starts_with(start),
        None => line == case.stderr,
    };
    if same {
        return (differences, case.stderr.clone());
    }
    if std::env::var_os("UPDATE_GOLDEN").is_none() {
        differences.push(format!("tool: stderr {line:?}, expected {:?}", case.stderr));
    }
    (differences, line)
}

#[test]
fn the_sdk_and_the_tool_agree_with_every_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/watch-cases");
    let mut files: Vec<_> = std::fs::read_dir(home)
        .expect("the cases")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    let mut failed = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        let lines: Vec<Map<String, Value>> = text
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
            })
            .collect();
        let next = Mutex::new(lines.into_iter().enumerate());
        let done = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while let Some((number, mut line)) = { next.lock().expect("no panic").next() } {
                        let case: Case = serde_json::from_value(Value::Object(line.clone()))
                            .unwrap_or_else(|error| panic!("{line:?}: {error}"));
                        let (differences, stderr) = check(&case, folder.path());
                        line.insert("stderr".to_owned(), stderr.into());
                        let report = differences
                            .into_iter()
                            .map(|difference| format!("{}: {difference}", case.name))
                            .collect::<Vec<_>>();
                        done.lock()
                            .expect("no panic")
                            .insert(number, (line, report));
                    }
                });
            }
        });
        let mut updated = String::new();
        for (line, report) in done.into_inner().expect("no panic").into_values() {
            updated += &(Value::Object(line).to_string() + "\n");
            failed.extend(report);
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, updated).expect("the file can be written");
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
