//! `cloud-partner`, the command-line tool for the Cloud Partner Portal API. It uses only the SDK's public API.
#![forbid(unsafe_code)]

mod args;
mod client;
mod error;
mod exit_code;
mod formats;
mod offers;
mod plain_text;
mod request_log;
mod status;
mod watch;

use std::io::{Write as _, stdout};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tracing_subscriber::filter::LevelFilter;

use args::{Arguments, Command};
use error::ToolError;
use exit_code::Exit;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_watch = matches!(arguments.command, Command::Watch(_));
    request_log::show(if arguments.common.verbose {
        LevelFilter::DEBUG
    } else if is_watch {
        // The command `watch` prints each failed poll itself.
        LevelFilter::OFF
    } else {
        LevelFilter::WARN
    });
    let mut exit = run(arguments).unwrap_or_else(|error| error.print());
    // A closed standard output is an error only for `watch`. A reader such as `head` may close the output of the other commands early.
    if exit == Exit::OutputClosed && !is_watch {
        exit = Exit::Done;
    }
    exit.code().into()
}

fn run(Arguments { common, command }: Arguments) -> Result<Exit, ToolError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let exit = runtime.block_on(async {
        match command {
            Command::Offers(options) => offers::run(&common, &options).await,
            Command::Status(options) => status::run(&common, &options).await,
            Command::Watch(options) => watch::run(&common, &options).await,
            Command::Completions { shell } => {
                // clap_complete panics on a write error, so the script is first written to memory.
                let (mut script, mut command) = (Vec::new(), Arguments::command());
                clap_complete::generate(shell, &mut command, "cloud-partner", &mut script);
                stdout().write_all(&script)?;
                Ok(Exit::Done)
            }
            Command::Man => {
                clap_mangen::Man::new(Arguments::command()).render(&mut stdout())?;
                Ok(Exit::Done)
            }
        }
    });
    // `shutdown_background` doesn't wait for a name lookup that hangs. Dropping the runtime would wait.
    runtime.shutdown_background();
    let exit = exit?;
    let flushed = stdout().flush();
    // A failed flush changes the exit code only if the command was successful.
    if exit == Exit::Done {
        flushed?;
    }
    Ok(exit)
}
