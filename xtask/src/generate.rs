//! `cargo xtask generate`: writes the generated code of the SDK, and the JSON Schema of recordings (files with a request and its response).
//! With `--check`, compares the committed files with the generated text instead.

use std::io::Write;

use clap::Args;
use cloud_partner_recordings::recording;

use crate::exit_code::{CommandResult, Outcome};
use crate::files;
use crate::findings::Format;
use crate::generator::{self, COMMAND};
use crate::lint;
use crate::print::print_line;

/// Writes the SDK's generated code and the JSON Schema of recordings
///
/// Writes the code to sdk/src/ and the schema to tests/recording.schema.json.
#[derive(Args)]
pub struct Generate {
    /// Compare the committed files with the generated text instead of writing them; if a file differs, the exit code is 4
    #[arg(long)]
    check: bool,
}

impl Generate {
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&files::default_spec_path())?;
        let problems = lint::problems(&spec)?;
        if !problems.findings.is_empty() {
            return problems.print(Format::Text, "checked the spec", out);
        }
        let code = generator::generate(&spec)?;
        let root = files::root();
        let schema = (
            root.join("tests/recording.schema.json"),
            recording::schema(),
        );
        let names = generator::FILES.map(|name| root.join("sdk/src").join(name));
        let files = names.into_iter().zip(code).chain([schema]);
        let outcome = files::write_or_compare(files, self.check, out)?;
        if outcome == Outcome::Outdated {
            let help = format!("run `{COMMAND}` to regenerate the files");
            print_line(out, "Help", help)?;
        }
        Ok(outcome)
    }
}
