//! The row of a language in the report's table, and its errors.

use std::collections::BTreeSet;

use super::client::Run;
use super::language::Language;
use crate::report::Finding;

/// The headings of the table.
pub const HEADINGS: [&str; 5] = [
    "language",
    "generator",
    "calls",
    "same",
    "known differences",
];

/// Returns the row of a language. `calls` is the number of calls that its driver makes.
pub fn row(language: &Language, run: &Run, calls: usize) -> [String; 5] {
    let manifest = &language.manifest;
    let different = |is_counted: &dyn Fn(&String) -> bool| {
        let differences = run.differences.iter().flatten();
        let counted = differences.filter(|difference| is_counted(&difference.name));
        let calls: BTreeSet<&str> = counted.map(|one| one.case.as_str()).collect();
        calls.len()
    };
    let same = match run.differences {
        Some(_) => calls - different(&|_| true),
        None => 0,
    };
    let known: Vec<String> = manifest
        .known_differences
        .iter()
        .map(|known| (known, different(&|name| known.differences.contains(name))))
        .filter(|(_, calls)| *calls > 0)
        .map(|(known, calls)| format!("{} ({calls})", known.name))
        .collect();
    [
        manifest.title.clone(),
        manifest.generator.clone(),
        calls.to_string(),
        same.to_string(),
        known.join(", "),
    ]
}

/// Returns the errors of a run: a failed command, unknown differences, and known differences that no longer occur.
pub fn errors(language: &Language, run: &Run) -> Vec<Finding> {
    let error = |code, what: String| Finding::error(code, format!("{}: {what}", language.name));
    // The following lines of the message are indented like the first line.
    let failed = run
        .failed
        .iter()
        .map(|why| why.trim_end().replace('\n', "\n             "));
    let mut errors: Vec<Finding> = failed.map(|why| error("command-failed", why)).collect();
    let Some(differences) = &run.differences else {
        return errors;
    };
    let known = language.manifest.known_differences.iter();
    let known: Vec<&String> = known.flat_map(|known| &known.differences).collect();
    for difference in differences {
        if !known.contains(&&difference.name) {
            let what = format!("{}: {}", difference.name, difference.values);
            errors.push(error("difference", what));
        }
    }
    for name in known {
        if !differences
            .iter()
            .any(|difference| difference.name == *name)
        {
            let what = format!(
                "the known difference `{name}` no longer occurs: remove it from language.yaml"
            );
            errors.push(error("known-difference", what));
        }
    }
    errors
}
