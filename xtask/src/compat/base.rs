//! What the contract is compared with: a file, or the contract as a revision has it.

use std::path::Path;
use std::process::Command;

use crate::exit::Failure;
use crate::files;
use crate::generator::contract::Contract;

/// Where the contract, the version and the changelog are in every revision.
const CONTRACT: &str = "openapi/cloud-partner-portal.yaml";
const MANIFEST: &str = "Cargo.toml";
const CHANGELOG: &str = "CHANGELOG.md";

/// The other contract, and what was said about it then.
pub struct Base {
    /// What messages call it.
    pub name: String,
    /// The contract.
    pub contract: Contract,
    /// `Cargo.toml` of the revision; a file has none.
    pub manifest: Option<String>,
    /// `CHANGELOG.md` of the revision, if it had one.
    pub changelog: Option<String>,
}

impl Base {
    /// A file of this name, or else a revision; without a name the newest tag, or else the commit before the last.
    pub fn find(given: Option<&str>) -> Result<Self, Failure> {
        match given {
            Some(name) if Path::new(name).is_file() => Ok(Self {
                name: files::shown(Path::new(name)),
                contract: files::contract(Path::new(name))?,
                manifest: None,
                changelog: None,
            }),
            Some(revision) => Self::revision(revision),
            None => match git(&["describe", "--tags", "--abbrev=0"]) {
                Some(tag) => Self::revision(tag.trim()),
                None => Self::revision("HEAD~1"),
            },
        }
    }

    fn revision(revision: &str) -> Result<Self, Failure> {
        // A name that begins with a dash would be an option.
        let show = |file: &str| git(&["show", "--end-of-options", &format!("{revision}:{file}")]);
        let text = show(CONTRACT).ok_or_else(|| {
            Failure(format!(
                "the base `{revision}` is neither a file nor a revision with {CONTRACT} in it, or git can't tell: give another \
                 with --base"
            ))
        })?;
        let name = format!("{revision}:{CONTRACT}");
        Ok(Self {
            contract: Contract::parse(Path::new(&name), &text)?,
            name: revision.to_owned(),
            manifest: show(MANIFEST),
            changelog: show(CHANGELOG),
        })
    }
}

/// What git prints, if it does what it is asked for.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(files::root())
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}
