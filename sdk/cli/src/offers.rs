//! Runs the command `cloud-partner offers`, which lists the offers of a publisher.

use std::io::{ErrorKind, Write as _, stdout};
use std::time::Duration;

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary, PublicationStep};
use cloud_partner_portal::{Error, Extensible, Response, Timestamp};
use futures_util::stream::{self, StreamExt as _};
use indicatif::HumanDuration;
use serde_json::Value;
use time::OffsetDateTime;

use crate::args::{Common, Format, Offers};
use crate::client::Connection;
use crate::error::{ToolError, explain, to_stderr, with_causes};
use crate::exit_code::Exit;
use crate::formats;

/// The maximum number of concurrent status requests.
const CONCURRENT_REQUESTS: usize = 8;

/// The names of the columns. The last column is shown only with `--steps`.
const COLUMNS: [&str; 6] = ["id", "name", "type", "status", "changed", "step"];

/// A row of the output.
struct Row<'a> {
    offer: &'a OfferSummary,
    /// The offer's JSON as the service sent it; `None` for the formats `table` and `tsv`.
    json: Option<&'a Value>,
    /// The result of the status request; `None` without `--steps`, or if no publication of the offer is in progress.
    report: Option<Result<Response<OfferStatusReport>, Error>>,
}

pub async fn run(common: &Common, options: &Offers) -> Result<Exit, ToolError> {
    let connection = Connection::new(common)?;
    let (client, publisher) = (&connection.client, &connection.publisher);
    let list = client.list_offers(publisher).await?;
    let json = match common.output {
        Format::Json | Format::Jsonl => list.json()?,
        Format::Table | Format::Tsv => Value::Null,
    };
    let rows = list.iter().enumerate().map(|(index, offer)| Row {
        offer,
        json: json.get(index),
        report: None,
    });
    let mut rows: Vec<_> = rows.filter(|row| is_selected(row.offer, options)).collect();
    if options.steps {
        let in_flight = rows.iter_mut().filter(|row| row.offer.is_in_flight());
        let requests = stream::iter(in_flight).map(async |row| {
            row.report = Some(client.get_offer_status(publisher, &row.offer.id).await);
        });
        requests
            .buffer_unordered(CONCURRENT_REQUESTS)
            .collect::<()>()
            .await;
    }
    // Failed status requests are reported and set the exit code, even if a reader such as `head` has closed standard output early.
    match print(common.output, options.steps, list.is_empty(), &rows) {
        Err(ToolError::Io(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        result => result?,
    }
    let mut exit = Exit::Done;
    for row in &rows {
        if let Some(Err(error)) = &row.report {
            to_stderr(&explain(&row.offer.id, error));
            exit = exit.worse(Exit::from(error));
        }
    }
    Ok(exit)
}

/// Prints the rows in the output format. `list_is_empty` is true if the publisher has no offers.
fn print(
    format: Format,
    has_steps: bool,
    list_is_empty: bool,
    rows: &[Row<'_>],
) -> Result<(), ToolError> {
    let columns = if has_steps { &COLUMNS } else { &COLUMNS[..5] };
    match format {
        Format::Json => {
            let offers = rows.iter().map(Row::to_json).collect::<Result<_, _>>()?;
            formats::document(&offers)?;
        }
        Format::Jsonl => {
            for row in rows {
                formats::line(&row.to_json()?)?;
            }
        }
        Format::Tsv => {
            formats::tsv(columns)?;
            for row in rows {
                let cells = row.cells(|time| time.as_str().to_owned());
                formats::tsv(&cells[..columns.len()])?;
            }
        }
        Format::Table if list_is_empty => writeln!(stdout(), "The publisher has no offers.")?,
        Format::Table if rows.is_empty() => {
            writeln!(
                stdout(),
                "No offer of the publisher matches --type and --status."
            )?;
        }
        Format::Table => {
            for line in formats::table(columns, rows.iter().map(|row| row.cells(age))) {
                writeln!(stdout(), "{line}")?;
            }
        }
    }
    Ok(())
}

/// Returns whether the offer matches the options `--type` and `--status`.
fn is_selected(offer: &OfferSummary, options: &Offers) -> bool {
    let matches = |allowed: &[String], value: Option<&str>| {
        let value = value.unwrap_or_default();
        allowed.is_empty() || allowed.iter().any(|text| text.eq_ignore_ascii_case(value))
    };
    let status = offer.status.as_ref().map(Extensible::as_str);
    matches(&options.types, offer.offer_type_id.as_deref()) && matches(&options.status, status)
}

impl Row<'_> {
    fn cells(&self, format_time: impl Fn(&Timestamp) -> String) -> Vec<String> {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let offer = self.offer;
        let definition = offer.definition.as_ref();
        let step = match &self.report {
            None => String::new(),
            Some(Ok(report)) => text(report.current_step().map(PublicationStep::label)),
            Some(Err(error)) => format!("error: {}", with_causes(error)),
        };
        vec![
            offer.id.clone(),
            text(definition.and_then(|definition| definition.display_text.as_deref())),
            text(offer.offer_type_id.as_deref()),
            text(offer.status.as_ref().map(Extensible::as_str)),
            offer
                .changed_time
                .as_ref()
                .map(format_time)
                .unwrap_or_default(),
            step,
        ]
    }

    /// Returns the offer's JSON. If the status was requested, adds the property `statusReport`. If this request failed, adds
    /// `statusReportError` instead.
    fn to_json(&self) -> Result<Value, Error> {
        let mut value = self.json.cloned().unwrap_or_default();
        match &self.report {
            None => {}
            Some(Ok(report)) => value["statusReport"] = report.json()?,
            Some(Err(error)) => value["statusReportError"] = with_causes(error).into(),
        }
        Ok(value)
    }
}

/// Returns the age and the UTC time of a timestamp, such as `3 years ago (2023-11-17 06:44 UTC)`. If the text of the timestamp isn't a
/// time, returns the text.
fn age(time: &Timestamp) -> String {
    let Some(utc) = time.utc() else {
        return time.as_str().to_owned();
    };
    let age = match Duration::try_from(OffsetDateTime::now_utc() - utc) {
        Ok(age) => format!("{} ago", HumanDuration(age)),
        Err(_) => "in the future".to_owned(),
    };
    let (date, hour, minute) = (utc.date(), utc.hour(), utc.minute());
    format!("{age} ({date} {hour:02}:{minute:02} UTC)")
}
