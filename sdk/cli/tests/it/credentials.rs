//! Tests of the tool's credentials: which source the tool uses, and the messages about it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cloud_partner_recordings::scripted_server::{ScriptedServer, json_response, response};

use crate::support::{TOKEN, run, serve, tool};

#[test]
fn the_option_credential_chooses_a_source_by_name() {
    let server = serve();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), TOKEN).expect("a token");
    let path = file.path().to_str().expect("text");
    for (arguments, code, expected) in [
        (&["--credential", "token"][..], 0, ""),
        (&["--credential", "token-file", "--token-file", path], 0, ""),
        (&["--token-file", path], 0, ""),
        (
            &["--credential", "service-principal"],
            11,
            "service-principal: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET aren't set",
        ),
        (
            &["--credential", "workload-identity"],
            11,
            "AZURE_FEDERATED_TOKEN_FILE",
        ),
        (
            &["--credential", "azure-pipelines"],
            11,
            "SYSTEM_ACCESSTOKEN",
        ),
        (&["--credential", "token-file"], 2, "needs --token-file"),
        (
            &["--credential", "token", "--token-file", path],
            2,
            "only for --credential token-file",
        ),
        (&["--credential", "nonsense"], 2, "managed-identity"),
    ] {
        let offers = run(tool(&server.url()).arg("offers").args(arguments));
        assert_eq!(offers.code, Some(code), "{arguments:?}: {}", offers.err);
        assert!(
            offers.err.contains(expected),
            "{arguments:?}: {}",
            offers.err
        );
    }
}

/// Writes a script `az` that prints the token.
#[cfg(unix)]
fn azure_cli(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let script = format!(
        "#!/bin/sh\necho '{{\"accessToken\": \"{TOKEN}\", \"expiresOn\": \"2099-01-01 00:00:00.000000\", \"expires_on\": 4070908800, \"tokenType\": \"Bearer\"}}'\n"
    );
    let file = folder.join("az");
    std::fs::write(&file, script).expect("a script");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

#[cfg(unix)]
fn with_azure_cli<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display()))
}

#[test]
#[cfg(unix)]
fn an_incomplete_service_principal_is_skipped_for_a_token_or_the_azure_cli() {
    let server = serve();
    let folder = tempfile::tempdir().expect("a folder");
    azure_cli(folder.path());
    for (token, arguments, code) in [
        (Some(TOKEN), &[][..], 0),
        (None, &[], 0),
        (Some("wrong"), &[], 11),
        (Some("wrong"), &["--credential", "azure-cli"], 0),
    ] {
        let mut command = tool(&server.url());
        command
            .env_remove("AZURE_TOKEN")
            .env("AZURE_CLIENT_ID", "a")
            .env("AZURE_TENANT_ID", "b");
        if let Some(token) = token {
            command.env("AZURE_TOKEN", token);
        }
        let command = with_azure_cli(&mut command, folder.path());
        let offers = run(command.arg("offers").args(arguments));
        assert_eq!(offers.code, Some(code), "{arguments:?}: {}", offers.err);
    }
}

#[test]
fn a_401_and_the_error_of_the_token_renewal_are_both_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, TOKEN).expect("a token");
    let removed = file.clone();
    let server = ScriptedServer::start(move |_| {
        drop(std::fs::remove_file(&removed));
        response(401, &[("x-ms-correlation-request-id", "c-401")], "")
    });
    for arguments in [&["offers"][..], &["watch", "a"]] {
        std::fs::write(&file, TOKEN).expect("a token");
        let mut command = tool(&server.url());
        command.args(arguments).arg("--token-file").arg(&file);
        let error = run(&mut command);
        assert_eq!(error.code, Some(11), "{}", error.err);
        for part in ["401 Unauthorized", "c-401", "token-file", "No such file"] {
            assert!(error.err.contains(part), "{part} isn't in {}", error.err);
        }
    }
}

/// Returns a JSON Web Token that expires in `seconds`, with an invalid signature.
fn token_that_expires(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.unwrap_or(Duration::ZERO).as_secs()).expect("a time");
    let part = |text: &str| {
        // Base64url without padding (RFC 7515, section 2).
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let bits: Vec<u8> = text
            .bytes()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
            .collect();
        bits.chunks(6)
            .map(|chunk| {
                let value = (0..6).fold(0, |value, bit| value << 1 | chunk.get(bit).unwrap_or(&0));
                char::from(alphabet[usize::from(value)])
            })
            .collect::<String>()
    };
    let claims = format!("{{\"exp\":{}}}", now + seconds);
    format!("{}.{}.c2ln", part("{\"alg\":\"none\"}"), part(&claims))
}

#[test]
fn watch_warns_of_a_token_that_expires_early_and_reports_an_expired_token() {
    const WARNING: &str = "warning: the token expires at 20";
    let live = ScriptedServer::start(|_| json_response(r#"{"status": "succeeded"}"#));
    for (seconds, timeout, warned) in [
        (3600, Some("2h"), true),
        (3600, None, true),
        (3600, Some("10min"), false),
        (1 << 40, None, false),
        (-(1 << 40), None, false),
    ] {
        let mut command = tool(&live.url());
        command.env("AZURE_TOKEN", token_that_expires(seconds));
        command.args(["watch", "a"]);
        if let Some(timeout) = timeout {
            command.args(["--timeout", timeout]);
        }
        let watch = run(&mut command);
        assert_eq!(watch.code, Some(0), "{}", watch.err);
        assert_eq!(watch.err.starts_with(WARNING), warned, "{}", watch.err);
    }
    let expired = ScriptedServer::start(|_| response(401, &[], ""));
    for arguments in [&["offers"][..], &["watch", "a"], &["watch"]] {
        let mut command = tool(&expired.url());
        command.env("AZURE_TOKEN", token_that_expires(-60));
        let ended = run(command.args(arguments));
        assert_eq!(ended.code, Some(11), "{}", ended.err);
        let reported = ended.err.contains("the token expired at 20");
        assert!(reported, "{arguments:?}: {}", ended.err);
    }
}
