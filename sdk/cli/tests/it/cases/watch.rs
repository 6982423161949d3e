//! Runs the cases in `tests/watch-cases` with the SDK and with the tool. `SNAPSHOTS=overwrite` writes `stderr`.
//!
//! * `offers` are the watched offers. Without `offers`, the case watches the whole publisher.
//! * `events` are the expected events by offer. An event with the suffix `?` is optional, `+` can repeat, and `*` is both.
//! * `results` are the expected results by offer: an outcome such as `timedOut`; `timedOut after service` if the last poll failed, with
//!   the kind of its error; or `error: service`, with the kind of the error that ended the watch. `list` holds the error of the list.
//! * `polls` are the offers whose status is requested after each list request, in alphabetical order.
//! * `minimumDuration` is the minimum duration of the watch.
//! * `stderr` is the last line of standard error, or its beginning if it ends in `…`.
//! * A case with the option `attemptTimeout` isn't run with the tool, which has no such option.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::server::{RunningServer, Server};
use super::{watch_sdk, watch_tool};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub offers: Vec<String>,
    #[serde(default)]
    pub options: Options,
    pub server: Server,
    pub events: BTreeMap<String, Vec<String>>,
    pub results: BTreeMap<String, String>,
    polls: Option<Vec<String>>,
    minimum_duration: Option<String>,
    exit: i32,
    #[serde(default)]
    stderr: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    pub interval: Option<String>,
    pub timeout: Option<String>,
    pub tolerate: Option<String>,
    pub start_timeout: Option<String>,
    pub attempt_timeout: Option<String>,
    pub until: Option<String>,
    pub after: Option<Value>,
    #[serde(default)]
    pub allow_none: bool,
}

pub fn duration(text: Option<&String>) -> Option<Duration> {
    text.map(|text| humantime::parse_duration(text).expect("a duration"))
}

/// Describes a changed step, such as `certify notStarted → complete`.
pub fn step_change(id: &str, before: Option<&str>, status: Option<&str>) -> String {
    let statuses: Vec<_> = [before, status].into_iter().flatten().collect();
    format!("{id} {}", statuses.join(" → "))
}

/// The actual events and results of a case, by offer.
#[derive(Default)]
pub struct Actual {
    pub events: BTreeMap<String, Vec<String>>,
    pub results: BTreeMap<String, String>,
}

impl Actual {
    pub fn event(&mut self, subject: &str, event: String) {
        let events = self.events.entry(subject.to_owned()).or_default();
        events.push(event);
    }

    /// Returns the differences from the expected events and results.
    fn differences(&self, case: &Case) -> Vec<String> {
        let mut differences = Vec::new();
        if self.results != case.results {
            let (actual, expected) = (&self.results, &case.results);
            differences.push(format!("results {actual:?}, expected {expected:?}"));
        }
        let none = Vec::new();
        for subject in self.events.keys().chain(case.events.keys()) {
            let actual = self.events.get(subject).unwrap_or(&none);
            let expected = case.events.get(subject).unwrap_or(&none);
            if !matches(actual, expected) {
                differences.push(format!(
                    "events of {subject} {actual:?}, expected {expected:?}"
                ));
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
    let event = first.trim_end_matches(['?', '+', '*']);
    let (optional, repeated) = (first.ends_with(['?', '*']), first.ends_with(['+', '*']));
    let same = actual.first().is_some_and(|actual| actual == event);
    (optional && matches(actual, rest))
        || (same && matches(&actual[1..], rest))
        || (same && repeated && matches(&actual[1..], expected))
}

/// Runs the case with a new server. Returns the value that `run` returns, and the differences in events, results, requests and time.
fn run<T>(case: &Case, run: impl FnOnce(&RunningServer) -> (Actual, T)) -> (T, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = RunningServer::start(&case.server, folder.path());
    let started = Instant::now();
    let (actual, value) = run(&server);
    let took = started.elapsed();
    let mut differences = actual.differences(case);
    if duration(case.minimum_duration.as_ref()).is_some_and(|minimum| took < minimum) {
        differences.push(format!("the watch took {took:?}"));
    }
    if let Some(expected) = &case.polls
        && server.polls() != *expected
    {
        let actual = server.polls();
        differences.push(format!("polls {actual:?}, expected {expected:?}"));
    }
    (value, differences)
}

/// Returns the differences. If `SNAPSHOTS=overwrite` is set, writes the actual last line of standard error into the case's line.
fn check(case: &Case, line: &mut Map<String, Value>) -> Vec<String> {
    let (success, differences) = run(case, |server| watch_sdk::run_case(case, server));
    let mut all: Vec<_> = differences
        .into_iter()
        .map(|text| "SDK: ".to_owned() + &text)
        .collect();
    let mut results = case.results.values();
    let expected =
        case.exit == 0 && !case.results.is_empty() && results.all(|result| result == "succeeded");
    if success != expected {
        all.push(format!("SDK: success is {success}"));
    }
    if case.options.attempt_timeout.is_some() {
        return all;
    }
    let ((code, stderr), mut differences) =
        run(case, |server| watch_tool::run_case(case, &server.url()));
    if code != Some(case.exit) {
        differences.push(format!("exit code {code:?}, expected {}", case.exit));
    }
    let same = match case.stderr.strip_suffix('…') {
        Some(start) => stderr.starts_with(start),
        None => stderr == case.stderr,
    };
    if !same && super::overwrite() {
        line.insert("stderr".to_owned(), stderr.into());
    } else if !same {
        differences.push(format!("stderr {stderr:?}, expected {:?}", case.stderr));
    }
    all.extend(
        differences
            .into_iter()
            .map(|text| "tool: ".to_owned() + &text),
    );
    all
}

#[test]
fn the_sdk_and_the_tool_report_the_events_and_results_of_every_watch_case() {
    super::check_cases("watch-cases", |case: Case, line| check(&case, line));
}
