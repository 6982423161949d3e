//! Reads the *base*, the earlier version of the spec with which `cargo xtask compat` compares the current spec.

use crate::exit_code::CommandError;
use crate::files;
use crate::spec::Spec;

/// The paths of the files that `Base` reads from a git revision.
const SPEC: &str = "openapi/cloud-partner-portal.yaml";
const CHANGELOG: &str = "CHANGELOG.md";

pub struct Base {
    /// The git revision, as the user wrote it.
    pub revision: String,
    pub spec: Spec,
    /// The text of `CHANGELOG.md`; empty if the revision has no such file.
    pub changelog: String,
}

impl Base {
    /// Reads the base from a git revision. Without a revision, reads the newest tag, or `HEAD~1` if there is no tag.
    pub fn read(revision: Option<String>) -> Result<Self, CommandError> {
        let revision = revision
            .or_else(|| files::git_output(&["describe", "--tags", "--abbrev=0"]))
            .unwrap_or("HEAD~1".to_owned());
        let revision = revision.trim();
        // Without `--end-of-options`, git would treat a name that begins with a dash as an option.
        let show = |file: &str| {
            files::git_output(&["show", "--end-of-options", &format!("{revision}:./{file}")])
        };
        // With an empty revision, git would read the spec from its index, which isn't an earlier version.
        let text = show(SPEC).filter(|_| !revision.is_empty());
        let text = text.ok_or_else(|| {
            format!(
                "the base `{revision}` isn't a git revision with {SPEC}: give another base with --base"
            )
        })?;
        Ok(Self {
            spec: Spec::parse(&format!("{revision}:{SPEC}"), &text)?,
            revision: revision.to_owned(),
            changelog: show(CHANGELOG).unwrap_or_default(),
        })
    }
}
