//! Runs the cases in `tests/watch-cases` with the SDK and with the tool, and the cases in `tests/tool-cases` with the tool. Each line of
//! a file is one case: a JSON object with the responses of a server and the expected output.
//!
//! The property `server` is usually an object. Its key `list` has the responses to requests for the list of offers. Every other key is
//! the id of an offer, and has the responses to requests for this offer's status. The server sends the responses in order, and repeats
//! the last response.
//!
//! A response is one of the following:
//!
//! * the string `no response`: the connection stays open.
//! * the string `closed`: the server closes the connection without a response.
//! * the string `reset`: the server resets the connection.
//! * the string `cut`: the body ends before its announced length.
//! * any other string: a status report with this `status`
//! * an object with the property `report`: the status report in this property
//! * an object with the property `list`: a list of offers. Each key is an offer's id, and each value is the offer's status or list item.
//! * an object with some of these properties: `status` (the status code), `correlationId`, `headers`, `body`, `removes`. In the body,
//!   U+FFFD stands for the byte 0xFF. `removes` names a file, which the server removes before it sends the response.
//!
//! A request with the token `wrong` always receives a 401.
//!
//! The property `server` can also be a string: the address of the endpoint, or `tls alert` for a server that refuses each TLS handshake.

mod run_with_sdk;
mod run_with_tool;
mod server;
mod tool_cases;
mod watch_cases;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Calls `check` for each case in a folder, 16 cases at a time. Panics if `check` returns differences.
///
/// `check` can change the JSON object of a case. With `SNAPSHOTS=overwrite`, the changed objects are written to the files.
fn check_cases<C: DeserializeOwned>(
    folder: &str,
    check: impl Fn(C, &mut Map<String, Value>) -> Vec<String> + Sync,
) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut cases: Vec<(PathBuf, Map<String, Value>)> = Vec::new();
    for file in std::fs::read_dir(tests.join(folder)).expect("the cases") {
        let file = file.expect("a file").path();
        let text = std::fs::read_to_string(&file).expect("text");
        cases.extend(text.lines().map(|line| (file.clone(), decode(line))));
    }
    let next = Mutex::new(cases.iter_mut());
    let differences = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let Some((_, line)) = { next.lock().expect("no panic").next() } {
                    let name = line["name"].to_string();
                    let case = decode(&Value::Object(line.clone()).to_string());
                    // A panic counts as a difference, so that the other cases still run.
                    let result = catch_unwind(AssertUnwindSafe(|| check(case, line)));
                    let found = result.unwrap_or_else(|_| vec!["panicked".to_owned()]);
                    let found = found.iter().map(|text| format!("{name}: {text}"));
                    differences.lock().expect("no panic").extend(found);
                }
            });
        }
    });
    if overwrite() {
        for cases in cases.chunk_by(|one, next| one.0 == next.0) {
            let lines = cases.iter().map(|(_, line)| Value::Object(line.clone()));
            let text: String = lines.map(|line| line.to_string() + "\n").collect();
            std::fs::write(&cases[0].0, text).expect("the file can be written");
        }
    }
    let differences = differences.into_inner().expect("no panic");
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

fn overwrite() -> bool {
    std::env::var("SNAPSHOTS").as_deref() == Ok("overwrite")
}

fn decode<T: DeserializeOwned>(line: &str) -> T {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}
