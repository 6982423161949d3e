//! A language: a folder below tests/languages with a `language.yaml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use super::limits::{InLanguage, Limits, Shared};
use crate::exit::Failure;
use crate::files;

/// The language whose lines are right: the SDK.
pub const REFERENCE: &str = "sdk";

/// One language.
pub struct Language {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// What its `language.yaml` says.
    pub about: About,
    /// Its generator.
    pub generator: Generator,
    /// The parts of its driver that are shown to readers; the SDK's aren't.
    pub example: String,
    /// The files that the generator reads, with their text.
    pub files: Vec<(String, String)>,
    /// The differences that are accepted.
    pub limits: Limits,
    /// Other folders whose programs it wants.
    tools: Vec<String>,
}

/// What a `language.yaml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What people call it.
    pub title: String,
    /// The registry and the package of its generator.
    generator: String,
    /// Makes the client.
    pub generate: Option<String>,
    /// Makes the driver.
    pub build: Option<String>,
    /// Runs the driver.
    pub run: String,
    /// The generator's options that matter.
    #[serde(default)]
    pub options: Vec<GeneratorOption>,
    /// What else a user of the client should know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Files beside it that the generator reads; they are shown.
    #[serde(default)]
    pub files: Vec<String>,
    /// The file that holds the example.
    pub driver: String,
    /// The edits of the contract that break this client.
    #[serde(default)]
    pub notices: Vec<String>,
    /// The differences that are accepted.
    #[serde(default)]
    limits: Vec<InLanguage>,
}

/// An option of the generator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorOption {
    /// As the command has it.
    pub option: String,
    /// What it is for.
    pub why: String,
}

/// What makes a client.
pub struct Generator {
    /// Its name and version.
    pub name: String,
    /// The commands by which a reader gets it, and what its client needs.
    pub install: Vec<String>,
}

/// Where the languages are.
pub fn home() -> PathBuf {
    files::root().join("tests/languages")
}

/// Where their packages are installed.
pub fn installed() -> PathBuf {
    files::root().join(".tools/languages")
}

/// Every language, by folder.
pub fn all() -> Result<Vec<Language>, Failure> {
    let home = home();
    let mut names: Vec<String> = fs::read_dir(&home)
        .map_err(|error| unreadable(&home, &error))?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("language.yaml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let shared = Shared::read(&home.join("limits.yaml"))?;
    names
        .into_iter()
        .map(|name| Language::read(home.join(&name), name, &shared))
        .collect()
}

impl Language {
    fn read(folder: PathBuf, name: String, shared: &Shared) -> Result<Self, Failure> {
        let (file, mut about): (_, About) = files::yaml(&folder.join("language.yaml"))?;
        let limits = Limits::new(&file, std::mem::take(&mut about.limits), shared)?;
        let needs = folder.join("needs.txt");
        let needs = match fs::read_to_string(&needs) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unreadable(&needs, &error)),
        };
        let tools = needs
            .lines()
            .filter_map(|line| {
                let mut words = line.split('#').next()?.split_whitespace();
                (words.next()? == "tool").then(|| words.next()).flatten()
            })
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>();
        let packages = || std::iter::once(&name).chain(&tools);
        let generator = Generator::find(&about.generator, packages()).ok_or_else(|| {
            let what = "the generator isn't pinned: it must be `pypi PACKAGE` or `npm PACKAGE`, pinned in the language's folder or a tool's";
            Failure(file.error("/generator", what).to_string())
        })?;
        let example = if name == REFERENCE {
            String::new()
        } else {
            example(&folder.join(&about.driver))?
        };
        let read = |file: &String| {
            let path = folder.join(file);
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            Ok((file.clone(), text))
        };
        let files = about
            .files
            .iter()
            .map(read)
            .collect::<Result<_, Failure>>()?;
        Ok(Self {
            name,
            folder,
            about,
            generator,
            example,
            files,
            limits,
            tools,
        })
    }

    /// Whether it is the one that the others are compared with.
    pub fn is_reference(&self) -> bool {
        self.name == REFERENCE
    }

    /// What keeps it from running here, in the words of the script that could install it.
    pub fn missing(&self) -> Result<Option<String>, Failure> {
        let script = home().join("install");
        let output = Command::new(&script)
            .args(["--check", &self.name])
            .output()
            .map_err(|error| {
                Failure(format!(
                    "{}: can't be started: {error}",
                    files::shown(&script)
                ))
            })?;
        if output.status.success() {
            return Ok(None);
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said
            .lines()
            .map(|line| line.trim_start_matches("install: "))
            .collect();
        Ok(Some(lines.join("; ")))
    }

    /// The folders of its own packages and its tools', in the order in which programs are looked for.
    fn packages(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.tools.iter().map(String::as_str))
    }

    /// Where its programs are, before whatever the environment's `PATH` has.
    pub fn path(&self) -> Result<std::ffi::OsString, Failure> {
        let own = self.packages().flat_map(|folder| {
            let folder = installed().join(folder);
            [folder.join("venv/bin"), folder.join("node_modules/.bin")]
        });
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(own.chain(std::env::split_paths(&path)))
            .map_err(|error| Failure(format!("the PATH can't be made: {error}")))
    }
}

