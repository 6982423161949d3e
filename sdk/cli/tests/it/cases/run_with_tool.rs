//! Runs a watch case, which is a line of a file in `tests/watch-cases`, with the command-line tool.

use serde_json::Value;

use super::watch_cases::{Actual, Case, step_change};
use crate::support::{run, tool};

/// Returns the text of a JSON string, or the empty string if the value isn't a string.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn result(value: &Value) -> String {
    match value["outcome"].as_str() {
        Some(outcome) => match value["lastError"]["kind"].as_str() {
            Some(kind) => format!("{outcome} after {kind}"),
            None => outcome.to_owned(),
        },
        None => format!("error: {}", text(&value["error"]["kind"])),
    }
}

fn event(line: &Value) -> String {
    match text(&line["event"]) {
        "changed" => {
            let mut parts = vec![text(&line["report"]["status"]).to_owned()];
            let steps = line["changedSteps"].as_array().expect("steps").iter();
            parts.extend(steps.map(|step| {
                let id = step["id"].as_str().unwrap_or(text(&step["stepName"]));
                step_change(id, step["before"].as_str(), step["status"].as_str())
            }));
            parts.join("; ")
        }
        "pollFailed" => format!("poll failed: {}", text(&line["error"]["kind"])),
        "delayed" => format!("delayed: {} s", line["seconds"]),
        "ended" => format!("ended: {}", result(line)),
        other => other.to_owned(),
    }
}

/// Runs `cloud-partner watch` with the options of a case. Returns the events, the results and the exit code. Also returns the last line of
/// standard error.
pub fn run_case(case: &Case, url: &str) -> (Actual, String) {
    let mut command = tool(url);
    let options = &case.options;
    let interval = options.interval.as_deref().unwrap_or("5ms");
    command.args(["watch", "-o", "json", "--interval", interval]);
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
    let file = tempfile::NamedTempFile::new().expect("a file");
    if let Some(report) = &options.after {
        std::fs::write(&file, report.to_string()).expect("a file");
        command.arg("--after").arg(file.path());
    }
    let output = run(command.args(&case.offers));
    let mut actual = Actual::default();
    let lines: Vec<Value> = output.out.lines().map(super::decode).collect();
    for line in &lines {
        // The last line contains the results. If the last request for the list of offers failed, the last line also contains the error.
        // In a case, the property `list` of `events` has this error as its last event.
        let is_last = line["event"] == "ended" && line["offer"].is_null();
        if !is_last || line.get("error").is_some() {
            actual.event(line["offer"].as_str().unwrap_or("list"), event(line));
        }
    }
    let last = lines.last().unwrap_or(&Value::Null);
    for (offer, value) in last["results"].as_object().into_iter().flatten() {
        actual.results.insert(offer.clone(), result(value));
    }
    if last["offer"].is_null() && last.get("error").is_some() {
        actual.results.insert("list".to_owned(), result(last));
    }
    let error_lines = output.err.lines();
    let mut errors: Vec<_> = error_lines
        .filter(|line| line.starts_with("error: "))
        .collect();
    errors.sort_unstable();
    let repeated = errors.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(repeated, None, "{}: {}", case.name, output.err);
    let code = last["exitCode"].as_i64();
    assert_eq!(code, output.code.map(i64::from), "{}: {last}", case.name);
    actual.end = format!("exit code {:?}", output.code);
    let last_line = output.err.lines().last().unwrap_or_default().to_owned();
    (actual, last_line)
}
