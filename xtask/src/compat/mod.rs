//! `cargo xtask compat`: compares the spec with an earlier version, the *base*. Lists the changes, and checks that `CHANGELOG.md` and the
//! version in `Cargo.toml` match the changes.

mod base_spec;
mod compare;
mod keyword_changes;
mod version;

use std::io::Write;

use clap::Args;

use self::base_spec::Base;
use self::compare::BREAKING;
use self::version::Verdict;
use crate::exit_code::CommandResult;
use crate::files;
use crate::findings::{Format, Report};
use crate::print::with_noun;

/// Compares the spec with an earlier version and reports breaking changes
///
/// Lists each change since the earlier version, which is called the base. For a breaking change, the message says why a client that
/// was written for the base may stop working. Two kinds of changes are always backward compatible: adding or removing a known value
/// of an extensible enum, and adding or removing an error response.
///
/// Then checks the version in Cargo.toml. A breaking change needs a new major version, and any other change needs a new minor version.
/// Before 1.0.0, a breaking change needs a new minor version, and other changes need no new version. Every change needs an entry under
/// `Unreleased` in CHANGELOG.md.
#[derive(Args)]
pub struct Compat {
    /// The base, a git revision [default: the newest tag; without a tag, HEAD~1]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Compat {
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&files::default_spec_path())?;
        let base = Base::read(self.base)?;
        let changes = compare::compare(&base.spec, &spec)?;
        let breaking = changes.iter().filter(|change| change.code == BREAKING);
        let (all, breaking) = (changes.len(), breaking.count());
        let verdict = match (all, breaking) {
            (0, _) => Verdict::Patch,
            (_, 0) => Verdict::Minor,
            _ => Verdict::Major,
        };
        let errors = version::check(&base, verdict)?;
        let mut report = Report::default();
        report.add_property("base", &base.revision);
        report.add_property("spec", &spec.file);
        report.add_property("verdict", verdict.name());
        report.findings.extend(changes);
        report.findings.extend(errors);
        let done = format!(
            "{} has {} since {}, {breaking} of them breaking",
            spec.file,
            with_noun(all, "change"),
            base.revision,
        );
        report.print(self.format, &done, out)
    }
}
