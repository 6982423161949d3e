//! The feature `tracing`: spans and events contain the identifiers, status codes and correlation ids of a call, but no token or body.

use std::io;
use std::sync::{Arc, Mutex};

use crate::support::{TOKEN, build, serve};
use cloud_partner_portal::{Client, RetryPolicy};
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::store;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("an unpoisoned lock")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_call_is_a_span_and_an_attempt_is_an_event() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let recordings = store::recordings(&store::root().join("recordings"))
        .all()
        .expect("valid recordings");
    let server = serve(recordings.into_iter().map(Recording::from).collect());
    let client = build(
        Client::builder().endpoint(server.url()).retry(
            RetryPolicy::default()
                .max_attempts(2)
                .initial_backoff(std::time::Duration::from_millis(1)),
        ),
    );
    let report = client
        .get_offer_status("contoso", "test-vm")
        .await
        .expect("a recording");
    let error = client
        .get_offer_status("failing", "stack-trace")
        .await
        .expect_err("an error");

    let log = String::from_utf8(log.0.lock().expect("an unpoisoned lock").clone()).expect("text");
    let sdk_lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("cloud_partner_portal"))
        .collect();
    let sdk_lines = sdk_lines.join("\n");
    for expected in [
        "operation=\"getOfferStatus\"".to_owned(),
        "publisher=\"contoso\"".to_owned(),
        "offer=\"test-vm\"".to_owned(),
        "offer=\"stack-trace\"".to_owned(),
        format!(
            "correlation_id=\"{}\"",
            report.correlation_id().expect("an id")
        ),
        format!(
            "correlation_id=\"{}\"",
            error.correlation_id().expect("an id")
        ),
        "attempt=1 status=200".to_owned(),
        "attempt=1 status=500".to_owned(),
        "attempt=2 status=500".to_owned(),
        "attempts=2 status=500".to_owned(),
        "milliseconds=".to_owned(),
        "retrying after a backoff".to_owned(),
    ] {
        assert!(
            sdk_lines.contains(&expected),
            "{expected} is missing in:\n{sdk_lines}"
        );
    }
    assert!(!log.contains(TOKEN), "the log contains the token:\n{log}");
    assert!(
        !sdk_lines.contains("   at ") && !sdk_lines.contains("serviceName"),
        "the log contains a body:\n{sdk_lines}"
    );
}
