//! Tests every command and `--help`. Standard output is a pipe, not a terminal.

use std::time::Duration;

use cloud_partner_recordings::scripted_server::{ScriptedServer, Step, json_response};
use serde_json::{Value, json};

use crate::support::{golden, run, serve, succeed, tool};

#[test]
fn offers_prints_a_table() {
    let server = serve();
    let offers = succeed(tool(&server.url()).args(["offers", "--steps"]));
    // Removes the column with the relative time, such as `3 years ago`, which depends on the day of the test.
    let without_time = |line: &str| {
        let columns = line.split("  ").filter(|column| !column.contains("UTC"));
        columns.collect::<Vec<_>>().join("  ") + "\n"
    };
    let table: String = offers.lines().map(without_time).collect();
    golden("offers.txt", &table);
}

#[test]
fn status_describes_who_must_act() {
    let server = serve();
    for (publisher, offer, file) in [
        ("contoso", "database", "status-failed.txt"),
        ("contoso", "firewall", "status-live.txt"),
        ("contoso", "gateway", "status-go-live.txt"),
        ("contoso", "test-vm", "status-thin.txt"),
        ("fabrikam", "running-hides-failure", "status-blocked.txt"),
        ("fabrikam", "unknown-values", "status-unknown.txt"),
    ] {
        let mut tool = tool(&server.url());
        let status = succeed(tool.args(["--publisher", publisher, "status", offer]));
        golden(file, &status);
    }
}

#[test]
fn watch_ends_with_the_outcome_of_each_scenario() {
    for (arguments, code, file) in [
        (&["linux-vm", "--until", "live"][..], 0, "watch-live.txt"),
        (&["windows-vm"], 6, "watch-blocked.txt"),
        (&["backup-app"], 4, "watch-canceled.txt"),
    ] {
        let server = serve();
        let mut command = tool(&server.url());
        let watch = run(command.args(["watch", "--interval", "5ms"]).args(arguments));
        let ended = (watch.code, watch.err.as_str());
        assert_eq!(ended, (Some(code), ""), "{arguments:?}");
        golden(file, &watch.out);
    }
}

#[test]
fn offers_with_steps_sends_at_most_eight_requests_at_once() {
    let server = ScriptedServer::start(|request| {
        let Some(offer) = request.target.split('/').nth(5) else {
            let offer = |number| json!({"id": format!("offer-{number}"), "status": "running"});
            return json_response((0..20).map(offer).collect::<Value>().to_string());
        };
        let steps = json!([{"stepName": format!("Step of {offer}"), "status": "inProgress"}]);
        let report = json_response(json!({"status": "running", "steps": steps}).to_string());
        [vec![Step::Wait(Duration::from_millis(30))], report].concat()
    });
    let table = succeed(tool(&server.url()).args(["offers", "--steps"]));
    let rows: Vec<_> = table.lines().skip(1).collect();
    assert_eq!(rows.len(), 20);
    for (number, row) in rows.iter().enumerate() {
        assert!(row.ends_with(&format!("Step of offer-{number}")), "{row}");
    }
    let concurrent = server.max_concurrent_requests();
    assert!(
        (2..=8).contains(&concurrent),
        "{concurrent} concurrent requests"
    );
}

#[test]
fn help_of_every_command_fits_in_80_columns() {
    for command in ["", "offers ", "status ", "watch ", "completions ", "man "] {
        for flag in ["--help", "-h"] {
            let command = format!("{command}{flag}");
            let help = succeed(tool("").args(command.split(' ')));
            let wide = help.lines().find(|line| line.chars().count() > 80);
            assert_eq!(wide, None, "{command}");
            let has_example = help.contains("Example: cloud-partner");
            assert!(has_example, "{command}: {help}");
        }
    }
}

#[test]
fn completions_and_man_print_to_standard_output() {
    let completions = succeed(tool("").args(["completions", "bash"]));
    assert!(completions.contains("cloud-partner"));
    assert!(succeed(tool("").arg("man")).contains(".TH cloud-partner"));
}

/// Returns the code and the meaning from each line of a table of exit codes. Skips a line that doesn't begin with a code.
fn exit_codes<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<(u8, String)> {
    lines
        .filter_map(|line| {
            let (code, meaning) = line.trim_matches([' ', '|']).split_once([' ', '|'])?;
            let meaning = meaning.trim_matches([' ', '|']).replace('`', "");
            Some((code.parse().ok()?, meaning))
        })
        .collect()
}

#[test]
fn help_readme_and_manual_page_show_the_same_exit_codes() {
    let help = succeed(tool("").arg("--help"));
    let expected = exit_codes(help.lines().filter(|line| line.starts_with("  ")));
    assert!(expected.len() > 12 && expected.is_sorted(), "{help}");
    let readme = include_str!("../../../../README.md");
    let rows = readme.lines().filter(|line| line.starts_with('|'));
    assert_eq!(exit_codes(rows), expected, "README.md");
    let watch = succeed(tool("").args(["watch", "--help"]));
    let rows = watch.lines().filter(|line| line.starts_with("  "));
    assert_eq!(exit_codes(rows), expected, "watch --help");
    let man = succeed(tool("").arg("man"));
    for (_, meaning) in &expected {
        let meaning = meaning.replace('-', "\\-").replace('\'', "\\*(Aq");
        assert!(man.contains(&meaning), "{meaning} isn't in {man}");
    }
}
