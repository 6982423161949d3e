//! Tests of the tool's error messages.

use crate::support::{golden, run, serve, tool};

#[test]
fn error_messages_name_the_error_its_cause_and_a_remedy() {
    let server = serve();
    let url = server.url();
    let errors = [
        (
            "forbidden",
            run(tool(&url).args(["--publisher", "nobody", "offers"])),
            11,
        ),
        (
            "unknown-offer",
            run(tool(&url).args(["status", "no-such-offer"])),
            10,
        ),
        (
            "watch-unknown-offer",
            run(tool(&url).args(["watch", "no-such-offer"])),
            10,
        ),
        (
            "wrong-token",
            run(tool(&url).env("AZURE_TOKEN", "wrong").arg("offers")),
            11,
        ),
        (
            "dead-endpoint",
            run(tool("http://127.0.0.1:1").args(["watch", "linux-vm", "--timeout", "50ms"])),
            12,
        ),
        (
            "plain-http",
            run(tool("http://example.com").arg("offers")),
            2,
        ),
        (
            "bad-id",
            run(tool(&url).args(["--publisher", "../x", "offers"])),
            2,
        ),
        (
            "no-publisher",
            run(tool(&url)
                .env_remove("CLOUD_PARTNER_PUBLISHER")
                .arg("offers")),
            2,
        ),
        (
            "bad-flag",
            run(tool(&url).args(["offers", "--nonsense"])),
            2,
        ),
        (
            "bad-time",
            run(tool(&url).args(["watch", "--timeout", "soon"])),
            2,
        ),
        (
            "half-a-principal",
            run(tool(&url)
                .env_remove("AZURE_TOKEN")
                .env("AZURE_CLIENT_ID", "a")
                .env("PATH", "")
                .arg("offers")),
            11,
        ),
        (
            "token-with-a-break",
            run(tool(&url).env("AZURE_TOKEN", "a\nb").arg("offers")),
            2,
        ),
        (
            "no-token-file",
            run(tool(&url).args(["--token-file", "/nonexistent/token", "offers"])),
            2,
        ),
        (
            "not-logged-in",
            run(tool(&url)
                .env_remove("AZURE_TOKEN")
                .env("PATH", "")
                .arg("offers")),
            11,
        ),
    ];
    let mut messages = Vec::new();
    for (name, error, code) in errors {
        assert_eq!(error.code, Some(code), "{name}: {}{}", error.out, error.err);
        let text = error.out + &error.err;
        messages.push(format!("# {name}: exit code {code}\n{text}\n"));
    }
    golden("errors.txt", &messages.concat());
}
