//! The release that the changes need, and the check of the version in `Cargo.toml` and of `CHANGELOG.md`.
//!
//! * A version counts as released if the changelog has a heading for it. After a base that isn't released, any change is allowed.
//! * After a released base, a breaking change needs the next major version, or the next minor version while the major version is 0.
//! * Every change needs an entry under `Unreleased` or under a version newer than the base's. An entry that the base's changelog
//!   has already doesn't count.

use std::collections::HashSet;
use std::fs;
use std::sync::LazyLock;

use regex::Regex;
use semver::Version;

use super::base::Base;
use crate::exit::CommandError;
use crate::files;
use crate::report::Finding;

static IN_MANIFEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^\[workspace\.package\][^\[]*?^version\s*=\s*"([^"]+)""#)
        .expect("the pattern is a regular expression")
});

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

/// The current version, the released version of the base, and whether the changelog has a new entry.
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
        let version = version(&read("Cargo.toml")?).ok_or_else(|| {
            CommandError(
                "Cargo.toml: `version` is missing under [workspace.package]: add it".to_owned(),
            )
        })?;
        let changelog = read("CHANGELOG.md")?;
        let sections = sections(&changelog);
        let mut versions = sections
            .iter()
            .filter_map(|section| section.version.as_ref());
        let of_base = match &base.manifest {
            Some(manifest) => self::version(manifest),
            // A file has no version: assume the last released version.
            None => versions.clone().max().cloned(),
        };
        let released = of_base.filter(|base| versions.any(|version| version == base));
        let known = self::sections(&base.changelog);
        let known: HashSet<&str> = known.into_iter().flat_map(|one| one.entries).collect();
        let mut news = sections
            .iter()
            .filter(|section| section.unreleased || section.version > released)
            .flat_map(|section| &section.entries);
        Ok(Self {
            version,
            has_entry: news.any(|entry| !known.contains(entry)),
            base: released,
        })
    }

    /// Returns a finding for the version and for the changelog if they don't match the changes.
    pub fn problems(&self, verdict: Verdict) -> Vec<Finding> {
        let mut problems = Vec::new();
        let needed = self.base.as_ref().map(|released| verdict.after(released));
        if let Some(needed) = needed.filter(|needed| self.version < *needed) {
            let message = format!(
                "the changes need version {needed}, and Cargo.toml has {}",
                self.version
            );
            problems.push(
                Finding::error("version", message)
                    .help("raise `version` under [workspace.package]"),
            );
        }
        if verdict != Verdict::Patch && !self.has_entry {
            let message = "CHANGELOG.md has no entry for the changes";
            problems.push(
                Finding::error("changelog", message).help("add an entry under `## Unreleased`"),
            );
        }
        problems
    }
}

fn read(name: &str) -> Result<String, CommandError> {
    let path = files::root().join(name);
    fs::read_to_string(&path).map_err(|error| {
        CommandError(format!(
            "{}: the file can't be read: {error}",
            files::display_path(&path)
        ))
    })
}

fn version(manifest: &str) -> Option<Version> {
    Version::parse(IN_MANIFEST.captures(manifest)?.get(1)?.as_str()).ok()
}

struct Section<'t> {
    unreleased: bool,
    version: Option<Version>,
    entries: Vec<&'t str>,
}

/// Returns the sections below the `## ` headings of a changelog in the form of Keep a Changelog.
fn sections(changelog: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in changelog.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let name = heading.trim_start_matches('[');
            let name = name.split([']', ' ']).next().unwrap_or_default();
            sections.push(Section {
                unreleased: name.eq_ignore_ascii_case("unreleased"),
                version: Version::parse(name.trim_start_matches('v')).ok(),
                entries: Vec::new(),
            });
        } else if let (Some(entry), Some(section)) = (line.strip_prefix("- "), sections.last_mut())
        {
            section.entries.push(entry);
        }
    }
    sections
}
