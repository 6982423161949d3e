//! Generates a client, builds its driver and its example, and runs each against a separate replay server.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cloud_partner_recordings::replay::Server;

use super::cases;
use super::language::{Language, installed};
use super::process;
use crate::exit::CommandError;
use crate::files;
use crate::serve::Source;

/// The token that drivers send; the server rejects any other token.
const TOKEN: &str = "made-up-token";

/// The common settings of all clients' runs.
pub struct RunSettings<'r> {
    /// The spec.
    pub spec: &'r Path,
    /// The recordings and scenarios of the server, with the negative control.
    pub source: &'r Source,
    /// The calls in the format that the drivers read.
    pub calls: &'r str,
    /// The timeout of each command.
    pub timeout: Duration,
}

/// A failed command.
pub struct FailedCommand {
    /// The command's name in `language.yaml`: `generate`, `build`, `run` or `example`.
    pub stage: &'static str,
    /// The reason, and the last lines of the command's output.
    pub why: String,
}

/// The result of a client's run.
pub struct Run {
    /// The standard output of the driver, and the number of requests that it sent.
    pub output: Option<(String, usize)>,
    /// The failed command, which ended the run.
    pub failed: Option<FailedCommand>,
    /// The duration of each command.
    pub times: Vec<(&'static str, Duration)>,
}

/// Runs the commands of a language. Their files stay in `target/languages/NAME` until the next run.
pub fn run(language: &Language, settings: &RunSettings<'_>) -> Result<Run, CommandError> {
    let place = files::root().join("target/languages").join(&language.name);
    let folder = place.join("work");
    if place.exists() {
        fs::remove_dir_all(&place).map_err(|error| process::file_error(&place, &error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| process::file_error(&folder, &error))?;
    // Projects of users have this folder as well, so the page can list the same commands.
    let packages = installed().join(&language.name).join("node_modules");
    if packages.exists() {
        let link = folder.join("node_modules");
        link_folder(&packages, &link).map_err(|error| process::file_error(&link, &error))?;
    }
    let calls = place.join("calls.tsv");
    fs::write(&calls, settings.calls).map_err(|error| process::file_error(&calls, &error))?;

    let manifest = &language.manifest;
    let commands = [
        ("generate", manifest.generate.as_deref()),
        ("build", manifest.build.as_deref()),
        ("run", Some(manifest.run.as_str())),
        (
            "example",
            manifest
                .example
                .as_ref()
                .map(|example| example.run.as_str()),
        ),
    ];
    let mut run = Run {
        output: None,
        failed: None,
        times: Vec::new(),
    };
    for (stage, script) in commands {
        let Some(script) = script else { continue };
        let mut command = Command::new("sh");
        command
            .args(["-euc", script])
            .current_dir(&folder)
            .env("SPEC", settings.spec)
            .env("CLIENT", folder.join("client"))
            .env("HERE", &language.folder)
            .env("INSTALLED", installed().join(&language.name))
            .env("TOOLS", installed())
            .env("PATH", language.path()?);
        // Scenarios advance with each request, so the example needs a separate server.
        let server = match stage {
            "run" | "example" => Some(settings.source.clone().start_for(TOKEN)?),
            _ => None,
        };
        if let Some(server) = &server {
            command.env("URL", server.url()).env("TOKEN", TOKEN);
        }
        let started = Instant::now();
        let result = process::run(&mut command, settings.timeout, &place.join(stage), &calls)?;
        run.times.push((stage, started.elapsed()));
        let result = result.and_then(|bytes| {
            let text = String::from_utf8(bytes).map_err(|_| "the output isn't UTF-8".to_owned())?;
            match stage {
                "run" => run.output = Some((text, server.as_ref().map_or(0, requests))),
                "example" => check_example(&text, settings.source)?,
                _ => {}
            }
            Ok(())
        });
        if let Err(why) = result {
            run.failed = Some(FailedCommand { stage, why });
            break;
        }
    }
    Ok(run)
}

fn requests(server: &Server) -> usize {
    server.requests().len()
}

/// Compares the output of an example with the recordings.
fn check_example(actual: &str, source: &Source) -> Result<(), String> {
    let [publisher, offer] = cases::EXAMPLE;
    let expected = cases::example_output(source).ok_or_else(|| {
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

#[cfg(unix)]
fn link_folder(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(windows)]
fn link_folder(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(original, link)
}
