//! A language: a folder below tests/languages with a `language.yaml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use super::patterns::Patterns;
use crate::exit::Failure;
use crate::files;

/// One language.
pub struct Language {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// The contents of its `language.yaml`.
    pub about: About,
    /// Its generator.
    pub generator: Generator,
    /// Which differences are known: a list of patterns for each of `about.known_differences`.
    patterns: Patterns,
    /// Other folders whose programs it needs.
    tools: Vec<String>,
}

/// The contents of a `language.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct About {
    /// The name for people.
    pub title: String,
    /// The registry and the package of its generator.
    generator: String,
    /// Generates the client.
    pub generate: Option<String>,
    /// Builds the driver and the example.
    pub build: Option<String>,
    /// Runs the driver.
    pub run: String,
    /// The complete program that the page shows.
    pub example: Option<Example>,
    /// Facts for users of the client.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Files in the folder that the generator reads; the page shows them.
    #[serde(default)]
    pub files: Vec<String>,
    /// The accepted differences.
    #[serde(default)]
    pub known_differences: Vec<KnownDifference>,
}

/// The complete program that a language's page shows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The program's file in the language's folder.
    pub file: String,
    /// Runs the program.
    pub run: String,
}

/// Something that a client reads differently, and that is accepted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifference {
    /// A short name.
    pub name: String,
    /// What a user of the client has to know.
    pub explanation: String,
    /// The patterns of the differences.
    differences: Vec<String>,
}

/// The program that generates a client.
pub struct Generator {
    /// Its name and version.
    pub name: String,
    /// The commands that install it and what its client needs.
    pub install: Vec<String>,
}

/// The folder of the languages.
pub fn home() -> PathBuf {
    files::root().join("tests/languages")
}

/// The folder in which `tests/languages/install` installs packages.
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
    names.into_iter().map(Language::read).collect()
}

impl Language {
    fn read(name: String) -> Result<Self, Failure> {
        let folder = home().join(&name);
        let (file, about): (_, About) = files::yaml(&folder.join("language.yaml"))?;
        let mut patterns = Patterns::default();
        for (index, known) in about.known_differences.iter().enumerate() {
            let at = format!("/known-differences/{index}");
            let error = |what: &str| Failure(file.error(&at, what).to_string());
            if about.known_differences[..index]
                .iter()
                .any(|other| other.name == known.name)
            {
                return Err(error("another known difference has this name"));
            }
            if known.explanation.trim().is_empty() || known.differences.is_empty() {
                return Err(error(
                    "a known difference needs an explanation and at least one pattern",
                ));
            }
            let at = format!("{at}/differences");
            patterns.add(index, &file, &at, &known.differences)?;
        }
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
        Ok(Self {
            name,
            folder,
            about,
            generator,
            patterns,
            tools,
        })
    }

    /// The known difference that a difference belongs to.
    pub fn known(&self, difference: &str) -> Option<&KnownDifference> {
        let index = self.patterns.matching(difference)?;
        self.about.known_differences.get(index)
    }

    /// What is wrong with the known differences, given the names of all differences.
    pub fn unneeded(&self, differences: &[&str]) -> Vec<String> {
        self.patterns.unneeded(differences)
    }

    /// A file of the folder.
    pub fn text(&self, file: &str) -> Result<String, Failure> {
        let path = self.folder.join(file);
        fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))
    }

    /// What is missing to run it here, in the words of `tests/languages/install --check`.
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
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text
            .lines()
            .map(|line| line.trim_start_matches("install: "))
            .collect();
        Ok(Some(lines.join("; ")))
    }

    /// Its own folder and its tools', in the order in which programs are looked up.
    fn packages(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.tools.iter().map(String::as_str))
    }

    /// The `PATH` with the programs of its packages and its tools.
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
    /// Finds `pypi PACKAGE` or `npm PACKAGE` at the version that one of the folders pins; a name without a registry is taken as it is.
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

    /// Finds one of the packages of a `package.json`. The other packages are needed by it or by its client.
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

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: can't be read: {error}", files::shown(path)))
}
