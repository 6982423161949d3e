//! Generates a client, builds its driver and its example, and runs each against a separate replay server.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::cases::{self, Case};
use super::compare::{self, Differences};
use super::language::{Language, installed};
use super::process;
use crate::exit_code::CommandError;
use crate::files;
use crate::print::print_line;
use crate::serve::Source;

/// The token that drivers send; the server rejects any other token.
const TOKEN: &str = "made-up-token";

/// The differences of a client, or the reason why a command of its language failed.
pub type RunResult = Result<Differences, CommandError>;

/// The common settings of all clients' runs.
pub struct RunSettings<'r> {
    /// The spec.
    pub spec: &'r Path,
    /// The recordings and scenarios of the server, with the negative control.
    pub source: &'r Source,
    /// The calls.
    pub cases: &'r [Case<'r>],
    /// The timeout of each command.
    pub timeout: Duration,
}

/// Runs the commands of a language in the folder `target/languages/NAME`, and returns the differences between the driver's results
/// and the expected ones. Prints the duration of a successful run to standard error.
pub async fn run(language: &Language, settings: &RunSettings<'_>) -> RunResult {
    let started = Instant::now();
    let folder = files::root().join("target/languages").join(&language.name);
    files::empty_folder(&folder)?;
    let prepare = |result: io::Result<()>| result.map_err(|error| files::unusable(&folder, &error));
    // The commands on the language's page expect the folder `node_modules` of a user's project.
    let installed_here = installed().join(&language.name);
    let packages = installed_here.join("node_modules");
    if packages.exists() {
        prepare(symlink(packages, folder.join("node_modules")))?;
    }
    let calls = folder.join("calls.tsv");
    prepare(fs::write(&calls, cases::as_text(settings.cases)))?;

    let manifest = &language.manifest;
    let commands = [
        ("generate", manifest.generate.as_ref()),
        ("build", manifest.build.as_ref()),
        ("run", Some(&manifest.run)),
        ("example", manifest.example.as_ref()),
    ];
    let mut differences = Differences::new();
    for (stage, script) in commands {
        let Some(script) = script else { continue };
        // Scenarios advance with each request, so the example needs a separate server.
        let server = settings.source.start(0, |replay| replay.token(TOKEN))?;
        let mut command = Command::new("sh");
        command
            .args(["-euc", script])
            .current_dir(&folder)
            .stdin(File::open(&calls).map_err(|error| files::unusable(&calls, &error))?)
            .env("SPEC", settings.spec)
            .env("CLIENT", folder.join("client"))
            .env("HERE", &language.folder)
            .env("INSTALLED", &installed_here)
            .env("TOOLS", installed())
            .env("PATH", language.path()?)
            .env("URL", server.url())
            .env("TOKEN", TOKEN);
        let output = process::run(&mut command, settings.timeout).await;
        let checked = output.and_then(|output| match stage {
            "run" => {
                let requests = server.requests().len();
                differences = compare::differences(&output, requests, settings.cases)?;
                Ok(())
            }
            "example" => check_example(&output, settings.cases),
            _ => Ok(()),
        });
        checked.map_err(|why| format!("{stage} failed: {why}"))?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let what = format!("{} in {seconds:.1} s", language.name);
    // A failed write to standard error is ignored.
    let _ = print_line(&mut io::stderr(), "Ran", what);
    Ok(differences)
}

/// Compares the output of an example with the recordings.
fn check_example(actual: &str, cases: &[Case<'_>]) -> Result<(), String> {
    let expected = cases::example_output(cases).unwrap_or_else(|| {
        "unknown, because tests/recordings doesn't have the list or the status".to_owned()
    });
    if actual.trim_end().lines().eq(expected.trim_end().lines()) {
        return Ok(());
    }
    Err(format!(
        "the actual output is\n{actual}expected\n{expected}"
    ))
}
