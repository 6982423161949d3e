//! `cloud-partner`, the command-line tool for the Cloud Partner Portal API. It uses only the SDK's public API.
#![forbid(unsafe_code)]

mod args;
mod client;
mod exit;
mod explain;
mod offers;
mod outcome;
mod output;
mod plain_text;
mod request_log;
mod status;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use exit::Exit;
use explain::{Stop, to_stderr};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let watches = matches!(arguments.command, Command::Watch(_));
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(stop) => {
            to_stderr(&stop.message());
            match stop.exit() {
                // A closed output is an error of `watch` only: the reader of another command can stop reading early.
                Exit::OutputClosed if !watches => Exit::Done.into(),
                exit => exit.into(),
            }
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    match arguments.command {
        Command::Completions { shell } => {
            // clap_complete panics on a write error, so it writes to memory.
            let (mut script, mut command) = (Vec::new(), Arguments::command());
            clap_complete::generate(shell, &mut command, "cloud-partner", &mut script);
            out.write_all(&script)?;
            out.flush()?;
            return Ok(Exit::Done);
        }
        Command::Man => {
            clap_mangen::Man::new(Arguments::command()).render(&mut out)?;
            out.flush()?;
            return Ok(Exit::Done);
        }
        _ => {}
    }
    if arguments.common.verbose {
        request_log::show_all();
    } else if !matches!(arguments.command, Command::Watch(_)) {
        // The watch prints each failed poll.
        request_log::show_retries();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Stop::Output)?;
    let exit = runtime.block_on(async {
        let common = &arguments.common;
        let connection = client::connect(common)?;
        let ended = match arguments.command {
            Command::Offers(offers) => offers::run(&connection, common, &offers, &mut out).await,
            Command::Status(status) => status::run(&connection, common, &status, &mut out).await,
            Command::Watch(watch) => watch::run(&connection, common, &watch, &mut out).await,
            Command::Completions { .. } | Command::Man => Ok(Exit::Done),
        };
        let exit = ended.as_ref().map_or_else(Stop::exit, |exit| *exit);
        if let (Exit::NotAllowed, Some(expiry)) = (exit, connection.token_expiry)
            && expiry <= SystemTime::now()
        {
            let expiry = humantime::format_rfc3339_seconds(expiry);
            to_stderr(&format!(
                "error: the token expired at {expiry}, and a token in AZURE_TOKEN can't be renewed\n"
            ));
        }
        ended
    });
    // Dropping the runtime would wait for a name lookup that hangs.
    runtime.shutdown_background();
    exit
}
