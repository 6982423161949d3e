//! Prints the SDK's tracing events to standard error: every request with `--verbose`, otherwise only the retries of a call.
//!
//! Events of other crates aren't printed, because they can hold the token's header.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

use crate::explain::to_stderr;
use crate::plain_text::clean;

/// Prints requests, attempts and correlation ids.
pub fn show_all() {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        // Otherwise tracing-subscriber reports a closed standard error to standard error, and panics.
        .log_internal_errors(false)
        .without_time();
    show(layer);
}

/// Prints the error of a failed attempt and the backoff before the next one, so that the user knows what the tool waits for.
pub fn show_retries() {
    show(Retries);
}

fn show(layer: impl Layer<Registry> + Send + Sync) {
    let ours = Targets::new().with_target("cloud_partner_portal", LevelFilter::TRACE);
    // `try_init` fails only if a subscriber is already set.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(ours))
        .try_init();
}

struct Retries;

/// The fields of an event. The call's span stores the fields of an event with an `error` until the event with the `backoff`.
#[derive(Default)]
struct Fields {
    error: Option<String>,
    backoff: Option<f64>,
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "seconds" {
            self.backoff = Some(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "error" {
            self.error = Some(format!("{value:?}"));
        }
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Retries {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(call) = context.event_span(event) else {
            return;
        };
        if fields.error.is_some() {
            call.extensions_mut().replace(fields);
        } else if let Some(seconds) = fields.backoff {
            let failed = call.extensions_mut().remove::<Fields>();
            let why = failed.and_then(|failed| failed.error).unwrap_or_default();
            to_stderr(&format!(
                "a request failed, the call continues: {}; the next attempt is sent in {seconds:.1} s\n",
                clean(&why)
            ));
        }
    }
}
