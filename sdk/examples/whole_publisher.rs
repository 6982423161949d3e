//! Watches all offers of a publisher until each that is in flight has an outcome.
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example whole_publisher -- contoso
//! ```

use cloud_partner_portal::{Client, Error, PublisherEvent};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let publisher = std::env::args().nth(1).unwrap_or_default();
    let mut watch = Client::from_env()?.watch_publisher(publisher)?;
    while let Some(event) = watch.next_event().await {
        match event? {
            PublisherEvent::Listed { offers, asked, .. } => {
                println!("{offers} offers, {asked} to ask");
            }
            PublisherEvent::Changed { offer, change, .. } => {
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
            PublisherEvent::PollFailed { offer, error, .. } => {
                eprintln!(
                    "{}: trying on: {error}",
                    offer.as_deref().unwrap_or("the list")
                );
            }
            PublisherEvent::Ended(ended) => {
                for (offer, outcome) in &ended.outcomes {
                    println!("{offer}: {outcome}");
                }
            }
            _ => {}
        }
    }
    Ok(())
}
