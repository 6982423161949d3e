//! The `cargo xtask` commands that the documents name.

use crate::common;

const DOCUMENTS: [&str; 5] = [
    "README.md",
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    "openapi/README.md",
    "tests/languages/README.md",
];

/// The test runs each command with its options and `--help`: clap rejects unknown commands and options, and no file is written.
#[test]
fn every_xtask_command_in_the_documents_exists_with_its_options() {
    for document in DOCUMENTS {
        let text = common::read(&common::workspace().join(document));
        for line in text.lines() {
            for command in line.split("cargo xtask ").skip(1) {
                let end = command.find(['`', '#', '|', '>']).unwrap_or(command.len());
                let mut arguments: Vec<_> = command[..end]
                    .split_whitespace()
                    .map(|word| word.trim_matches(['[', ']', '…']))
                    .filter(|word| !["", "--", "--help"].contains(word))
                    .collect();
                arguments.push("--help");
                let output = common::run(&common::workspace(), &arguments);
                common::assert_exit_code(0, &output);
            }
        }
    }
}
