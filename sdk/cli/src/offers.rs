//! The command `cloud-partner offers`.

use std::io::{BufWriter, Write};

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary, PublicationStep};
use cloud_partner_portal::{Error, Extensible, Response, Timestamp};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use time::OffsetDateTime;

use crate::args::{Common, Format, Offers};
use crate::client::Connection;
use crate::exit::Exit;
use crate::explain::{Stop, explain, to_stderr, with_causes};
use crate::output;
use crate::plain_text;

/// The maximum number of concurrent status requests.
const CONCURRENT_REQUESTS: usize = 8;

/// An offer of the list, its JSON, and with `--steps` its status report or the error of the status request.
struct Row<'a> {
    offer: &'a OfferSummary,
    raw: Option<&'a Value>,
    report: Option<Result<Response<OfferStatusReport>, Error>>,
}

/// The names of the columns. The last column is shown only with `--steps`.
const COLUMNS: [&str; 6] = ["id", "name", "type", "status", "changed", "step"];

impl Row<'_> {
    fn cells(&self, changed: impl Fn(&Timestamp) -> String) -> Vec<String> {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let name = self.offer.definition.as_ref();
        let name = name.and_then(|definition| definition.display_text.as_deref());
        let step = match &self.report {
            None => String::new(),
            Some(Ok(report)) => text(report.current_step().map(PublicationStep::label)),
            Some(Err(error)) => format!("error: {}", with_causes(error)),
        };
        vec![
            self.offer.id.clone(),
            text(name),
            text(self.offer.offer_type_id.as_deref()),
            text(self.offer.status.as_ref().map(Extensible::as_str)),
            self.offer
                .changed_time
                .as_ref()
                .map_or_else(String::new, changed),
            step,
        ]
    }
}

pub async fn run(
    connection: &Connection,
    common: &Common,
    options: &Offers,
    out: &mut impl Write,
) -> Result<Exit, Stop> {
    let list = connection.client.list_offers(&connection.publisher).await?;
    let raw = match common.output {
        Format::Json | Format::Jsonl => list.json()?,
        Format::Table | Format::Tsv => Value::Null,
    };
    let all = list.iter().enumerate().map(|(index, offer)| Row {
        offer,
        raw: raw.get(index),
        report: None,
    });
    let mut rows: Vec<_> = all.filter(|row| is_selected(row.offer, options)).collect();
    if options.steps {
        let in_flight = rows.iter_mut().filter(|row| row.offer.is_in_flight());
        let mut requests = stream::iter(in_flight)
            .map(async |row| {
                let report = connection
                    .client
                    .get_offer_status(&connection.publisher, &row.offer.id)
                    .await;
                row.report = Some(report);
            })
            .buffer_unordered(CONCURRENT_REQUESTS);
        while requests.next().await.is_some() {}
    }
    let columns = if options.steps {
        &COLUMNS[..]
    } else {
        &COLUMNS[..5]
    };
    let mut out = BufWriter::new(out);
    print(&rows, columns, list.is_empty(), common.output, &mut out)?;
    let mut exit = Exit::Done;
    for row in &rows {
        if let Some(Err(error)) = &row.report {
            to_stderr(&explain(&row.offer.id, error));
            exit = exit.worst(Exit::from(error));
        }
    }
    Ok(exit)
}

/// Returns whether the offer matches the options `--type` and `--status`.
fn is_selected(offer: &OfferSummary, options: &Offers) -> bool {
    let matches = |allowed: &[String], value: Option<&str>| {
        let is = |allowed: &String| value.is_some_and(|value| allowed.eq_ignore_ascii_case(value));
        allowed.is_empty() || allowed.iter().any(is)
    };
    let status = offer.status.as_ref().map(Extensible::as_str);
    matches(&options.types, offer.offer_type_id.as_deref()) && matches(&options.status, status)
}

fn print(
    rows: &[Row],
    columns: &[&str],
    empty: bool,
    format: Format,
    out: &mut impl Write,
) -> Result<(), Stop> {
    match format {
        Format::Json => output::document(&rows.iter().map(value).collect::<Result<_, _>>()?, out)?,
        Format::Jsonl => {
            for row in rows {
                output::line(&value(row)?, out)?;
            }
        }
        Format::Tsv => {
            output::tsv(columns, out)?;
            for row in rows {
                let cells = row.cells(|time| time.as_str().to_owned());
                output::tsv(&cells[..columns.len()], out)?;
            }
        }
        Format::Table if rows.is_empty() => {
            let such = if empty { "" } else { "such " };
            writeln!(out, "The publisher has no {such}offers.")?;
        }
        Format::Table => {
            let now = OffsetDateTime::now_utc();
            let cells = rows.iter();
            let cells = cells.map(|row| row.cells(|time| plain_text::time(time, now)));
            for line in output::table(columns, cells) {
                writeln!(out, "{line}")?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// Returns the offer's JSON. With `--steps`, the property `statusReport` is added, or `statusReportError` if the status request
/// failed.
fn value(row: &Row) -> Result<Value, Error> {
    let mut value = row.raw.cloned().unwrap_or_default();
    if let (Some(report), Some(properties)) = (&row.report, value.as_object_mut()) {
        match report {
            Ok(report) => properties.insert("statusReport".to_owned(), report.json()?),
            Err(error) => {
                properties.insert("statusReportError".to_owned(), with_causes(error).into())
            }
        };
    }
    Ok(value)
}
