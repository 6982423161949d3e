//! The version of the spec that `compat` compares with: a file, or the spec of a git revision.

use std::path::Path;

use crate::exit::Failure;
use crate::files;
use crate::spec::Spec;

/// The paths of the spec, the version and the changelog in every revision.
const SPEC: &str = "openapi/cloud-partner-portal.yaml";
const MANIFEST: &str = "Cargo.toml";
const CHANGELOG: &str = "CHANGELOG.md";

/// The spec that the current one is compared with.
pub struct Base {
    /// The file or the revision, for messages.
    pub name: String,
    /// The spec.
    pub spec: Spec,
    /// `Cargo.toml` of the revision; `None` for a file.
    pub manifest: Option<String>,
    /// `CHANGELOG.md` of the revision, if it had one.
    pub changelog: Option<String>,
}

impl Base {
    /// Reads a file of this name, or else a revision; without a name the newest tag, or else the commit before the last.
    pub fn find(given: Option<&str>) -> Result<Self, Failure> {
        match given {
            Some(name) if Path::new(name).is_file() => Ok(Self {
                name: files::shown(Path::new(name)),
                spec: files::spec(Path::new(name))?,
                manifest: None,
                changelog: None,
            }),
            Some(revision) => Self::revision(revision),
            None => match files::git(&["describe", "--tags", "--abbrev=0"]) {
                Some(tag) => Self::revision(tag.trim()),
                None => Self::revision("HEAD~1"),
            },
        }
    }

    fn revision(revision: &str) -> Result<Self, Failure> {
        // Without `--end-of-options`, git would take a name that begins with a dash for an option.
        let show =
            |file: &str| files::git(&["show", "--end-of-options", &format!("{revision}:./{file}")]);
        let text = show(SPEC).ok_or_else(|| {
            Failure(format!(
                "the base `{revision}` is neither a file nor a git revision that holds {SPEC}: name another one with --base"
            ))
        })?;
        Ok(Self {
            spec: Spec::parse(Path::new(&format!("{revision}:{SPEC}")), &text)?,
            name: revision.to_owned(),
            manifest: show(MANIFEST),
            changelog: show(CHANGELOG),
        })
    }
}
