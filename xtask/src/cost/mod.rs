//! `cargo xtask cost`: what the SDK costs whoever builds a program with it, over the same program on bare reqwest.

mod build;
mod consumer;
mod report;
mod tree;

use std::io::{self, Write};

use clap::Args;

use crate::exit::{Outcome, Run};
use crate::output::say;
use crate::validate::Format;

pub use build::as_rustc;
use consumer::Consumer;
use report::Report;

/// Measures what the SDK adds to a clean build, over the same program on bare reqwest
///
/// Two programs outside the workspace list a publisher's offers: one with the SDK's default features, one with reqwest (the
/// same TLS, and only the features that it needs), `serde_json` and tokio. Each is built from nothing, with the versions of the
/// workspace's Cargo.lock and without the network. Compared is CPU time; exit code 1 when the ratio misses its target, or
/// when the SDK brings the code generator into the build. Takes some minutes.
#[derive(Args)]
pub struct Cost {
    /// How often each is built; the ratio is the median of the rounds
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How to print the figures
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Cost {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let sdk = Consumer::of_sdk()?;
        let sdk_tree = sdk.tree()?;
        let bare = Consumer::of_bare_reqwest(&sdk_tree)?;
        let bare_tree = bare.tree()?;

        let mut rounds = Vec::new();
        for round in 0..self.rounds {
            let build = |consumer: &Consumer| {
                let progress = format!("{} ({} of {})", consumer.name, round + 1, self.rounds);
                // What can't be said to a closed standard error needn't be.
                let _ = say(&mut io::stderr(), "Building", progress);
                build::clean(consumer)
            };
            // What gets slower or faster with time does so for both.
            rounds.push(if round % 2 == 0 {
                let sdk = build(&sdk)?;
                (sdk, build(&bare)?)
            } else {
                let bare = build(&bare)?;
                (build(&sdk)?, bare)
            });
        }

        let report = Report::new(&sdk_tree, &bare_tree, &rounds);
        match self.format {
            Format::Text => report.print(out)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from)?;
                writeln!(out)?;
            }
        }
        Ok(if report.is_good() {
            Outcome::Fine
        } else {
            Outcome::Findings
        })
    }
}
