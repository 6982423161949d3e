//! The command `cloud-partner status`.

use std::io::Write;

use cloud_partner_portal::Link;
use cloud_partner_portal::types::{OfferStatus, OfferStatusReport, PublicationStep, StatusMessage};

use crate::args::{Common, Format, Status};
use crate::client::Connection;
use crate::exit::Exit;
use crate::explain::Stop;
use crate::outcome;
use crate::output;
use crate::plain_text::{clean, from_html};

pub async fn run(
    connection: &Connection,
    common: &Common,
    options: &Status,
    out: &mut impl Write,
) -> Result<Exit, Stop> {
    let report = connection
        .client
        .get_offer_status(&connection.publisher, &options.offer)
        .await?;
    match common.output {
        Format::Json => output::document(&report.json()?, out)?,
        Format::Jsonl => output::line(&report.json()?, out)?,
        Format::Tsv => tsv(&report, &options.offer, out)?,
        Format::Table => table(&report, &options.offer, &connection.publisher, out)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Returns a sentence that describes the status and who must act.
fn sentence(report: &OfferStatusReport) -> String {
    match (report.outcome(), report.status.known()) {
        (Some(outcome), _) => outcome::sentence(outcome).to_owned(),
        (None, Some(OfferStatus::NotStarted)) => "The publication hasn't started.".to_owned(),
        (None, Some(_)) => "The publication is in progress: nobody needs to act.".to_owned(),
        (None, None) => format!(
            "`{}` isn't a known status: look at the steps, or in the portal.",
            clean(report.status.as_str())
        ),
    }
}

/// Prints one row for each step, and a last row for the whole publication.
fn tsv(report: &OfferStatusReport, offer: &str, out: &mut impl Write) -> Result<(), Stop> {
    output::tsv(&["id", "name", "status", "progress", "estimate"], out)?;
    for step in report.steps() {
        output::tsv(
            &[
                step.id.as_deref().unwrap_or_default(),
                step.step_name.as_deref().unwrap_or_default(),
                status(step),
                &progress(step),
                step.estimated_time_frame.as_deref().unwrap_or_default(),
            ],
            out,
        )?;
    }
    let status = report.status.as_str();
    output::tsv(&[offer, "publication", status, "", ""], out)?;
    Ok(())
}

fn table(
    report: &OfferStatusReport,
    offer: &str,
    publisher: &str,
    out: &mut impl Write,
) -> Result<(), Stop> {
    writeln!(
        out,
        "{} of {}: {}",
        clean(offer),
        clean(publisher),
        clean(report.status.as_str())
    )?;
    writeln!(out, "{}", sentence(report))?;
    messages(report.messages(), "", out)?;
    if !report.steps().is_empty() {
        writeln!(out)?;
        let mut table =
            output::table(&["STEP", "STATUS", "PROGRESS", "ESTIMATE"].map(str::to_owned));
        for step in report.steps() {
            let name = format!("{} {}", mark(step), step.label());
            let estimate = step.estimated_time_frame.as_deref().unwrap_or_default();
            table.add_row([
                output::cell(&name),
                output::status_cell(status(step)),
                output::cell(&progress(step)),
                output::cell(estimate),
            ]);
        }
        let mut lines = table.lines();
        if let Some(header) = lines.next() {
            writeln!(out, "{}", header.trim())?;
        }
        for (line, step) in lines.zip(report.steps()) {
            writeln!(out, "{}", line.trim())?;
            messages(step.messages(), "    ", out)?;
        }
    }
    links("Preview", report.preview_links.as_deref(), out)?;
    links("Live", report.live_links.as_deref(), out)?;
    Ok(())
}

fn messages(messages: &[StatusMessage], indent: &str, out: &mut impl Write) -> Result<(), Stop> {
    for message in messages {
        let level = message
            .level
            .as_ref()
            .map_or("message", |level| level.as_str());
        let html = message.message_html.as_deref().unwrap_or_default();
        let when = message
            .timestamp
            .as_ref()
            .map(|time| format!(" ({})", clean(time.as_str())));
        writeln!(
            out,
            "{indent}{}: {}{}",
            clean(level),
            from_html(html),
            when.unwrap_or_default()
        )?;
    }
    Ok(())
}

fn links(title: &str, links: Option<&[Link]>, out: &mut impl Write) -> Result<(), Stop> {
    let links = links
        .unwrap_or_default()
        .iter()
        .filter(|link| link.uri().is_some());
    for (number, link) in links.enumerate() {
        if number == 0 {
            writeln!(out, "\n{title}:")?;
        }
        let text = link.text().map(|text| format!("{}: ", clean(text)));
        writeln!(
            out,
            "  {}{}",
            text.unwrap_or_default(),
            clean(link.uri().unwrap_or_default())
        )?;
    }
    Ok(())
}

fn status(step: &PublicationStep) -> &str {
    step.status.as_ref().map_or("", |status| status.as_str())
}

fn progress(step: &PublicationStep) -> String {
    step.progress_percentage
        .map(|progress| format!("{progress} %"))
        .unwrap_or_default()
}

/// Returns the state of a step as one character.
fn mark(step: &PublicationStep) -> &'static str {
    if step.is_blocked() {
        return "!";
    }
    match status(step).to_ascii_lowercase().as_str() {
        "complete" => "+",
        "notstarted" | "" => "-",
        "canceled" => "x",
        _ => ">",
    }
}
