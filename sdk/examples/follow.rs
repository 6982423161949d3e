//! Lists a publisher's offers, then follows one of them to the end of its publication.
//!
//! ```text
//! AZURE_TOKEN=… CLOUD_PARTNER_PUBLISHER=contoso cargo run --example follow -- linux-vm
//! ```
//!
//! `CLOUD_PARTNER_ENDPOINT` names another endpoint than the service's, and `--interval SECONDS` another pause between two polls.

use std::process::ExitCode;
use std::time::Duration;

use cloud_partner_portal::{Client, Credential, Error, Event, Outcome};

#[tokio::main]
async fn main() -> ExitCode {
    let mut interval = Duration::from_secs(60);
    let mut offer = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--interval" {
            let seconds = arguments.next().and_then(|seconds| seconds.parse().ok());
            let Some(seconds) =
                seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            else {
                return usage("--interval takes a number of seconds");
            };
            interval = seconds;
        } else {
            offer = Some(argument);
        }
    }
    let Some(offer) = offer else {
        return usage("which offer?");
    };
    let Ok(publisher) = std::env::var("CLOUD_PARTNER_PUBLISHER") else {
        return usage("CLOUD_PARTNER_PUBLISHER isn't set");
    };
    match follow(&publisher, &offer, interval).await {
        Ok(Outcome::Succeeded) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage(why: &str) -> ExitCode {
    eprintln!(
        "error: {why}\nusage: CLOUD_PARTNER_PUBLISHER=PUBLISHER follow [--interval SECONDS] OFFER"
    );
    ExitCode::from(2)
}

async fn follow(publisher: &str, offer: &str, interval: Duration) -> Result<Outcome, Error> {
    let mut builder = Client::builder().credential(Credential::from_env()?);
    if let Ok(endpoint) = std::env::var("CLOUD_PARTNER_ENDPOINT") {
        builder = builder.endpoint(endpoint);
    }
    let client = builder.build()?;

    println!("Offers of {publisher}:");
    for offer in client.list_offers(publisher).await?.iter() {
        let name = offer
            .definition
            .as_ref()
            .and_then(|definition| definition.display_text.as_deref());
        let status = offer.status.as_ref().map(ToString::to_string);
        println!(
            "  {:<20} {:<28} {}",
            offer.id,
            status.as_deref().unwrap_or("-"),
            name.unwrap_or("-")
        );
    }

    println!("\nPublication of {offer}:");
    // The publisher's go-live is part of the way; whoever wants to stop there leaves `until_live` out.
    let mut watch = client
        .watch(publisher, offer)?
        .interval(interval)
        .until_live();
    while let Some(event) = watch.next_event().await {
        match event? {
            Event::Changed(change) => {
                println!("  {}", change.report.status);
                for changed in &change.steps {
                    let status = changed.step.status.as_ref().map(ToString::to_string);
                    println!(
                        "    {:<44} {}",
                        changed.step.label(),
                        status.unwrap_or_default()
                    );
                }
            }
            Event::PollFailed(error) => eprintln!("  (a poll failed, trying on: {error})"),
            Event::Ended(ended) => {
                println!("\n{}", ended.outcome.sentence());
                return Ok(ended.outcome);
            }
            _ => {}
        }
    }
    Ok(Outcome::Deadline)
}
