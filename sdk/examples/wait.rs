//! Waits for an offer's publication, for example in a release pipeline. The exit codes are:
//!
//! * 0: the offer is live, or the publisher must approve the go-live
//! * 1: another outcome
//! * 2: an error
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example wait -- contoso test-vm
//! ```

use std::process::ExitCode;
use std::time::Duration;

use cloud_partner_portal::types::PublicationStep;
use cloud_partner_portal::{Client, Error, Outcome};

#[tokio::main]
async fn main() -> ExitCode {
    match wait().await {
        Ok(Outcome::Succeeded | Outcome::AwaitingGoLive) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn wait() -> Result<Outcome, Error> {
    let mut arguments = std::env::args().skip(1);
    let publisher = arguments.next().unwrap_or_default();
    let offer = arguments.next().unwrap_or_default();
    let result = Client::from_env()?
        .watch(publisher, offer)?
        .interval(Duration::from_secs(120))
        .timeout(Duration::from_secs(24 * 3600))
        .await?;
    println!("{}", result.outcome);
    let report = result.report.as_ref();
    let step = report.and_then(|report| report.current_step());
    for message in step.map_or(&[][..], PublicationStep::messages) {
        println!("  {}", message.message_html.as_deref().unwrap_or_default());
    }
    Ok(result.outcome)
}
