//! Do the crate's version and the changelog agree with the changes?
//!
//! * A version is released once the changelog has a heading for it. What isn't released yet can change at will.
//! * Since a released base, what breaks a client or the Rust API needs the next major version, or the next minor one while the
//!   major version is 0.
//! * Every change needs an entry under `Unreleased`, or under the heading of a version newer than the base's; one that the base's
//!   changelog has already is about something else.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use semver::Version;
use serde::Serialize;

use super::base::Base;
use crate::exit::Failure;

static IN_MANIFEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^\[workspace\.package\][^\[]*?^version\s*=\s*"([^"]+)""#)
        .expect("the pattern is a regular expression")
});

/// What the release says of itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The version in `Cargo.toml`.
    pub version: Version,
    /// The version of the base, if that was released.
    pub released: Option<Version>,
    /// The least version that the changes allow, if it must be another than the base's.
    pub needed: Option<Version>,
    /// Whether the changelog tells of changes that the base's doesn't.
    pub in_changelog: bool,
    /// What is wrong, in sentences.
    pub problems: Vec<String>,
}

/// What the changes come to.
#[derive(Clone, Copy)]
pub struct Weight {
    /// Something breaks.
    pub breaking: bool,
    /// Something was changed at all.
    pub any: bool,
}

impl Release {
    /// Compares the version and the changelog with the changes.
    pub fn check(
        manifest: &str,
        changelog: &str,
        base: &Base,
        weight: Weight,
    ) -> Result<Self, Failure> {
        let version = version(manifest).ok_or_else(|| {
            Failure("Cargo.toml: there is no `version` under [workspace.package]".to_owned())
        })?;
        let sections = sections(changelog);
        let newest = || {
            let versions = sections
                .iter()
                .filter_map(|section| section.version.clone());
            versions.max()
        };
        let of_base = match &base.manifest {
            Some(manifest) => self::version(manifest),
            // A file doesn't say its version: the last one that was released.
            None => newest(),
        };
        let released = of_base.filter(|base| {
            let is_it = |section: &Section| section.version.as_ref() == Some(base);
            sections.iter().any(is_it)
        });
        let told = base
            .changelog
            .as_deref()
            .map(self::sections)
            .unwrap_or_default();
        let told: HashSet<&str> = told
            .iter()
            .flat_map(|section| section.entries.iter().copied())
            .collect();
        let in_changelog = sections
            .iter()
            .filter(|section| section.unreleased || section.version > released)
            .flat_map(|section| &section.entries)
            .any(|entry| !told.contains(entry));

        let needed = released
            .as_ref()
            .filter(|_| weight.breaking)
            .map(next_breaking);
        let mut problems = Vec::new();
        if let (Some(needed), Some(released)) = (&needed, &released)
            && version < *needed
        {
            problems.push(format!(
                "what breaks since {released} needs version {needed}, and Cargo.toml says {version}: raise `version` under [workspace.package]"
            ));
        }
        if weight.any && !in_changelog {
            problems.push(
                "CHANGELOG.md doesn't tell of it: add an entry under `## Unreleased`".to_owned(),
            );
        }
        Ok(Self {
            version,
            released,
            needed,
            in_changelog,
            problems,
        })
    }
}

fn version(manifest: &str) -> Option<Version> {
    Version::parse(IN_MANIFEST.captures(manifest)?.get(1)?.as_str()).ok()
}

/// The first version that may break what this one promised.
fn next_breaking(released: &Version) -> Version {
    if released.major == 0 {
        Version::new(0, released.minor + 1, 0)
    } else {
        Version::new(released.major + 1, 0, 0)
    }
}

struct Section<'t> {
    unreleased: bool,
    version: Option<Version>,
    entries: Vec<&'t str>,
}

/// The changelog's `## ` headings, as Keep a Changelog has them, with the entries below each.
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
