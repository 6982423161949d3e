//! `cargo xtask generate`: writes or compares every generated file of the workspace.

use std::io::Write;

use clap::Args;
use cloud_partner_recordings::recording;

use crate::exit::{CommandResult, Outcome};
use crate::files;
use crate::generator::{self, COMMAND};
use crate::lint;
use crate::output::print_line;

/// Writes the SDK's generated code and the JSON Schema of recordings
///
/// The code is written to sdk/src/, the schema to tests/recording.schema.json.
#[derive(Args)]
pub struct Generate {
    /// Compare the committed files instead of writing them; exit code 4 if one is outdated
    #[arg(long)]
    check: bool,
}

impl Generate {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&files::default_spec_path())?;
        let generated = match generator::generate(&spec) {
            Ok(generated) => generated,
            Err(generator::GenerateError::Problems(problems)) => {
                return lint::print_problems(&problems, out);
            }
            Err(generator::GenerateError::Broken(error)) => return Err(error.into()),
        };
        let code = generated.map(|(name, text)| (format!("sdk/src/{name}"), text));
        let schema = (
            "tests/recording.schema.json".to_owned(),
            recording::schema(),
        );
        let mut outcome = Outcome::Success;
        for (path, text) in code.into_iter().chain([schema]) {
            let path = files::root().join(path);
            let of_file = if self.check {
                files::compare(&path, &text, out)?
            } else {
                files::write_if_changed(&path, &text, out)?
            };
            if of_file != Outcome::Success {
                outcome = of_file;
            }
        }
        if outcome == Outcome::Outdated {
            print_line(
                out,
                "Help",
                format!("run `{COMMAND}` to regenerate the files"),
            )?;
        }
        Ok(outcome)
    }
}
