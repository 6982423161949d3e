//! The base of a comparison: an earlier version of the spec, from a file or from a git revision.

use std::path::Path;

use crate::exit_code::CommandError;
use crate::files;
use crate::spec::Spec;

// The paths of the files that are read from a git revision.
const SPEC: &str = "openapi/cloud-partner-portal.yaml";
const CHANGELOG: &str = "CHANGELOG.md";

/// The earlier version of the spec with which the current spec is compared.
pub struct Base {
    /// The path of the file or the name of the revision, for messages.
    pub name: String,
    /// The spec.
    pub spec: Spec,
    /// `CHANGELOG.md` of the revision; empty if there is none. For a file, `None`.
    pub changelog: Option<String>,
}

impl Base {
    /// Reads the base from the file `given`, or from the git revision `given` if there is no such file. Without a name, the base is
    /// the newest tag, or `HEAD~1` if there is no tag.
    pub fn find(given: Option<&str>) -> Result<Self, CommandError> {
        match given {
            Some(name) if Path::new(name).is_file() => Ok(Self {
                name: files::display_path(Path::new(name)),
                spec: files::read_spec(Path::new(name))?,
                changelog: None,
            }),
            Some(revision) => Self::revision(revision),
            None => match files::git_output(&["describe", "--tags", "--abbrev=0"]) {
                Some(tag) => Self::revision(tag.trim()),
                None => Self::revision("HEAD~1"),
            },
        }
    }

    fn revision(revision: &str) -> Result<Self, CommandError> {
        // Without `--end-of-options`, git would treat a name that begins with a dash as an option.
        let show = |file: &str| {
            files::git_output(&["show", "--end-of-options", &format!("{revision}:./{file}")])
        };
        // For an empty revision, git would read the spec from its index, so the comparison would find no change.
        let text = show(SPEC).filter(|_| !revision.is_empty());
        let text = text.ok_or_else(|| {
            format!(
                "the base `{revision}` is neither a file nor a git revision with {SPEC}: give another base with --base"
            )
        })?;
        Ok(Self {
            spec: Spec::parse(Path::new(&format!("{revision}:{SPEC}")), &text)?,
            name: revision.to_owned(),
            changelog: Some(show(CHANGELOG).unwrap_or_default()),
        })
    }
}
