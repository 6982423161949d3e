//! Measures how soon the command-line tool prints the first of 10,000 offers. For comparison, curl downloads the same response body.
//!
//! Run `cargo bench -p cloud-partner-recordings --bench first_row`. The benchmark needs curl. It exits with code 1 if the tool needs more
//! time than (1.2 × curl's time) + 100 ms.

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::synthetic::many_offers;

use support::figure::{medians, pairs, report};
use support::{TOKEN, started_by_cargo_bench};

const OFFERS: usize = 10_000;
const ROUNDS: usize = 15;
/// The maximum time of the tool is `FACTOR` times the time of curl, plus `EXTRA_SECONDS`.
const FACTOR: f64 = 1.2;
const EXTRA_SECONDS: f64 = 0.1;

fn main() -> ExitCode {
    if !started_by_cargo_bench() {
        return ExitCode::SUCCESS;
    }
    if Command::new("curl").arg("--version").output().is_err() {
        println!("curl isn't installed: nothing was measured");
        return ExitCode::SUCCESS;
    }
    let tool = build();
    let replay = Replay::new([many_offers(OFFERS)], []);
    let server = replay.start().expect("a free port");
    let url = server.url();
    let times = pairs(ROUNDS, || first_row(&tool, &url), || curl(&url));
    let (tool, curl) = medians(&times);
    println!(
        "{OFFERS} offers, median of {ROUNDS} rounds: the tool's first row after {:.1} ms, curl's whole body after {:.1} ms",
        tool * 1e3,
        curl * 1e3
    );
    let name = format!(
        "first row, time divided by ({FACTOR} times curl plus {} ms)",
        EXTRA_SECONDS * 1e3
    );
    report(&name, tool / (FACTOR * curl + EXTRA_SECONDS), 1.0)
}

/// Builds the tool with the release profile and returns its path.
fn build() -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bench = std::env::current_exe().expect("this program's path");
    // This program is `target/PROFILE/deps/first_row-HASH`.
    let target = bench.ancestors().nth(3).expect("the target folder");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "cloud-partner-cli"])
        .args(["--bin", "cloud-partner", "--target-dir"])
        .arg(target)
        .current_dir(root)
        .status()
        .expect("cargo");
    assert!(status.success(), "building the tool failed");
    target.join("release/cloud-partner")
}

/// Returns the seconds until the tool has printed the first offer.
fn first_row(tool: &Path, url: &str) -> f64 {
    let started = Instant::now();
    let mut child = Command::new(tool)
        .args(["--publisher", "contoso-many", "--endpoint", url, "offers"])
        .env("AZURE_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tool");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut lines = [String::new(), String::new()];
    for line in &mut lines {
        output.read_line(line).expect("a line");
    }
    let time = started.elapsed().as_secs_f64();
    let offers = output.lines().count() + 1;
    assert!(
        lines[1].starts_with("vm-000000") && offers == OFFERS,
        "{lines:?}, {offers} offers"
    );
    assert!(child.wait().is_ok_and(|status| status.success()));
    time
}

/// Returns the seconds in which curl downloads the list.
fn curl(url: &str) -> f64 {
    let started = Instant::now();
    let output = Command::new("curl")
        .args(["--silent", "--fail", "--noproxy", "*", "--header"])
        .arg(format!("Authorization: Bearer {TOKEN}"))
        .arg(format!(
            "{url}/api/publishers/contoso-many/offers?api-version=2017-10-31"
        ))
        .output()
        .expect("curl");
    let time = started.elapsed().as_secs_f64();
    assert!(output.status.success() && output.stdout.len() > OFFERS * 100);
    time
}
