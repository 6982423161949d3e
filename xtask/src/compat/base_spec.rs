//! Reads the *base*, the earlier version of the spec with which `cargo xtask compat` compares the current spec.

use std::path::Path;

use crate::exit_code::CommandError;
use crate::files;
use crate::spec::Spec;

/// The paths of the files that `Base` reads from a git revision.
const SPEC: &str = "openapi/cloud-partner-portal.yaml";
const CHANGELOG: &str = "CHANGELOG.md";

pub struct Base {
    /// The path of the file or the name of the revision, for messages.
    pub name: String,
    pub spec: Spec,
    /// The text of `CHANGELOG.md` in the git revision; empty if the revision has no such file. `None` if the base is a file.
    pub changelog: Option<String>,
}

impl Base {
    /// Reads the base from the file `name`. If there is no such file, reads it from the git revision `name`. Without a name, the revision is
    /// the newest tag, or `HEAD~1` if there is no tag.
    pub fn read(name: Option<&str>) -> Result<Self, CommandError> {
        match name {
            Some(file) if Path::new(file).is_file() => Ok(Self {
                name: files::display_path(Path::new(file)),
                spec: files::read_spec(Path::new(file))?,
                changelog: None,
            }),
            Some(revision) => Self::read_revision(revision),
            None => {
                let tag = files::git_output(&["describe", "--tags", "--abbrev=0"]);
                Self::read_revision(tag.as_deref().map_or("HEAD~1", str::trim))
            }
        }
    }

    fn read_revision(revision: &str) -> Result<Self, CommandError> {
        // Without `--end-of-options`, git would treat a name that begins with a dash as an option.
        let show = |file: &str| {
            files::git_output(&["show", "--end-of-options", &format!("{revision}:./{file}")])
        };
        // With an empty revision, git would read the spec from its index, which isn't an earlier version.
        let text = show(SPEC).filter(|_| !revision.is_empty());
        let text = text.ok_or_else(|| {
            format!(
                "the base `{revision}` is neither a file nor a git revision with {SPEC}: give another base with --base"
            )
        })?;
        Ok(Self {
            spec: Spec::parse(&format!("{revision}:{SPEC}"), &text)?,
            name: revision.to_owned(),
            changelog: Some(show(CHANGELOG).unwrap_or_default()),
        })
    }
}
