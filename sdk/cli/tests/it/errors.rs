//! Tests of the tool's error messages.

use std::fmt::Write as _;

use crate::support::{golden, run, serve, tool};

/// The variables and arguments of each command, and its exit code. An empty value removes the variable.
const COMMANDS: [(&str, i32); 15] = [
    ("--publisher nobody offers", 11),
    ("status no-such-offer", 10),
    ("watch no-such-offer", 10),
    ("AZURE_TOKEN=wrong offers", 11),
    (
        "--endpoint http://127.0.0.1:1 watch linux-vm --timeout 50ms",
        12,
    ),
    ("--endpoint http://example.com offers", 2),
    ("--publisher ../x offers", 2),
    ("CLOUD_PARTNER_PUBLISHER= offers", 2),
    ("offers --nonsense", 2),
    ("watch --timeout soon", 2),
    (
        "AZURE_TOKEN= AZURE_CLIENT_ID=a PATH=/nonexistent offers",
        11,
    ),
    ("AZURE_TOKEN=a\nb offers", 2),
    ("--token-file /nonexistent/token offers", 2),
    ("AZURE_TOKEN= PATH=/nonexistent offers", 11),
    (
        "SSL_CERT_FILE=/dev/null --endpoint https://127.0.0.1:1 offers",
        2,
    ),
];

#[test]
fn error_messages_name_the_error_its_cause_and_a_remedy() {
    let server = serve();
    let mut messages = String::new();
    for (line, code) in COMMANDS {
        let mut command = tool(&server.url());
        for word in line.split(' ') {
            match word.split_once('=') {
                Some((name, "")) => command.env_remove(name),
                Some((name, value)) => command.env(name, value),
                None => command.arg(word),
            };
        }
        let error = run(&mut command);
        assert_eq!(error.code, Some(code), "{line}: {}{}", error.out, error.err);
        let _ = writeln!(
            messages,
            "# {line:?}: exit code {code}\n{}{}",
            error.out, error.err
        );
    }
    golden("errors.txt", &messages);
}
