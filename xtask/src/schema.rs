//! `cargo xtask schema`: the JSON Schema of a recording, for editors and other languages.

use std::io::Write;

use clap::Args;
use cloud_partner_recordings::recording;

use crate::exit::{Outcome, Run};
use crate::files;
use crate::output::say;

/// Writes the JSON Schema of a recording to tests/recording.schema.json
#[derive(Args)]
pub struct Schema {
    /// Only say whether the committed file is right; exit code 4 if it isn't
    #[arg(long)]
    check: bool,
}

impl Schema {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let path = files::root().join("tests/recording.schema.json");
        let text = recording::schema();
        if !self.check {
            return files::write(&path, &text, out);
        }
        let outcome = files::check(&path, &text, out)?;
        if outcome == Outcome::Stale {
            say(out, "Help", "cargo xtask schema")?;
        }
        Ok(outcome)
    }
}
