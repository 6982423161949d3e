//! Tests the feature `tracing`. The spans and events of a call contain identifiers, status codes and correlation ids, but neither a token
//! nor a body.

use std::sync::Arc;

use cloud_partner_portal::Client;
use cloud_partner_recordings::recording::Recording;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{TOKEN, all_recordings, build, client, refused_endpoint, retry, serve};

#[tokio::test(flavor = "current_thread")]
async fn a_call_is_a_span_and_an_attempt_is_an_event() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Arc::new(file.reopen().expect("a file")))
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .finish();
    // If a process has only one dispatcher, the first thread that reaches an event decides for all threads whether the event is enabled. A
    // thread of another test has no subscriber, and would disable the event. With a second dispatcher, each thread decides for itself.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let _guard = tracing::subscriber::set_default(subscriber);

    let recordings = all_recordings().into_iter();
    let offers = |recording: &Recording| {
        let path = &recording.request.path;
        path.ends_with("/test-vm/status") || path.ends_with("/stack-trace/status")
    };
    let server = serve(recordings.filter(offers).collect());
    let sdk = Client::builder().endpoint(server.url()).retry(retry(2));
    let sdk = build(sdk);
    let report = sdk.get_offer_status("contoso", "test-vm").await;
    let report = report.expect("a recording");
    let error = sdk.get_offer_status("failing", "stack-trace").await;
    let error = error.expect_err("an error");

    let refused = client(refused_endpoint());
    assert!(refused.list_offers("contoso").await.is_err());

    let log = std::fs::read_to_string(file.path()).expect("text");
    let sdk_lines = log
        .lines()
        .filter(|line| line.contains("cloud_partner_portal"));
    let sdk_lines = sdk_lines.collect::<Vec<_>>().join("\n");
    let id = |id: Option<&str>| format!("correlation_id=\"{}\"", id.expect("an id"));
    for expected in [
        "operation=\"getOfferStatus\"",
        "publisher=\"contoso\"",
        "offer=\"test-vm\"",
        "offer=\"stack-trace\"",
        &id(report.correlation_id()),
        &id(error.correlation_id()),
        "attempt=1 status=200",
        "attempt=1 status=500",
        "attempt=2 status=500",
        "attempts=2 status=500",
        "milliseconds=",
        "retrying after a backoff",
        "the service can't be reached: Connection refused",
    ] {
        assert!(sdk_lines.contains(expected), "no {expected}:\n{sdk_lines}");
    }
    assert!(!log.contains(TOKEN), "the log contains the token:\n{log}");
    for body in ["   at ", "serviceName"] {
        assert!(
            !sdk_lines.contains(body),
            "the log contains a body:\n{sdk_lines}"
        );
    }
}
