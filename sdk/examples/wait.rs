//! Waits for an offer's publication, and says by its exit code how it ended: for a pipeline that goes on only when the offer waits
//! for its go-live or is live.
//!
//! ```text
//! AZURE_TOKEN=… cargo run --example wait -- contoso test-vm
//! ```

use std::process::ExitCode;
use std::time::Duration;

use cloud_partner_portal::{Client, Error, Outcome};

#[tokio::main]
async fn main() -> ExitCode {
    match wait().await {
        Ok(Outcome::Succeeded | Outcome::AwaitingGoLive) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        // Not the offer but the request for its status has failed.
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
    let ended = Client::from_env()?
        .watch(publisher, offer)?
        .interval(Duration::from_secs(120))
        .deadline(Duration::from_secs(24 * 3600))
        .await?;
    println!("{}", ended.outcome.sentence());
    let step = ended
        .report
        .as_ref()
        .and_then(|report| report.current_step());
    for message in step
        .map(cloud_partner_portal::types::PublicationStep::messages)
        .unwrap_or_default()
    {
        println!("  {}", message.message_html.as_deref().unwrap_or_default());
    }
    Ok(ended.outcome)
}
