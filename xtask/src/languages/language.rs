//! Reads the folders in tests/languages. A folder with a `language.yaml` is a *language*, and describes a client of the spec. A folder
//! without a `language.yaml` is a *tool*, and describes packages that several languages use, such as a generator.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use crate::exit_code::CommandError;
use crate::files;

pub struct Language {
    /// The folder's name.
    pub name: String,
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// The names of the folders whose packages the language can use: the language's own folder, then the folders of all tools. In the
    /// `PATH` of the language's commands, the folders have this order.
    package_folders: Vec<String>,
}

/// The contents of a `language.yaml`; tests/languages/README.md describes its properties.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    pub title: String,
    pub generator: String,
    #[serde(default)]
    pub install: Vec<String>,
    pub generate: Option<String>,
    pub build: Option<String>,
    pub run: String,
    pub example: Option<String>,
    #[serde(default)]
    pub notes: Vec<String>,
    #[serde(default)]
    pub files: Vec<String>,
    #[serde(default)]
    pub known_differences: Vec<KnownDifference>,
}

/// A group of accepted differences between the results of the generated client and the expected results.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifference {
    pub name: String,
    pub explanation: String,
    pub differences: Vec<String>,
}

fn languages_folder() -> PathBuf {
    files::root().join("tests/languages")
}

/// Returns the folder in which `tests/languages/install-tools` installs packages.
pub fn installed() -> PathBuf {
    files::root().join(".tools/languages")
}

/// Returns every language, in the order of the folders' names.
pub fn all() -> Result<Vec<Language>, CommandError> {
    let parent = languages_folder();
    let entries = fs::read_dir(&parent).map_err(|error| files::unusable(&parent, &error))?;
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let folders: BTreeSet<PathBuf> = folders.filter(|path| path.is_dir()).collect();
    let (languages, tools): (Vec<_>, Vec<_>) = folders
        .into_iter()
        .partition(|folder| folder.join("language.yaml").is_file());
    let languages = languages.into_iter();
    languages
        .map(|folder| Language::read(folder, &tools))
        .collect()
}

impl Language {
    fn read(folder: PathBuf, tools: &[PathBuf]) -> Result<Self, CommandError> {
        let (file, manifest): (_, Manifest) = files::read_yaml(&folder.join("language.yaml"))?;
        let mut known = manifest.known_differences.iter();
        if let Some(index) = known.position(|known| known.explanation.trim().is_empty()) {
            let pointer = format!("/known-differences/{index}");
            let message = "the known difference has no explanation: add one";
            return Err(file.error(&pointer, message).into());
        }
        let folders = [&folder].into_iter().chain(tools);
        let names = folders.filter_map(|folder| folder.file_name());
        let names: Vec<_> = names.map(|name| name.display().to_string()).collect();
        let language = Self {
            name: names[0].clone(),
            folder,
            manifest,
            package_folders: names,
        };
        match language.unpinned() {
            Some(package) => {
                let message = format!(
                    "the package `{package}` isn't pinned: add this version to requirements.txt or package.json of the language or of a tool"
                );
                Err(file.error("/install", message).into())
            }
            None => Ok(language),
        }
    }

    /// Returns the first package in the `install` commands whose exact version isn't in any `requirements.txt` or `package.json`.
    fn unpinned(&self) -> Option<&str> {
        let files = ["requirements.txt", "package.json"];
        let folders = self.package_folders.iter();
        let folders = folders.map(|name| languages_folder().join(name));
        let pins: String = folders
            .flat_map(|folder| files.map(|file| folder.join(file)))
            .filter_map(|file| fs::read_to_string(file).ok())
            .collect();
        let is_pinned = |package: &str| match package.rsplit_once('@') {
            Some((name, version)) => pins.contains(&format!("\"{name}\": \"{version}\"")),
            None => pins.lines().any(|line| line == package),
        };
        let commands = self.manifest.install.iter();
        let mut words = commands.flat_map(|command| command.split(' '));
        words.find(|word| word.contains(['=', '@']) && !is_pinned(word))
    }

    /// Returns the message of `tests/languages/install-tools --check`, which names the missing tools; `None` if no tool is missing.
    pub fn missing(&self) -> Result<Option<String>, CommandError> {
        let script = languages_folder().join("install-tools");
        let output = Command::new(&script)
            .args(["--check", &self.name])
            .output()
            .map_err(|error| files::unusable(&script, &error))?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).replace("install-tools: ", "");
        let missing = text.trim().replace('\n', "; ");
        Ok((!output.status.success()).then_some(missing))
    }

    /// Returns the `PATH` for the language's commands, with the installed programs first.
    pub fn path(&self) -> Result<OsString, CommandError> {
        let programs = self.package_folders.iter().flat_map(|name| {
            let folder = installed().join(name);
            [folder.join("venv/bin"), folder.join("node_modules/.bin")]
        });
        let path = env::var_os("PATH").unwrap_or_default();
        env::join_paths(programs.chain(env::split_paths(&path)))
            .map_err(|error| CommandError(format!("the PATH of the commands is invalid: {error}")))
    }
}
