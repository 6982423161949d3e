//! Runs a watch case with the command-line tool.

use std::path::Path;

use serde_json::Value;

use super::{Actual, Case};
use crate::support::{run, tool};

/// Runs `cloud-partner watch` for a case. Returns its events and results, its exit code, and the last line of standard error.
pub fn run_case(case: &Case, url: &str, folder: &Path) -> (Actual, Option<i32>, String) {
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
                .unwrap_or_default()
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
    let mut errors: Vec<_> = ended
        .err
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    errors.sort_unstable();
    let repeated = errors.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(repeated, None, "{}: {}", case.name, ended.err);
    let code = last["exitCode"].as_i64();
    assert_eq!(code, ended.code.map(i64::from), "{}: {last}", case.name);
    let line = ended.err.lines().last().unwrap_or_default().to_owned();
    (actual, ended.code, line)
}
