//! Generates a client, builds its driver and its example, and runs both against replay servers of their own.

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

/// The token of the drivers; the server refuses every other one.
const TOKEN: &str = "made-up-token";

/// What every run of a client needs.
pub struct RunSettings<'r> {
    /// The spec.
    pub spec: &'r Path,
    /// The recordings that the server sends, with the negative control.
    pub source: &'r Source,
    /// The calls, as the drivers read them.
    pub calls: &'r str,
    /// The timeout of each command.
    pub timeout: Duration,
}

/// A command that failed: its name, why, and the last lines that it printed.
pub struct FailedCommand {
    /// `generate`, `build`, `run` or `example`.
    pub stage: &'static str,
    /// The reason.
    pub why: String,
}

/// What a run of a client gave.
pub struct Run {
    /// What the driver printed, and how many requests it sent.
    pub output: Option<(String, usize)>,
    /// The command that failed, after which no other was run.
    pub failed: Option<FailedCommand>,
    /// How long each command took.
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
    // As in a reader's project, so that the page can show the same commands.
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
        // Scenarios advance with each request, so the example gets a server of its own.
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
            let text = String::from_utf8(bytes).map_err(|_| "its output isn't UTF-8".to_owned())?;
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

/// Compares what an example printed with the recordings.
fn check_example(actual: &str, source: &Source) -> Result<(), String> {
    let [publisher, offer] = cases::EXAMPLE;
    let expected = cases::example_output(source).ok_or_else(|| {
        format!(
            "no recordings of the offers of {publisher} and the status of {offer} to compare with"
        )
    })?;
    if actual.trim_end().lines().eq(expected.trim_end().lines()) {
        return Ok(());
    }
    Err(format!("it printed\n{actual}expected\n{expected}"))
}

#[cfg(unix)]
fn link_folder(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(windows)]
fn link_folder(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(original, link)
}
