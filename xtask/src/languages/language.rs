//! Languages: the folders in tests/languages with a `language.yaml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::exit::CommandError;
use crate::files;

/// A language.
pub struct Language {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// The contents of its `language.yaml`.
    pub manifest: Manifest,
    /// The other folders whose installed programs the language needs.
    tools: Vec<String>,
}

/// The contents of a `language.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The human-readable name.
    pub title: String,
    /// The name of its generator.
    pub generator: String,
    /// The commands that install the generator and the client's dependencies, at the pinned versions.
    #[serde(default)]
    pub install: Vec<String>,
    /// The shell script that generates the client.
    pub generate: Option<String>,
    /// The shell script that builds the driver and the example.
    pub build: Option<String>,
    /// The shell script that runs the driver.
    pub run: String,
    /// The complete program on the language's page.
    pub example: Option<Example>,
    /// Facts for users of the client.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The files in the folder that the generator reads; the page has their text.
    #[serde(default)]
    pub files: Vec<String>,
    /// The known differences.
    #[serde(default)]
    pub known_differences: Vec<KnownDifference>,
}

/// The complete program on a language's page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The name of the program's file in the language's folder.
    pub file: String,
    /// The shell script that runs the program.
    pub run: String,
}

/// A group of differences between a client's results and the recordings that is accepted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifference {
    /// A short name.
    pub name: String,
    /// The effect on users of the client.
    pub explanation: String,
    /// The differences, exactly as the command prints them.
    differences: Vec<String>,
}

/// Returns the folder of the languages.
pub fn home() -> PathBuf {
    files::root().join("tests/languages")
}

/// Returns the folder in which `tests/languages/install` installs packages.
pub fn installed() -> PathBuf {
    files::root().join(".tools/languages")
}

/// Returns every language, in the order of the folders' names.
pub fn all() -> Result<Vec<Language>, CommandError> {
    let home = home();
    let mut names: Vec<String> = fs::read_dir(&home)
        .map_err(|error| read_error(&home, &error))?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("language.yaml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.into_iter().map(Language::read).collect()
}

impl Language {
    fn read(name: String) -> Result<Self, CommandError> {
        let folder = home().join(&name);
        let (file, manifest): (_, Manifest) = files::read_yaml(&folder.join("language.yaml"))?;
        for (index, known) in manifest.known_differences.iter().enumerate() {
            if known.explanation.trim().is_empty() {
                let at = format!("/known-differences/{index}");
                return Err(file
                    .error(&at, "the known difference has no explanation: add one")
                    .into());
            }
        }
        let needs = folder.join("needs.txt");
        let needs = match fs::read_to_string(&needs) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(read_error(&needs, &error)),
        };
        let tools = needs
            .lines()
            .filter_map(|line| {
                let mut words = line.split('#').next()?.split_whitespace();
                (words.next()? == "tool").then(|| words.next()).flatten()
            })
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>();
        let language = Self {
            name,
            folder,
            manifest,
            tools,
        };
        match language.unpinned() {
            Some(package) => {
                let message = format!(
                    "the package `{package}` isn't pinned at this version: add it to requirements.txt or package.json of the language or its tools"
                );
                Err(file.error("/install", message).into())
            }
            None => Ok(language),
        }
    }

    /// Returns a package in the install commands that isn't pinned at the same version.
    fn unpinned(&self) -> Option<&str> {
        let read = |file: &str| fs::read_to_string(home().join(file)).unwrap_or_default();
        let mut pins = String::new();
        for folder in self.packages() {
            pins += &read(&format!("{folder}/requirements.txt"));
            pins += &read(&format!("{folder}/package.json"));
        }
        let is_pinned = |package: &str| match package.rsplit_once('@') {
            Some((name, version)) => pins.contains(&format!("\"{name}\": \"{version}\"")),
            None => pins.lines().any(|line| line == package),
        };
        let words = self
            .manifest
            .install
            .iter()
            .flat_map(|line| line.split(' '));
        let mut packages = words.filter(|word| word.contains("==") || word.contains('@'));
        packages.find(|package| !is_pinned(package))
    }

    /// Returns the known difference that lists a difference.
    pub fn known(&self, difference: &str) -> Option<&KnownDifference> {
        let mut known = self.manifest.known_differences.iter();
        known.find(|known| known.differences.iter().any(|name| name == difference))
    }

    /// Returns the listed differences that aren't among `differences`, the actual ones.
    pub fn unneeded<'l>(&'l self, differences: &[&str]) -> Vec<&'l str> {
        let known = self.manifest.known_differences.iter();
        let known = known.flat_map(|known| known.differences.iter().map(String::as_str));
        known.filter(|name| !differences.contains(name)).collect()
    }

    /// Reads a file of the folder.
    pub fn text(&self, file: &str) -> Result<String, CommandError> {
        let path = self.folder.join(file);
        fs::read_to_string(&path).map_err(|error| read_error(&path, &error))
    }

    /// Returns the output of `tests/languages/install --check`, which lists the missing tools; `None` if no tool is missing.
    pub fn missing(&self) -> Result<Option<String>, CommandError> {
        let script = home().join("install");
        let output = Command::new(&script)
            .args(["--check", &self.name])
            .output()
            .map_err(|error| {
                CommandError(format!(
                    "{}: can't be started: {error}",
                    files::display_path(&script)
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

    /// Returns the names of the language's folder and its tools' folders, in the order of the lookup of programs.
    fn packages(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.tools.iter().map(String::as_str))
    }

    /// Returns the `PATH` for the language's commands, with the installed programs first.
    pub fn path(&self) -> Result<std::ffi::OsString, CommandError> {
        let own = self.packages().flat_map(|folder| {
            let folder = installed().join(folder);
            [folder.join("venv/bin"), folder.join("node_modules/.bin")]
        });
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(own.chain(std::env::split_paths(&path))).map_err(|error| {
            CommandError(format!(
                "the PATH of the language's commands is invalid: {error}"
            ))
        })
    }
}

fn read_error(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError(format!(
        "{}: the file can't be read: {error}",
        files::display_path(path)
    ))
}
