//! `cloud-partner`: the Cloud Partner Portal API for people who don't write Rust. On the SDK's public API alone.
#![forbid(unsafe_code)]

mod args;
mod connect;
mod exit;
mod follow;
mod offers;
mod output;
mod status;
mod text;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use exit::{Exit, Stop};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(exit) => exit.into(),
        // Whoever reads the output has had enough; that is no failure.
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done.into(),
        Err(stop) => {
            stop.explain(&mut anstream::stderr());
            stop.exit().into()
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    match arguments.command {
        Command::Completions { shell } => {
            // clap_complete writes without a way to say that it couldn't, so it writes to memory.
            let mut script = Vec::new();
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "cloud-partner",
                &mut script,
            );
            out.write_all(&script)?;
            return Ok(Exit::Done);
        }
        Command::Man => {
            clap_mangen::Man::new(Arguments::command()).render(&mut out)?;
            return Ok(Exit::Done);
        }
        _ => {}
    }
    if arguments.common.verbose {
        connect::show_requests();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Stop::Output)?;
    runtime.block_on(async {
        let common = &arguments.common;
        let connection = connect::connect(common)?;
        match arguments.command {
            Command::Offers(offers) => offers::run(&connection, common, &offers, &mut out).await,
            Command::Status(status) => status::run(&connection, common, &status, &mut out).await,
            Command::Watch(watch) => watch::run(&connection, common, &watch, &mut out).await,
            Command::Completions { .. } | Command::Man => Ok(Exit::Done),
        }
    })
}
