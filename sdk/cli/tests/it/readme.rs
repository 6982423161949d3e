//! Runs the tool's command lines in README.md.

use crate::support::{run, serve, tool};

#[test]
fn every_command_line_of_the_readme_runs() {
    let server = serve();
    let readme = include_str!("../../../../README.md").lines();
    let commands = readme.filter_map(|line| line.strip_prefix("$ cloud-partner "));
    let mut all_arguments = Vec::new();
    for command in commands {
        let command = command.split('#').next().unwrap_or_default();
        let arguments: Vec<_> = command.split_whitespace().collect();
        let output = run(tool(&server.url()).args(&arguments));
        // The exit code of `watch` depends on the outcome of the publication. The codes 3 to 9 stand for outcomes.
        let is_expected = match output.code {
            Some(0) => true,
            Some(code) => arguments.contains(&"watch") && (3..=9).contains(&code),
            None => false,
        };
        assert!(
            is_expected && !output.out.is_empty(),
            "{command}: {output:?}"
        );
        all_arguments.extend(arguments);
    }
    for name in ["offers", "status", "watch"] {
        assert!(
            all_arguments.contains(&name),
            "README.md has no command line with {name}"
        );
    }
}
