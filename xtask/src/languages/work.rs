//! Generates a client, builds its driver and runs it against a replay server of its own.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cloud_partner_recordings::replay::Server;
use wait_timeout::ChildExt;

use super::language::{Language, installed};
use crate::exit::Failure;
use crate::files;

/// The token that the drivers are told; the server refuses every other.
pub const TOKEN: &str = "made-up-token";

/// A command that takes longer has gone astray.
const LIMIT: Duration = Duration::from_secs(300);

/// How many lines of a command's output are shown when it fails: its last ones.
const TAIL: usize = 12;

/// The three commands of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Makes the client.
    Generate,
    /// Makes the driver.
    Build,
    /// Runs the driver.
    Run,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generate => "generate",
            Self::Build => "build",
            Self::Run => "run",
        })
    }
}

/// A command that failed.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Which.
    pub stage: Stage,
    /// What happened, and the last that the command said.
    pub what: String,
}

/// What the driver printed, or the command that failed; and how long all took.
pub struct Work {
    /// What the driver printed.
    pub printed: Result<String, Trouble>,
    /// How many requests it made.
    pub requests: usize,
    /// How long each command took.
    pub times: Vec<(Stage, Duration)>,
}

/// Runs the three commands. `run` names this run: its files stay below `target` until the next of that name.
pub fn work(
    language: &Language,
    contract: &Path,
    run: &str,
    calls: &str,
    server: &Server,
) -> Result<Work, Failure> {
    let place = files::root()
        .join("target/languages")
        .join(run)
        .join(&language.name);
    if place.exists() {
        fs::remove_dir_all(&place).map_err(|error| unwritable(&place, &error))?;
    }
    let folder = place.join("work");
    fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    // As in a reader's project, so that the commands are a reader's too.
    let packages = installed().join(&language.name).join("node_modules");
    if packages.exists() {
        let link = folder.join("node_modules");
        link_folder(&packages, &link).map_err(|error| unwritable(&link, &error))?;
    }
    let input = place.join("calls.tsv");
    fs::write(&input, calls).map_err(|error| unwritable(&input, &error))?;

    let commands = [
        (Stage::Generate, language.about.generate.as_deref()),
        (Stage::Build, language.about.build.as_deref()),
        (Stage::Run, Some(language.about.run.as_str())),
    ];
    let mut times = Vec::new();
    for (stage, script) in commands {
        let Some(script) = script else { continue };
        let mut command = Command::new("sh");
        command
            .args(["-euc", script])
            .current_dir(&folder)
            .env("CONTRACT", contract)
            .env("CLIENT", folder.join("client"))
            .env("HERE", &language.folder)
            .env("INSTALLED", installed().join(&language.name))
            .env("TOOLS", installed())
            .env("PATH", language.path()?);
        if stage == Stage::Run {
            command.env("URL", server.url()).env("TOKEN", TOKEN);
        }
        let started = Instant::now();
        let ended = wait(&mut command, &place.join(stage.to_string()), &input)?;
        times.push((stage, started.elapsed()));
        if let Err(what) = ended {
            return Ok(Work {
                printed: Err(Trouble { stage, what }),
                requests: server.requests().len(),
                times,
            });
        }
    }
    let lines = place.join("run.out");
    let printed = fs::read(&lines)
        .map_err(|error| Failure(format!("{}: can't be read: {error}", files::shown(&lines))))?;
    let printed = String::from_utf8(printed).map_err(|_| Trouble {
        stage: Stage::Run,
        what: "its output isn't UTF-8".to_owned(),
    });
    Ok(Work {
        printed,
        requests: server.requests().len(),
        times,
    })
}

#[cfg(unix)]
fn link_folder(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(windows)]
fn link_folder(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(original, link)
}

/// Waits for a command. What it prints goes to files, so that nothing is lost and no pipe fills up.
fn wait(command: &mut Command, log: &Path, input: &Path) -> Result<Result<(), String>, Failure> {
    let [out, err] = ["out", "err"].map(|ending| log.with_extension(ending));
    let create = |path: &PathBuf| File::create(path).map_err(|error| unwritable(path, &error));
    let input = File::open(input).map_err(|error| unwritable(input, &error))?;
    let mut child = command
        .stdin(input)
        .stdout(create(&out)?)
        .stderr(create(&err)?)
        .spawn()
        .map_err(|error| Failure(format!("sh can't be started: {error}")))?;
    let unwaitable = |error| Failure(format!("sh can't be waited for: {error}"));
    let Some(status) = child.wait_timeout(LIMIT).map_err(unwaitable)? else {
        child.kill().map_err(unwaitable)?;
        child.wait().map_err(unwaitable)?;
        return Ok(Err(format!("not done after {} s", LIMIT.as_secs())));
    };
    if status.success() {
        return Ok(Ok(()));
    }
    let said = [out, err]
        .map(|path| fs::read(path).unwrap_or_default())
        .concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let tail = lines[lines.len().saturating_sub(TAIL)..].iter();
    let tail: Vec<String> = tail.map(|line| shown(line)).collect();
    Ok(Err(format!("{status}\n{}", tail.join("\n"))))
}

/// A line as a terminal can bear it.
fn shown(line: &str) -> String {
    const LONGEST: usize = 200;
    let letters = line.chars().take(LONGEST);
    letters
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: can't be used: {error}", files::shown(path)))
}
