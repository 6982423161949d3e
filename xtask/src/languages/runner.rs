//! Runs the commands of a language. They generate the client, and build and run two programs that use the client:
//!
//! * the *driver* makes all calls and prints the results;
//! * the *example* is the program on the language's page.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::calls::{self, Call};
use super::compare::{self, Differences};
use super::language::{Language, installed};
use super::process;
use crate::exit_code::CommandError;
use crate::files;
use crate::print::print_line;
use crate::serve::Source;

/// The token that the driver and the example send. The server rejects any other token.
const TOKEN: &str = "made-up-token";

/// The differences in a client's results, or the reason why a command of the language failed.
pub type RunResult = Result<Differences, CommandError>;

/// Runs the commands of a language in the folder `target/languages/NAME`, each with the timeout, and returns the differences between
/// the driver's results and the expected results. Prints the duration of a successful run to standard error.
pub async fn run(
    language: &Language,
    spec: &Path,
    source: &Source,
    calls: &[Call<'_>],
    timeout: Duration,
) -> RunResult {
    let started = Instant::now();
    let folder = files::root().join("target/languages").join(&language.name);
    files::empty_folder(&folder)?;
    let or_unusable =
        |result: io::Result<()>| result.map_err(|error| files::unusable(&folder, &error));
    // The language's page shows the same commands. They expect `node_modules` in the current folder, as in a user's project.
    let installed_here = installed().join(&language.name);
    let packages = installed_here.join("node_modules");
    if packages.exists() {
        or_unusable(symlink(packages, folder.join("node_modules")))?;
    }
    let input = folder.join("calls.tsv");
    or_unusable(fs::write(&input, calls::as_text(calls)))?;

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
        // A server returns the responses of a scenario in turn. Each command gets a new server, which starts with the first response.
        let server = source.start(0, |replay| replay.token(TOKEN))?;
        let mut command = Command::new("sh");
        command
            .args(["-euc", script])
            .current_dir(&folder)
            .stdin(File::open(&input).map_err(|error| files::unusable(&input, &error))?)
            .env("SPEC", spec)
            .env("CLIENT", folder.join("client"))
            .env("HERE", &language.folder)
            .env("INSTALLED", &installed_here)
            .env("TOOLS", installed())
            .env("PATH", language.path()?)
            .env("URL", server.url())
            .env("TOKEN", TOKEN);
        let output = process::run(&mut command, timeout).await;
        let checked = output.and_then(|output| match stage {
            "run" => {
                let requests = server.requests().len();
                differences = compare::differences(&output, requests, calls)?;
                Ok(())
            }
            "example" => check_example(&output, calls),
            _ => Ok(()),
        });
        checked.map_err(|why| format!("{stage} failed: {why}"))?;
    }
    let what = format!(
        "{} in {:.1} s",
        language.name,
        started.elapsed().as_secs_f64()
    );
    // A failed write to standard error is ignored.
    let _ = print_line(&mut io::stderr(), "Ran", what);
    Ok(differences)
}

/// Returns an error if the output of an example program isn't the expected output.
fn check_example(actual: &str, calls: &[Call<'_>]) -> Result<(), String> {
    let expected = calls::example_output(calls).unwrap_or_else(|| {
        "unknown, because tests/recordings doesn't have the list or the status".to_owned()
    });
    if actual.trim_end().lines().eq(expected.trim_end().lines()) {
        return Ok(());
    }
    Err(format!(
        "the actual output is\n{actual}expected\n{expected}"
    ))
}
