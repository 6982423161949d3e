//! Runs the watch cases in `tests/watch-cases` with the SDK and with the tool. Each line is one case, a JSON object with the
//! responses of a server and the expected events and results. `SNAPSHOTS=overwrite` writes the expected last line of standard error.
//!
//! * `server` holds the responses to list requests (`list`) and to status requests (by offer), in order. The last response
//!   repeats. A string is `no response`, `reset`, or the status of a report. An object is a `report`, a `list` (statuses or items
//!   by offer), or an error response (`status`, `correlationId`, `headers`, `body`). `server` can also be a string: an address, or
//!   `tls alert`.
//! * `offers` are the watched offers. Without `offers`, the case watches the whole publisher.
//! * `stderr` is the last line of standard error, or its beginning if it ends in `…`.
//! * `events` are the expected events by offer. Consecutive equal events count as one event, except `ended`. An event with the
//!   suffix `?` is optional.

mod sdk;
mod server;
mod tool;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Map, Value};

use server::Running;

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

/// The actual events and results of a case, by offer.
#[derive(Debug, Default, PartialEq)]
struct Actual {
    events: BTreeMap<String, Vec<String>>,
    results: BTreeMap<String, String>,
}

impl Actual {
    fn event(&mut self, subject: &str, event: String) {
        let events = self.events.entry(subject.to_owned()).or_default();
        // `ended` must occur once, so a second `ended` is kept as a difference.
        if event.starts_with("ended") || events.last() != Some(&event) {
            events.push(event);
        }
    }

    /// Returns the differences from the expected events and results.
    fn differences(&self, case: &Case, runner: &str) -> Vec<String> {
        let mut differences = Vec::new();
        if self.results != case.results {
            let (actual, expected) = (&self.results, &case.results);
            differences.push(format!(
                "{runner}: results {actual:?}, expected {expected:?}"
            ));
        }
        let none = Vec::new();
        for subject in self.events.keys().chain(case.events.keys()) {
            let actual = self.events.get(subject).unwrap_or(&none);
            let expected = case.events.get(subject).unwrap_or(&none);
            if !matches(actual, expected) {
                let text =
                    format!("{runner}: events of {subject} {actual:?}, expected {expected:?}");
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

/// Runs a case. Returns the differences, and the last line of standard error.
fn check(case: &Case, folder: &Path) -> (Vec<String>, String) {
    let server = Running::start(&case.server);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (actual, success) = runtime.block_on(sdk::run_case(case, &server.url()));
    drop(server);
    let mut differences = actual.differences(case, "SDK");
    if success != (case.exit == 0) && case.options.until.is_none() && !case.options.allow_none {
        differences.push(format!("SDK: success is {success}"));
    }
    let server = Running::start(&case.server);
    let (actual, code, line) = tool::run_case(case, &server.url(), folder);
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
    if std::env::var("SNAPSHOTS").as_deref() != Ok("overwrite") {
        differences.push(format!("tool: stderr {line:?}, expected {:?}", case.stderr));
    }
    (differences, line)
}

#[test]
fn the_sdk_and_the_tool_report_the_events_and_results_of_every_case() {
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
        if std::env::var("SNAPSHOTS").as_deref() == Ok("overwrite") {
            std::fs::write(&file, updated).expect("the file can be written");
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
