//! The peak memory of a call that returns 100,000 offers, relative to the size of the response body.
//!
//! `cargo bench -p cloud-partner-recordings --bench memory`; the exit code is 1 if the target is missed. The peak is that of
//! a process, so the program starts itself again as the client. It measures on Linux only.

mod support;

use std::process::{Command, ExitCode};

use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::sample::many_offers;

use support::figure::{Figure, Target};
use support::{body, report, runtime, sdk, started_by_cargo_bench};

const OFFERS: usize = 100_000;
const TARGET: f64 = 2.4;
/// The argument that makes this program the client. The server's URL follows.
const CLIENT: &str = "--client-of";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip_while(|argument| argument != CLIENT);
    if let (Some(_), Some(url)) = (arguments.next(), arguments.next()) {
        return client(&url);
    }
    if !started_by_cargo_bench() {
        return ExitCode::SUCCESS;
    }
    if peak().is_none() {
        println!("the peak memory is measured on Linux only");
        return ExitCode::SUCCESS;
    }
    let recording = many_offers(OFFERS);
    let size = body(&recording).len();
    let server = Replay::new([recording], Vec::new())
        .start()
        .expect("a free port");
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this)
        .args([CLIENT, &server.url()])
        .output()
        .expect("the client starts");
    assert!(output.status.success(), "the client failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let used: usize = text.trim().parse().expect("the client prints bytes");
    println!("{OFFERS} offers, {size} bytes, the call's peak is {used} bytes");
    report(&[Figure {
        name: "peak memory of a call over the size of its body".to_owned(),
        value: ratio(used, size),
        target: Target::AtMost(TARGET),
    }])
}

/// Prints the number of bytes by which the call increases the peak memory of the process.
fn client(url: &str) -> ExitCode {
    let client = sdk(url);
    let runtime = runtime();
    let before = peak().unwrap_or_default();
    let offers = runtime
        .block_on(client.list_offers("contoso-many"))
        .expect("a list");
    let after = peak().unwrap_or_default();
    assert_eq!(offers.len(), OFFERS);
    println!("{}", after.saturating_sub(before));
    ExitCode::SUCCESS
}

/// Returns the peak memory of this process in bytes.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are enough")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
