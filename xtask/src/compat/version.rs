//! Checks that `Cargo.toml` and `CHANGELOG.md` match the changes of the spec since the *base*, an earlier git revision.
//!
//! The *last release* is the newest version that has a heading, such as `## [0.1.0]`, in the changelog of the base. If there is no such
//! heading, no change needs a new version.
//!
//! * If the last release is 1.0.0 or later, a breaking change needs the next major version, and any other change the next minor version.
//! * If the last release is before 1.0.0, a breaking change needs the next minor version, and any other change needs no new version.
//! * Every change needs a new entry in the changelog, under `Unreleased` or under the heading of a version newer than the last release.
//!
//! Changes of documentation don't count.

use regex::Regex;
use semver::Version;

use super::base_spec::Base;
use crate::exit_code::CommandError;
use crate::files;
use crate::findings::Finding;

/// The kind of release that the changes need, in the terms of semantic versioning.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing changed, or only documentation.
    Patch,
    /// Every change is backward compatible.
    Minor,
    /// A change is breaking.
    Major,
}

impl Verdict {
    /// Returns the name in messages and in JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// Returns the lowest version that `Cargo.toml` may have after the release `released`. If no new version is needed, returns `released`.
    fn after(self, released: &Version) -> Version {
        match (self, released.major) {
            (Self::Major, 0) => Version::new(0, released.minor + 1, 0),
            (Self::Major, major) => Version::new(major + 1, 0, 0),
            (Self::Patch, _) | (Self::Minor, 0) => released.clone(),
            (Self::Minor, major) => Version::new(major, released.minor + 1, 0),
        }
    }
}

/// Checks `Cargo.toml` and `CHANGELOG.md` against the changes since the base. Returns the errors in these two files.
pub fn check(base: &Base, verdict: Verdict) -> Result<Vec<Finding>, CommandError> {
    let manifest = files::read(&files::root().join("Cargo.toml"))?;
    let pattern = r#"(?m)^\[workspace\.package\][^\[]*?^version\s*=\s*"([^"]+)""#;
    let pattern = Regex::new(pattern).expect("the pattern is a regular expression");
    let version = pattern.captures(&manifest);
    let version = version.and_then(|version| Version::parse(&version[1]).ok());
    let message = "Cargo.toml: `version` is missing under [workspace.package]: add it";
    let version = version.ok_or_else(|| message.to_owned())?;
    let changelog = files::read(&files::root().join("CHANGELOG.md"))?;
    let base_lines: Vec<&str> = base.changelog.lines().collect();
    let last_release = base_lines.iter().copied().find_map(released_version);

    let mut errors = Vec::new();
    if let Some(released) = &last_release
        && let needed = verdict.after(released)
        && version < needed
    {
        let message = format!("the changes need version {needed}, and Cargo.toml has {version}");
        let help = "raise `version` under [workspace.package]";
        errors.push(Finding::error("version", message).help(help));
    }
    // The new entry must be above the heading of the last release.
    let mut new_lines = changelog.lines().take_while(|line| {
        let version = released_version(line);
        version.is_none_or(|version| Some(&version) > last_release.as_ref())
    });
    let has_entry = new_lines.any(|line| line.starts_with("- ") && !base_lines.contains(&line));
    if verdict != Verdict::Patch && !has_entry {
        let message = "CHANGELOG.md has no entry for the changes";
        let help = "add an entry under `## Unreleased`";
        errors.push(Finding::error("changelog", message).help(help));
    }
    Ok(errors)
}

/// Returns the version in a heading of a changelog in the form of Keep a Changelog, such as `## [0.1.0] - 2026-01-01`.
fn released_version(line: &str) -> Option<Version> {
    let heading = line.strip_prefix("## ")?.trim_start_matches(['[', 'v']);
    Version::parse(heading.split([']', ' ']).next()?).ok()
}
