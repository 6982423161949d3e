//! How long the command-line tool takes to its first row of 10,000 offers, over what curl takes for the same body.
//!
//! `cargo bench -p cloud-partner-recordings --bench first_row`; ends with 1 when the target is missed. Needs curl; builds the
//! tool with the profile that a user installs it with.

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::sample::many_offers;

use support::figure::{Figure, Target, median};
use support::{TOKEN, end, wanted};

const OFFERS: usize = 10_000;
const ROUNDS: usize = 15;
/// The tool may take this many times as long as curl, and this many seconds more.
const TIMES: f64 = 1.2;
const MORE: f64 = 0.1;

fn main() -> ExitCode {
    if !wanted() {
        return ExitCode::SUCCESS;
    }
    if Command::new("curl").arg("--version").output().is_err() {
        println!("curl isn't there to be compared with: nothing was measured");
        return ExitCode::SUCCESS;
    }
    let tool = build();
    let server = Replay::new([many_offers(OFFERS)], Vec::<_>::new())
        .start()
        .expect("a port on this machine");
    let url = server.url();
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let pair = (first_row(&tool, &url), curl(&url));
        // The first round only warms the server and the files up.
        if round > 0 {
            rounds.push(pair);
        }
    }
    let tool = median(rounds.iter().map(|(tool, _)| *tool).collect()).expect("rounds");
    let curl = median(rounds.iter().map(|(_, curl)| *curl).collect()).expect("rounds");
    println!(
        "{OFFERS} offers, median of {ROUNDS} rounds: the tool's first row after {:.1} ms, curl's whole body after {:.1} ms",
        tool * 1e3,
        curl * 1e3
    );
    end(&[Figure {
        name: format!("first row over {TIMES} times curl and {} ms", MORE * 1e3),
        value: tool / (TIMES * curl + MORE),
        target: Target::AtMost(1.0),
    }])
}

/// Builds the tool as `cargo install` does, and gives its path.
fn build() -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bench = std::env::current_exe().expect("this program's path");
    // target/PROFILE/deps/bench
    let target = bench.ancestors().nth(3).expect("the target folder");
    let done = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "cloud-partner-portal"])
        .args([
            "--features",
            "cli",
            "--bin",
            "cloud-partner",
            "--target-dir",
        ])
        .arg(target)
        .current_dir(root)
        .status()
        .expect("cargo can be started");
    assert!(done.success(), "the tool can't be built");
    target.join("release/cloud-partner")
}

fn first_row(tool: &Path, url: &str) -> f64 {
    let started = Instant::now();
    let mut child = Command::new(tool)
        .args(["--publisher", "contoso-many", "--endpoint", url, "offers"])
        .env("AZURE_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tool can be started");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut lines = [String::new(), String::new()];
    for line in &mut lines {
        out.read_line(line).expect("a line");
    }
    let time = started.elapsed().as_secs_f64();
    let offers = out.lines().count() + 1;
    assert!(
        lines[1].starts_with("vm-000000") && offers == OFFERS,
        "{lines:?}, {offers} offers"
    );
    assert!(child.wait().is_ok_and(|status| status.success()));
    time
}

fn curl(url: &str) -> f64 {
    let started = Instant::now();
    let output = Command::new("curl")
        .args(["--silent", "--fail", "--noproxy", "*", "--header"])
        .arg(format!("Authorization: Bearer {TOKEN}"))
        .arg(format!(
            "{url}/api/publishers/contoso-many/offers?api-version=2017-10-31"
        ))
        .output()
        .expect("curl can be started");
    let time = started.elapsed().as_secs_f64();
    assert!(output.status.success() && output.stdout.len() > OFFERS * 100);
    time
}
