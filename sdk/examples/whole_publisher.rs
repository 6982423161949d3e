//! Watches the publications of a publisher until none is in progress. The exit code is 0 if at least one publication was watched
//! and every watched publication succeeded.
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example whole_publisher -- contoso
//! ```

use std::process::ExitCode;

use cloud_partner_portal::types::PublicationStep;
use cloud_partner_portal::{Client, Error, PublisherWatchEvent};

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    let publisher = std::env::args().nth(1).unwrap_or_default();
    let mut watch = Client::from_env()?.watch_publisher(publisher)?.start();
    while let Some(event) = watch.next_event().await {
        match event {
            PublisherWatchEvent::Listed {
                offers, watched, ..
            } => {
                println!("{offers} offers, {watched} of them watched");
            }
            PublisherWatchEvent::Changed { offer, change, .. } => {
                let report = &change.report;
                let step = report.current_step().map_or("", PublicationStep::label);
                println!("{offer}: {} {step}", report.status);
            }
            PublisherWatchEvent::PollFailed { offer, error, .. } => {
                let polled = offer.as_deref().unwrap_or("the list");
                eprintln!("{polled}: the watch continues after a failed poll: {error}");
            }
            PublisherWatchEvent::OfferEnded { offer, result, .. } => match result {
                Ok(result) => println!("{offer}: {}", result.outcome),
                Err(error) => eprintln!("{offer}: the status can't be read: {error}"),
            },
            PublisherWatchEvent::Ended(result) => {
                let success = result?.is_success();
                return Ok(ExitCode::from(u8::from(!success)));
            }
            _ => {}
        }
    }
    // Not reached, because the last event is `Ended`.
    Ok(ExitCode::FAILURE)
}
