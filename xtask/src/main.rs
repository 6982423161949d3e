//! The commands for maintaining the spec, the generated code and the recordings: `cargo xtask --help` lists them.
//!
//! There is one module per command. A command writes its output to a writer and returns an [`exit::Outcome`]; only `main` ends the
//! process.
#![forbid(unsafe_code)]

mod compat;
mod coverage;
mod demo;
mod docs;
mod exit;
mod files;
mod generate;
#[path = "../../sdk/generator/mod.rs"]
mod generator;
#[cfg(unix)] // The commands in `language.yaml` are shell scripts.
mod languages;
mod lint;
mod output;
mod record;
mod report;
mod serve;
mod spec;
mod validate;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::{CommandError, CommandResult};
use output::IgnoreClosedPipe;

/// Checks the spec, generates the SDK from it, and compares recordings with it
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", term_width = 100, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compat(compat::Compat),
    Coverage(coverage::Coverage),
    Demo(demo::Demo),
    Docs(docs::Docs),
    Generate(generate::Generate),
    #[cfg(unix)]
    Languages(languages::Languages),
    Lint(lint::Lint),
    Record(record::Record),
    Serve(serve::Serve),
    Validate(validate::Validate),
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let mut out = BufWriter::new(IgnoreClosedPipe::new(io::stdout()));
    let result = run(command, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            // A failed write to standard error is ignored, because the exit code reports the error as well.
            let _ = out.flush();
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(CommandError::CODE)
        }
    }
}

fn run(command: Command, out: &mut dyn Write) -> CommandResult {
    match command {
        Command::Compat(compat) => compat.run(out),
        Command::Coverage(coverage) => coverage.run(out),
        Command::Docs(docs) => docs.run(out),
        Command::Demo(demo::Demo {}) => demo::Demo::run(out),
        Command::Generate(generate) => generate.run(out),
        #[cfg(unix)]
        Command::Languages(languages) => languages.run(out),
        Command::Lint(lint) => lint.run(out),
        Command::Record(record) => record.run(out),
        Command::Serve(serve) => serve.run(out),
        Command::Validate(validate) => validate.run(out),
    }
}
