//! Watches all offers of a publisher until every offer in flight has an outcome. The exit code is 0 only when every watched
//! publication succeeded.
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example whole_publisher -- contoso
//! ```

use std::process::ExitCode;

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
                let step = change
                    .report
                    .current_step()
                    .map(cloud_partner_portal::types::PublicationStep::label);
                println!(
                    "{offer}: {} {}",
                    change.report.status,
                    step.unwrap_or_default()
                );
            }
            PublisherWatchEvent::PollFailed { offer, error, .. } => {
                eprintln!(
                    "{}: a poll failed, the watch continues: {error}",
                    offer.as_deref().unwrap_or("the list")
                );
            }
            PublisherWatchEvent::OfferEnded { offer, result, .. } => match result {
                Ok(result) => println!("{offer}: {}", result.outcome),
                Err(error) => eprintln!("{offer}: its status can't be read: {error}"),
            },
            PublisherWatchEvent::Ended(result) => {
                let success = result?.is_success();
                return Ok(ExitCode::from(u8::from(!success)));
            }
            _ => {}
        }
    }
    // Not reached: the last event before `None` is `Ended`.
    Ok(ExitCode::FAILURE)
}
