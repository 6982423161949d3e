//! `cargo xtask generate`: every generated file of the workspace.

use std::io::Write;

use clap::Args;
use cloud_partner_recordings::recording;

use crate::exit::{Outcome, Run};
use crate::files;
use crate::generator::{self, COMMAND};
use crate::lint;
use crate::output::say;

/// Writes the SDK's generated code and the JSON Schema of recordings
///
/// The code is written to sdk/src/, the schema to tests/recording.schema.json.
#[derive(Args)]
pub struct Generate {
    /// Only compare the committed files; exit code 4 if one is outdated
    #[arg(long)]
    check: bool,
}

impl Generate {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let spec = files::spec(&files::default_spec())?;
        let generated = match generator::generate(&spec) {
            Ok(generated) => generated,
            Err(generator::Failure::Problems(problems)) => return lint::report(&problems, out),
            Err(generator::Failure::Broken(error)) => return Err(error.into()),
        };
        let code = generated.map(|(name, text)| (format!("sdk/src/{name}"), text));
        let schema = (
            "tests/recording.schema.json".to_owned(),
            recording::schema(),
        );
        let mut outcome = Outcome::Fine;
        for (path, text) in code.into_iter().chain([schema]) {
            let path = files::root().join(path);
            let of_file = if self.check {
                files::check(&path, &text, out)?
            } else {
                files::write(&path, &text, out)?
            };
            if of_file != Outcome::Fine {
                outcome = of_file;
            }
        }
        if outcome == Outcome::Outdated {
            say(out, "Help", COMMAND)?;
        }
        Ok(outcome)
    }
}
