//! Generates a client, builds its driver and its example, and runs each against a separate replay server.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::cases::{self, Case};
use super::compare::{self, Difference};
use super::language::{Language, installed};
use super::process;
use crate::exit::CommandError;
use crate::files;
use crate::output::print_line;
use crate::serve::Source;

/// The token that drivers send; the server rejects any other token.
const TOKEN: &str = "made-up-token";

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

/// The result of a client's run.
#[derive(Default)]
pub struct Run {
    /// The differences between the driver's results and the expected ones; `None` if the driver didn't run to its end.
    pub differences: Option<Vec<Difference>>,
    /// The message about the command that failed and so ended the run: its name in `language.yaml`, the reason, and the last lines of
    /// its output.
    pub failed: Option<String>,
}

/// Runs the commands of a language, and prints their durations to standard error. Their files stay in `target/languages/NAME` until
/// the next run.
pub async fn run(language: &Language, settings: &RunSettings<'_>) -> Result<Run, CommandError> {
    let place = files::root().join("target/languages").join(&language.name);
    let folder = place.join("work");
    if place.exists() {
        fs::remove_dir_all(&place).map_err(|error| files::unusable(&place, &error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| files::unusable(&folder, &error))?;
    // A user's project has a folder `node_modules` too, so the commands on the language's page work here unchanged.
    let packages = installed().join(&language.name).join("node_modules");
    if packages.exists() {
        let link = folder.join("node_modules");
        std::os::unix::fs::symlink(packages, &link)
            .map_err(|error| files::unusable(&link, &error))?;
    }
    let calls = place.join("calls.tsv");
    fs::write(&calls, cases::as_text(settings.cases))
        .map_err(|error| files::unusable(&calls, &error))?;

    let manifest = &language.manifest;
    let commands = [
        ("generate", manifest.generate.as_ref()),
        ("build", manifest.build.as_ref()),
        ("run", Some(&manifest.run)),
        ("example", manifest.example.as_ref()),
    ];
    let mut run = Run::default();
    let mut times = Vec::new();
    for (stage, script) in commands {
        let Some(script) = script else { continue };
        let input = File::open(&calls).map_err(|error| files::unusable(&calls, &error))?;
        // Scenarios advance with each request, so the example needs a separate server.
        let server = settings.source.start(0, |replay| replay.token(TOKEN))?;
        let mut command = Command::new("sh");
        command
            .args(["-euc", script])
            .current_dir(&folder)
            .stdin(input)
            .env("SPEC", settings.spec)
            .env("CLIENT", folder.join("client"))
            .env("HERE", &language.folder)
            .env("INSTALLED", installed().join(&language.name))
            .env("TOOLS", installed())
            .env("PATH", language.path()?)
            .env("URL", server.url())
            .env("TOKEN", TOKEN);
        let started = Instant::now();
        let output = process::run(&mut command, settings.timeout, &place.join(stage)).await?;
        times.push(format!("{stage} {:.1} s", started.elapsed().as_secs_f64()));
        let result = output.and_then(|output| match stage {
            "run" => {
                let results = compare::parse(&output, server.requests().len(), settings.cases)?;
                run.differences = Some(compare::differences(&results, settings.cases));
                compare::check_control(&results, settings.cases)
            }
            "example" => check_example(&output, settings.cases),
            _ => Ok(()),
        });
        if let Err(why) = result {
            run.failed = Some(format!("{stage} failed: {why}"));
            break;
        }
    }
    let verb = match run.failed {
        None => "Ran",
        Some(_) => "Failed",
    };
    let what = format!("{}: {}", language.name, times.join(", "));
    // A failed write to standard error is ignored.
    let _ = print_line(&mut io::stderr(), verb, what);
    Ok(run)
}

/// Compares the output of an example with the recordings.
fn check_example(actual: &str, cases: &[Case<'_>]) -> Result<(), String> {
    let [publisher, offer] = cases::EXAMPLE;
    let expected = cases::example_output(cases).ok_or_else(|| {
        format!(
            "the expected output is unknown, because tests/recordings has no list of the publisher {publisher} or no status of the offer {offer}"
        )
    })?;
    if actual.trim_end().lines().eq(expected.trim_end().lines()) {
        return Ok(());
    }
    Err(format!(
        "the actual output is\n{actual}expected\n{expected}"
    ))
}
