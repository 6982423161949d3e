//! `cargo xtask sample`: a recording too large to keep as a file.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use cloud_partner_recordings::sample::many_offers;

use crate::exit::{Failure, Outcome, Run};
use crate::files::shown;

/// Prints a recording of a list with many offers
///
/// The same number always gives the same recording, so that it need not be kept.
#[derive(Args)]
pub struct Sample {
    /// How many offers the list has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    offers: u32,
    /// Where to write it, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Sample {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let text = many_offers(self.offers as usize).to_text();
        match self.output {
            None => out.write_all(text.as_bytes())?,
            Some(path) => fs::write(&path, text)
                .map_err(|error| Failure(format!("{}: can't be written: {error}", shown(&path))))?,
        }
        Ok(Outcome::Fine)
    }
}