impl Generator {
    /// `pypi PACKAGE` or `npm PACKAGE`, at the version that one of the folders pins; another word is what it is.
    fn find<'f>(written: &str, mut folders: impl Iterator<Item = &'f String>) -> Option<Self> {
        let (registry, package) = written.split_once(' ').unwrap_or(("", written));
        let file = match registry {
            "" => {
                return Some(Self {
                    name: package.to_owned(),
                    install: Vec::new(),
                });
            }
            "pypi" => "requirements.txt",
            "npm" => "package.json",
            _ => return None,
        };
        folders.find_map(|folder| {
            let text = fs::read_to_string(home().join(folder).join(file)).ok()?;
            if registry == "npm" {
                Self::of_npm(package, &text)
            } else {
                let pin = format!("{package}==");
                let version = text.lines().find_map(|line| line.strip_prefix(&pin))?;
                Some(Self {
                    name: format!("{package} {}", version.trim()),
                    install: vec![format!("pip install {pin}{}", version.trim())],
                })
            }
        })
    }

    /// One of the packages of a `package.json`; the others are what it needs, and what its client needs.
    fn of_npm(package: &str, pins: &str) -> Option<Self> {
        let pins: Value = serde_json::from_str(pins).ok()?;
        let of_kind = |kind: &str| {
            let packages = pins
                .get(kind)
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            packages
                .filter(|(name, _)| !name.starts_with("@types/"))
                .filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned())))
                .collect::<Vec<_>>()
        };
        let (used, tools) = (of_kind("dependencies"), of_kind("devDependencies"));
        let (_, version) = used
            .iter()
            .chain(&tools)
            .find(|(name, _)| name == package)?;
        let install = [("npm install --save-dev", &tools), ("npm install", &used)]
            .into_iter()
            .filter(|(_, packages)| !packages.is_empty())
            .map(|(command, packages)| {
                packages
                    .iter()
                    .fold(command.to_owned(), |line, (name, version)| {
                        format!("{line} {name}@{version}")
                    })
            })
            .collect();
        Some(Self {
            name: format!("{package} {version}"),
            install,
        })
    }
}

/// The parts of a driver that are shown to readers, without their indentation.
fn example(driver: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(driver).map_err(|error| unreadable(driver, &error))?;
    let mut parts = Vec::new();
    let mut lines = text.lines();
    while lines.any(|line| line.contains("example: begin")) {
        let part = lines
            .by_ref()
            .take_while(|line| !line.contains("example: end"));
        parts.push(unindented(&part.collect::<Vec<_>>()));
    }
    if parts.is_empty() {
        return Err(Failure(format!(
            "{}: nothing stands between `example: begin` and `example: end`",
            files::shown(driver)
        )));
    }
    Ok(parts.join("\n\n"))
}

fn unindented(lines: &[&str]) -> String {
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or_default();
    let lines = lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: can't be read: {error}", files::shown(path)))
}
