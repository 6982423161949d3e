//! Tests of `cloud-partner offers`: the status requests of `--steps`, the escaping of control characters, and responses with
//! undecodable properties.

use std::time::Duration;

use cloud_partner_recordings::scripted_server::{ScriptedServer, Step, json_response, response};
use serde_json::{Value, json};

use crate::support::{run, tool};

/// Starts a server with 20 running offers. The status request of `offer-7` gets an error response.
fn server() -> ScriptedServer {
    ScriptedServer::start(|request| {
        let offer = |number| json!({"id": format!("offer-{number}"), "status": "running"});
        if !request.target.contains("/status") {
            return json_response((0..20).map(offer).collect::<Value>().to_string());
        }
        let response = if request.target.contains("/offer-7/") {
            response(404, &[("x-ms-correlation-request-id", "id-7")], "")
        } else {
            let report = json!({"status": "running", "steps": [{"stepName": "Certification", "status": "inProgress"}]});
            json_response(report.to_string())
        };
        [vec![Step::Wait(Duration::from_millis(30))], response].concat()
    })
}

#[test]
fn offers_steps_reports_an_unreadable_status_in_its_row_and_in_the_exit_code() {
    let server = server();
    let table = run(tool(&server.url()).args(["offers", "--steps"]));
    assert_eq!(table.code, Some(10), "{}", table.err);
    let rows: Vec<_> = table.out.lines().skip(1).collect();
    assert_eq!(rows.len(), 20);
    for (number, row) in rows.iter().enumerate() {
        let expected = if number == 7 {
            "error: getOfferStatus: 404 Not Found"
        } else {
            "Certification"
        };
        assert!(row.contains(expected), "{row}");
    }
    assert!(
        table.err.starts_with("error: offer-7: getOfferStatus: 404"),
        "{}",
        table.err
    );
    assert!(table.err.contains("id-7"), "{}", table.err);
    assert!(
        (2..=8).contains(&server.max_concurrent_requests()),
        "{} concurrent requests",
        server.max_concurrent_requests()
    );

    let json = run(tool(&server.url()).args(["offers", "--steps", "-o", "json"]));
    let offers: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json.code, Some(10));
    assert!(
        offers[7]["statusReportError"]
            .as_str()
            .is_some_and(|error| error.contains("404"))
    );
    assert_eq!(offers[8]["statusReport"]["status"], "running");
}

#[test]
fn control_and_bidi_characters_are_escaped() {
    let name = "a\u{202e}b\u{2066}c\u{1b}[31md\u{9b}e";
    let server = ScriptedServer::start(move |request| {
        if request.target.contains("/status") {
            let message = json!({"messageHtml": name, "level": "error", "timestamp": name});
            let report = json!({"status": name, "messages": [message]});
            return json_response(report.to_string());
        }
        let offer = json!({"id": "a", "offerTypeId": name, "status": name, "definition": {"displayText": name}});
        json_response(json!([offer]).to_string())
    });
    for arguments in [&["offers"][..], &["status", "a"], &["offers", "--steps"]] {
        for format in ["table", "tsv", "json", "jsonl"] {
            let listing = run(tool(&server.url()).args(arguments).args(["-o", format]));
            assert_eq!(listing.code, Some(0), "{}", listing.err);
            let (bidi, escape) = match format {
                "table" | "tsv" => ("\\u{202e}", "\\u{1b}"),
                _ => ("\\u202e", "\\u001b"),
            };
            assert!(listing.out.contains(bidi), "{}", listing.out);
            assert!(listing.out.contains(escape), "{}", listing.out);
            for control in ['\u{202e}', '\u{2066}', '\u{1b}', '\u{9b}'] {
                assert!(!listing.out.contains(control), "{:?}", listing.out);
            }
            if let Ok(Value::Array(offers)) = serde_json::from_str(&listing.out) {
                assert_eq!(offers[0]["status"], name);
            }
        }
    }
}

#[test]
fn an_undecodable_optional_property_leaves_the_status_readable() {
    let undecodable = [
        r#""displayText": "x\ud83d""#.as_bytes(),
        b"\"displayText\": \"x\xff\"",
        br#""displayText": "x", "displayText": "y""#,
    ];
    for property in undecodable {
        let definition = [b"\"definition\": {", property, b"}"].concat();
        let server = ScriptedServer::start(move |request| {
            let (open, close) = if request.target.contains("/status") {
                (&br#"{"status": "failed", "#[..], &b"}"[..])
            } else {
                (&br#"[{"id": "a", "status": "failed", "#[..], &b"}]"[..])
            };
            json_response([open, &definition, close].concat())
        });
        for (arguments, path) in [
            (&["offers"][..], "/0/status"),
            (&["status", "a"], "/status"),
            (&["watch", "a"], "/report/status"),
        ] {
            for format in ["json", "jsonl"] {
                let ended = run(tool(&server.url()).args(arguments).args(["-o", format]));
                let code = if arguments[0] == "watch" { 3 } else { 0 };
                assert_eq!(ended.code, Some(code), "{}", ended.err);
                let mut values =
                    serde_json::Deserializer::from_str(&ended.out).into_iter::<Value>();
                let first = values.next().expect("a value").expect("JSON");
                let path = if format == "jsonl" {
                    path.trim_start_matches("/0")
                } else {
                    path
                };
                let status = first.pointer(path);
                assert_eq!(status.and_then(Value::as_str), Some("failed"), "{first}");
            }
        }
        let table = run(tool(&server.url()).arg("offers"));
        assert_eq!(table.code, Some(0), "{}", table.err);
        assert!(table.out.contains("failed"), "{}", table.out);
    }
}
