//! Measures the peak memory of a call that returns 100,000 offers. Works on Linux only.
//!
//! Run `cargo bench -p cloud-partner-recordings --bench memory`. The benchmark exits with code 1 if the call needs more than 2.4 times
//! the size of the response body.
//!
//! Linux reports the peak memory of a whole process. Therefore, the client needs its own process. This program runs the server, and
//! starts itself a second time as the client.

mod support;

use std::process::{Command, ExitCode};

use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::synthetic::many_offers;

use support::figure::report;
use support::{body, runtime, sdk, started_by_cargo_bench};

const OFFERS: u32 = 100_000;
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
    let recording = many_offers(OFFERS as usize);
    let size = u32::try_from(body(&recording).len()).expect("fewer than 4 GB");
    let server = Replay::new([recording], []).start().expect("a free port");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args([CLIENT, &server.url()])
        .output()
        .expect("the client starts");
    assert!(output.status.success(), "the client failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let used: u32 = text.trim().parse().expect("the client prints bytes");
    println!("{OFFERS} offers, {size} bytes, the call's peak is {used} bytes");
    let name = "peak memory of a call divided by the size of the response body";
    report(name, f64::from(used) / f64::from(size), 2.4)
}

/// Prints the number of bytes by which the call increases the peak memory of the process.
fn client(url: &str) -> ExitCode {
    let client = sdk(url);
    let runtime = runtime();
    let before = peak().unwrap_or_default();
    let offers = runtime.block_on(client.list_offers("contoso-many"));
    let after = peak().unwrap_or_default();
    assert_eq!(offers.expect("a list").len(), OFFERS as usize);
    println!("{}", after.saturating_sub(before));
    ExitCode::SUCCESS
}

/// Returns the peak memory of this process in bytes.
fn peak() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}
