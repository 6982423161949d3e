//! The release that the changes need, and the check of the version in `Cargo.toml` and of `CHANGELOG.md`.
//!
//! * The base's version is the newest one with a heading in the base's changelog. Before the first release, any change is allowed.
//! * After a released base, a breaking change needs the next major version, or the next minor version while the major version is 0.
//! * Every change needs an entry in the changelog that the base's changelog doesn't have, under `Unreleased` or a release newer than
//!   the base's version.

use regex::Regex;
use semver::Version;

use super::base::Base;
use crate::exit_code::CommandError;
use crate::files;
use crate::findings::Finding;

/// The kind of release that the changes need, in the terms of semantic versioning.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Only the documentation was changed.
    Patch,
    /// Every change is backward compatible.
    Minor,
    /// A change is breaking.
    Major,
}

impl Verdict {
    /// Returns the name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// Returns the lowest version that may follow a released version.
    fn after(self, released: &Version) -> Version {
        match (self, released.major) {
            (Self::Major, 0) => Version::new(0, released.minor + 1, 0),
            (Self::Major, major) => Version::new(major + 1, 0, 0),
            (Self::Patch, _) | (Self::Minor, 0) => released.clone(),
            (Self::Minor, major) => Version::new(major, released.minor + 1, 0),
        }
    }
}

/// The current version, the version of the base, and whether the changelog has a new entry.
pub struct Release {
    /// The version in `Cargo.toml`.
    pub version: Version,
    /// The version of the base, if it is released.
    pub base: Option<Version>,
    has_entry: bool,
}

impl Release {
    /// Reads `Cargo.toml` and `CHANGELOG.md`.
    pub fn read(base: &Base) -> Result<Self, CommandError> {
        let manifest = files::read(&files::root().join("Cargo.toml"))?;
        let pattern = r#"(?m)^\[workspace\.package\][^\[]*?^version\s*=\s*"([^"]+)""#;
        let pattern = Regex::new(pattern).expect("the pattern is a regular expression");
        let version = pattern.captures(&manifest);
        let version = version.and_then(|version| Version::parse(&version[1]).ok());
        let message = "Cargo.toml: `version` is missing under [workspace.package]: add it";
        let changelog = files::read(&files::root().join("CHANGELOG.md"))?;
        let released = changelog.lines();
        let released = released.skip_while(|line| released_version(line).is_none());
        let base: Vec<&str> = match &base.changelog {
            Some(changelog) => changelog.lines().collect(),
            // A file has no changelog: assume the last release.
            None => released.collect(),
        };
        let base_version = base.iter().copied().find_map(released_version);
        // An edited entry of an old release describes an earlier change.
        let mut newer = changelog.lines().take_while(|line| {
            let version = released_version(line);
            version.is_none_or(|version| Some(&version) > base_version.as_ref())
        });
        let has_entry = newer.any(|line| line.starts_with("- ") && !base.contains(&line));
        Ok(Self {
            version: version.ok_or_else(|| message.to_owned())?,
            has_entry,
            base: base_version,
        })
    }

    /// Returns a finding for the version and for the changelog if they don't match the changes.
    pub fn problems(&self, verdict: Verdict) -> Vec<Finding> {
        let mut problems = Vec::new();
        let needed = self.base.as_ref().map(|released| verdict.after(released));
        if let Some(needed) = needed.filter(|needed| self.version < *needed) {
            let version = &self.version;
            let message =
                format!("the changes need version {needed}, and Cargo.toml has {version}");
            let help = "raise `version` under [workspace.package]";
            problems.push(Finding::error("version", message).help(help));
        }
        if verdict != Verdict::Patch && !self.has_entry {
            let message = "CHANGELOG.md has no entry for the changes";
            let help = "add an entry under `## Unreleased`";
            problems.push(Finding::error("changelog", message).help(help));
        }
        problems
    }
}

/// Returns the version in a heading of a changelog in the form of Keep a Changelog, such as `## [0.1.0] - 2026-01-01`.
fn released_version(line: &str) -> Option<Version> {
    let heading = line.strip_prefix("## ")?.trim_start_matches(['[', 'v']);
    Version::parse(heading.split([']', ' ']).next()?).ok()
}
