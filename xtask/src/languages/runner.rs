//! Runs the commands `generate`, `build`, `run` and `example` in the `language.yaml` of a language. They generate a client from the spec,
//! and build and run two programs that use this client:
//!
//! * the *driver* reads calls such as `getOfferStatus` from the file `calls.tsv`, makes them, and prints the results;
//! * the *example* is the program that the page `openapi/languages/NAME.md` shows to users. It makes two calls.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::calls::{self, Call, EXAMPLE_OFFER, EXAMPLE_PUBLISHER};
use super::compare::{self, Differences};
use super::language::{Language, installed};
use super::process;
use crate::exit_code::CommandError;
use crate::files;
use crate::print::print_line;
use crate::serve::Source;

/// The token that the driver and the example send. The server rejects any other token.
const TOKEN: &str = "made-up-token";

/// The differences between the driver's results and the expected results, or the reason why a command of the language failed.
pub type RunResult = Result<Differences, CommandError>;

/// Runs the commands of a language in the folder `target/languages/NAME`, and returns the differences. `timeout` applies to each command.
/// After a successful run, prints the name of the language to standard error.
pub async fn run(
    language: &Language,
    spec: &Path,
    source: &Source,
    calls: &[Call<'_>],
    timeout: Duration,
) -> RunResult {
    let folder = files::root().join("target/languages").join(&language.name);
    files::empty_folder(&folder)?;
    let or_unusable =
        |result: io::Result<()>| result.map_err(|error| files::unusable(&folder, &error));
    // A user runs `generate` in the folder in which npm has created `node_modules`. With a link, `generate` also works in `folder`.
    let packages = installed().join(&language.name);
    let node_modules = packages.join("node_modules");
    if node_modules.exists() {
        or_unusable(symlink(node_modules, folder.join("node_modules")))?;
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
    for (name, command) in commands {
        let Some(command) = command else { continue };
        // Each command gets a new server, because a server that has received requests continues a scenario in the middle.
        let server = source.start(0, |replay| replay.token(TOKEN))?;
        let mut shell = Command::new("sh");
        shell
            .args(["-euc", command])
            .current_dir(&folder)
            .stdin(File::open(&input).map_err(|error| files::unusable(&input, &error))?)
            .env("SPEC", spec)
            .env("CLIENT", folder.join("client"))
            .env("HERE", &language.folder)
            .env("INSTALLED", &packages)
            .env("TOOLS", installed())
            .env("PATH", language.path()?)
            .env("URL", server.url())
            .env("TOKEN", TOKEN);
        let output = process::run(&mut shell, timeout).await;
        let checked = output.and_then(|output| match name {
            "run" => {
                let requests = server.requests().len();
                differences = compare::differences(&output, requests, calls)?;
                Ok(())
            }
            "example" => check_example(&output, calls),
            _ => Ok(()),
        });
        checked.map_err(|why| format!("{name} failed: {why}"))?;
    }
    // A failed write to standard error is ignored.
    let _ = print_line(&mut io::stderr(), "Ran", &language.name);
    Ok(differences)
}

/// Returns an error if the output of an example program isn't the expected output.
fn check_example(actual: &str, calls: &[Call<'_>]) -> Result<(), String> {
    let expected = calls::example_output(calls).unwrap_or_else(|| {
        format!(
            "unknown, because no recording has the offers of the publisher `{EXAMPLE_PUBLISHER}`, or no recording has the status of its offer `{EXAMPLE_OFFER}`"
        )
    });
    if actual.trim_end().lines().eq(expected.trim_end().lines()) {
        return Ok(());
    }
    Err(format!(
        "the actual output is\n{actual}the expected output is\n{expected}"
    ))
}
