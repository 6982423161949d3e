//! `cargo xtask`: the commands for maintaining the spec, the generated code and the recordings. `cargo xtask --help` lists them.
//!
//! Each command is a module whose function `run` returns an [`exit_code::Outcome`]. `main` converts the outcome to the exit code.
#![forbid(unsafe_code)]

mod compat;
mod coverage;
mod demo;
mod docs;
mod exit_code;
mod files;
mod findings;
mod generate;
#[path = "../../sdk/generator/mod.rs"]
mod generator;
#[cfg(unix)] // This command runs shell scripts.
mod languages;
mod lint;
mod print;
mod record;
mod serve;
mod spec;
mod validate;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit_code::{CommandError, CommandResult, Outcome};
use print::IgnoreClosedPipe;

/// Checks the spec, generates the SDK from it, and compares recordings with it
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", term_width = 100, after_help = exit_code::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compat(compat::Compat),
    Coverage(coverage::Coverage),
    /// Runs the command-line tool with recorded responses, without credentials or network
    ///
    /// The command ends with the exit code of the command-line tool.
    Demo,
    /// Writes the spec as one HTML file for reading offline, with the evidence and the recordings
    ///
    /// The file is target/docs/cloud-partner-portal.html.
    Docs,
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
    let mut out = BufWriter::new(IgnoreClosedPipe(io::stdout()));
    let result = run(command, &mut out);
    let flushed = out.flush();
    match result.and_then(|outcome| Ok(flushed.map(|()| outcome)?)) {
        Ok(outcome) => outcome.into(),
        Err(CommandError(message)) => {
            // A failed write to standard error is ignored, because the exit code shows that the command failed.
            let _ = writeln!(io::stderr(), "error: {message}");
            Outcome::Unreadable.into()
        }
    }
}

fn run(command: Command, out: &mut dyn Write) -> CommandResult {
    match command {
        Command::Compat(compat) => compat.run(out),
        Command::Coverage(coverage) => coverage.run(out),
        Command::Demo => demo::run(),
        Command::Docs => docs::run(out),
        Command::Generate(generate) => generate.run(out),
        #[cfg(unix)]
        Command::Languages(languages) => languages.run(out),
        Command::Lint(lint) => lint.run(out),
        Command::Record(record) => record.run(out),
        Command::Serve(serve) => serve.run(out),
        Command::Validate(validate) => validate.run(out),
    }
}
