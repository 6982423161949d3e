//! `cargo xtask generate`: the SDK's code from the contract.

use std::io::Write;

use clap::Args;

use crate::exit::{Outcome, Run};
use crate::files;
use crate::generator::{self, COMMAND};
use crate::lint;
use crate::output::say;

/// Writes the SDK's generated code to sdk/src/
#[derive(Args)]
pub struct Generate {
    /// Only say whether the committed code is right; exit code 4 if it isn't
    #[arg(long)]
    check: bool,
}

impl Generate {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let contract = files::contract(&files::default_contract())?;
        let generated = match generator::generate(&contract) {
            Ok(generated) => generated,
            Err(generator::Failure::Problems(problems)) => return lint::report(&problems, out),
            Err(generator::Failure::Broken(error)) => return Err(error.into()),
        };
        let mut outcome = Outcome::Fine;
        for (name, text) in &generated {
            let path = files::root().join("sdk/src").join(name);
            let this = if self.check {
                files::check(&path, text, out)?
            } else {
                files::write(&path, text, out)?
            };
            if this != Outcome::Fine {
                outcome = this;
            }
        }
        if outcome == Outcome::Stale {
            say(out, "Help", COMMAND)?;
        }
        Ok(outcome)
    }
}
