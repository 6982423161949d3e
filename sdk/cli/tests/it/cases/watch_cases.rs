//! Runs the cases in `tests/watch-cases` with the SDK and with the tool. A case has these properties:
//!
//! * `offers` are the watched offers. Without `offers`, the case watches all offers of the publisher.
//! * `options` are the options of the watch. The tool has no option `attemptTimeout`, so a case with this option runs only with the SDK.
//! * `server` is described in the module `cases`.
//! * `events` are the expected events by offer. An event can have a suffix:
//!   * `?`: the event is optional.
//!   * `+`: the event can repeat.
//!   * `*`: the event is optional and can repeat.
//! * `results` are the expected results by offer. Each result is one of:
//!   * an outcome, such as `timedOut`
//!   * if the last request failed: an outcome and the kind of the error, such as `timedOut after service`
//!   * if an error ended the watch: the kind of the error, such as `error: service`
//! * In `events` and `results`, the key `list` stands for the requests for the list of offers.
//! * `polls` has a string for each list request, such as `a b`: the sorted ids of the offers whose status is requested between this list
//!   request and the next one.
//! * `minimumDuration` is the minimum duration of the watch.
//! * `exit` is the exit code of the tool.
//! * `stderr` is the last line of the tool's standard error. If `stderr` ends in `…`, the line must begin with the text before `…`. With
//!   `SNAPSHOTS=overwrite`, the test replaces a wrong `stderr` by the actual line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::server::{RunningServer, Server};
use super::{run_with_sdk, run_with_tool};

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

/// What the SDK or the tool reports for a case.
#[derive(Default)]
pub struct Actual {
    /// The events by offer.
    pub events: BTreeMap<String, Vec<String>>,
    /// The results by offer.
    pub results: BTreeMap<String, String>,
    /// The exit code of the tool, or whether the SDK reports a success.
    pub end: String,
}

impl Actual {
    pub fn event(&mut self, subject: &str, event: String) {
        let events = self.events.entry(subject.to_owned()).or_default();
        events.push(event);
    }
}

/// Returns whether the events match the expected events with the suffixes `?`, `+` and `*`.
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

/// Starts the server of the case, and calls `watch`. Compares the end, events, results, polls and duration with the expected values, and
/// returns the differences.
fn differences(
    case: &Case,
    expected_end: &str,
    watch: impl FnOnce(&RunningServer) -> Actual,
) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let server = RunningServer::start(&case.server, folder.path());
    let started = Instant::now();
    let actual = watch(&server);
    let took = started.elapsed();
    let mut differences = Vec::new();
    let mut add = |what: &str, actual: &dyn Debug, expected: &dyn Debug| {
        differences.push(format!("{what} {actual:?}, expected {expected:?}"));
    };
    if actual.end != expected_end {
        add("end", &actual.end, &expected_end);
    }
    if actual.results != case.results {
        add("results", &actual.results, &case.results);
    }
    let no_events = Vec::new();
    let subjects: BTreeSet<_> = actual.events.keys().chain(case.events.keys()).collect();
    for subject in subjects {
        let actual = actual.events.get(subject).unwrap_or(&no_events);
        let expected = case.events.get(subject).unwrap_or(&no_events);
        if !matches(actual, expected) {
            add(&format!("events of {subject}"), actual, expected);
        }
    }
    let minimum = duration(case.minimum_duration.as_ref()).unwrap_or_default();
    if took < minimum {
        add("duration", &took, &minimum);
    }
    if let Some(expected) = &case.polls
        && server.polls() != *expected
    {
        add("polls", &server.polls(), expected);
    }
    differences
}

/// Runs a case with the SDK and with the tool, and returns the differences from the expected values. With `SNAPSHOTS=overwrite`, replaces a
/// wrong `stderr` in `json` (the JSON object of the case) instead of returning the difference.
fn check(case: &Case, json: &mut Map<String, Value>) -> Vec<String> {
    let success = case.exit == 0
        && !case.results.is_empty()
        && case.results.values().all(|result| result == "succeeded");
    let end = format!("success: {success}");
    let mut all = differences(case, &end, |server| run_with_sdk::run_case(case, server));
    if case.options.attempt_timeout.is_some() {
        return all;
    }
    let mut stderr = String::new();
    let end = format!("exit code {:?}", Some(case.exit));
    all.extend(differences(case, &end, |server| {
        let (actual, last_line) = run_with_tool::run_case(case, &server.url);
        stderr = last_line;
        actual
    }));
    let same = match case.stderr.strip_suffix('…') {
        Some(start) => stderr.starts_with(start),
        None => stderr == case.stderr,
    };
    if !same && super::overwrite() {
        json.insert("stderr".to_owned(), stderr.into());
    } else if !same {
        all.push(format!("stderr {stderr:?}, expected {:?}", case.stderr));
    }
    all
}

#[test]
fn the_sdk_and_the_tool_report_the_events_and_results_of_every_watch_case() {
    super::check_cases("watch-cases", |case: Case, json| check(&case, json));
}
