//! Runs the command `cloud-partner status`, which prints the publishing status of one offer.

use std::io::{self, Write as _, stdout};

use cloud_partner_portal::types::{OfferStatus, OfferStatusReport, PublicationStep, StatusMessage};
use cloud_partner_portal::{Extensible, Link, Outcome};

use crate::args::{Common, Format, Status};
use crate::client::Connection;
use crate::error::ToolError;
use crate::exit_code::Exit;
use crate::formats;
use crate::plain_text::{from_html, one_line};

pub async fn run(common: &Common, options: &Status) -> Result<Exit, ToolError> {
    let Connection {
        client, publisher, ..
    } = Connection::new(common)?;
    let report = client.get_offer_status(&publisher, &options.offer).await?;
    match common.output {
        Format::Json => formats::document(&report.json()?)?,
        Format::Jsonl => formats::line(&report.json()?)?,
        Format::Tsv => tsv(&report, &options.offer)?,
        Format::Table => table(&report, &options.offer, &publisher)?,
    }
    Ok(Exit::Done)
}

/// Returns a sentence that describes the status and what the publisher must do.
fn describe(report: &OfferStatusReport) -> String {
    match (report.outcome(), report.status.known()) {
        (Some(outcome), _) => describe_outcome(outcome).to_owned(),
        (None, Some(OfferStatus::NotStarted)) => "The publication hasn't started.".to_owned(),
        (None, Some(_)) => "The publication is in progress: nobody needs to act.".to_owned(),
        (None, None) => format!(
            "The status `{}` is unknown to this version of the tool: check the steps or the portal.",
            one_line(report.status.as_str())
        ),
    }
}

/// Returns a sentence that describes an outcome and what the publisher must do. The command `watch` prints these sentences, too. Only a
/// watch has the outcomes `NotStarted` and `TimedOut`.
pub fn describe_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "The publication succeeded: the offer is live.",
        Outcome::Failed => "The publication failed: fix the offer and publish it again.",
        Outcome::Canceled => "The publication was canceled: publish the offer again.",
        Outcome::NeverPublished => "The offer was never published: publish the offer.",
        Outcome::AwaitingGoLive => "The preview is ready: review it and approve the go-live.",
        Outcome::Blocked => "The publication is blocked: read its messages and act.",
        Outcome::Contradictory => {
            "The service contradicts itself about the status: check in the portal whether the offer is live."
        }
        Outcome::NotStarted => {
            "No new publication started within --start-timeout: the last status may belong to the previous publication."
        }
        Outcome::TimedOut => "The watch timed out before the publication had an outcome.",
        _ => "The outcome is unknown to this version of the tool: check the portal.",
    }
}

/// Returns the cells of a step: the id, the name, the status, the progress, and the estimated duration.
fn cells(step: &PublicationStep) -> [String; 5] {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let progress = step.progress_percentage;
    [
        text(step.id.as_deref()),
        text(step.step_name.as_deref()),
        text(step.status.as_ref().map(Extensible::as_str)),
        progress.map_or_else(String::new, |progress| format!("{progress} %")),
        text(step.estimated_time_frame.as_deref()),
    ]
}

/// Prints one row for each step, and a last row for the whole publication.
fn tsv(report: &OfferStatusReport, offer: &str) -> io::Result<()> {
    formats::tsv(&["id", "name", "status", "progress", "estimate"])?;
    for step in report.steps() {
        formats::tsv(&cells(step))?;
    }
    let status = report.status.as_str();
    formats::tsv(&[offer, "publication", status, "", ""])
}

fn table(report: &OfferStatusReport, offer: &str, publisher: &str) -> io::Result<()> {
    let status = report.status.as_str();
    let [offer, publisher, status] = [offer, publisher, status].map(one_line);
    writeln!(stdout(), "{offer} of {publisher}: {status}")?;
    writeln!(stdout(), "{}", describe(report))?;
    messages(report.messages(), "")?;
    if !report.steps().is_empty() {
        let rows = report.steps().iter().map(|step| {
            let [_, _, status, progress, estimate] = cells(step);
            vec![step.label().to_owned(), status, progress, estimate]
        });
        let columns = ["step", "status", "progress", "estimate"];
        let mut lines = formats::table(&columns, rows).into_iter();
        writeln!(stdout(), "\n{}", lines.next().unwrap_or_default())?;
        for (line, step) in lines.zip(report.steps()) {
            writeln!(stdout(), "{line}")?;
            messages(step.messages(), "    ")?;
        }
    }
    links("Preview", report.preview_links.as_deref())?;
    links("Live", report.live_links.as_deref())
}

fn messages(messages: &[StatusMessage], indent: &str) -> io::Result<()> {
    for message in messages {
        let level = message.level.as_ref().map_or("message", Extensible::as_str);
        let html = message.message_html.as_deref().unwrap_or_default();
        write!(stdout(), "{indent}{}: {}", one_line(level), from_html(html))?;
        match &message.timestamp {
            Some(time) => writeln!(stdout(), " ({})", one_line(time.as_str()))?,
            None => writeln!(stdout())?,
        }
    }
    Ok(())
}

fn links(title: &str, links: Option<&[Link]>) -> io::Result<()> {
    let mut heading = format!("\n{title}:\n");
    for link in links.unwrap_or_default() {
        let Some(uri) = link.uri().map(one_line) else {
            continue;
        };
        write!(stdout(), "{}  ", std::mem::take(&mut heading))?;
        match link.text() {
            Some(text) => writeln!(stdout(), "{}: {uri}", one_line(text))?,
            None => writeln!(stdout(), "{uri}")?,
        }
    }
    Ok(())
}
