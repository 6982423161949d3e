//! Tests that the tool's command lines in README.md run.

use crate::support::{run, serve, tool};

/// Returns the arguments of the lines that begin with `$ cloud-partner`, without comments.
fn command_lines() -> Vec<Vec<&'static str>> {
    include_str!("../../../../README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("$ cloud-partner "))
        .map(|line| line.split('#').next().unwrap_or_default())
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[test]
fn every_command_line_of_the_readme_runs() {
    let server = serve();
    let lines = command_lines();
    assert!(
        ["offers", "status", "watch"]
            .iter()
            .all(|command| lines.iter().any(|line| line.contains(command))),
        "{lines:?}"
    );
    for line in lines {
        let output = run(tool(&server.url()).args(&line));
        // A watch ends with the outcome of the replayed publication.
        let expected = if line.contains(&"watch") {
            0..=9
        } else {
            0..=0
        };
        let code = output.code.filter(|code| !matches!(code, 1 | 2));
        assert!(
            code.is_some_and(|code| expected.contains(&code)),
            "{line:?}: {:?}\n{}{}",
            output.code,
            output.out,
            output.err
        );
        assert!(!output.out.is_empty(), "{line:?}");
    }
}
