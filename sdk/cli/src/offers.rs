//! `cloud-partner offers`.

use std::io::{BufWriter, Write};

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary};
use cloud_partner_portal::{Error, Response};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use time::OffsetDateTime;

use crate::args::{Common, Format, Offers};
use crate::client::Connection;
use crate::exit::Exit;
use crate::explain::{Stop, explain, to_stderr, with_causes};
use crate::output;
use crate::plain_text;

/// How many status requests are sent at the same time.
const CONCURRENT_REQUESTS: usize = 8;

/// An offer of the list, its JSON, and with `--steps` its status report or why there is none.
struct Row<'a> {
    offer: &'a OfferSummary,
    raw: Value,
    report: Option<Result<Response<OfferStatusReport>, Error>>,
}

impl Row<'_> {
    fn status(&self) -> &str {
        self.offer
            .status
            .as_ref()
            .map_or("", |status| status.as_str())
    }

    fn name(&self) -> &str {
        let definition = self.offer.definition.as_ref();
        definition
            .and_then(|definition| definition.display_text.as_deref())
            .unwrap_or_default()
    }

    /// The current step, or why it is unknown.
    fn step(&self) -> String {
        match &self.report {
            None => String::new(),
            Some(Ok(report)) => report
                .current_step()
                .map_or(String::new(), |step| step.label().to_owned()),
            Some(Err(error)) => format!("error: {}", with_causes(error)),
        }
    }
}

pub async fn run(
    connection: &Connection,
    common: &Common,
    options: &Offers,
    out: &mut impl Write,
) -> Result<Exit, Stop> {
    let list = connection
        .client
        .list_offers(&*connection.publisher)
        .await?;
    let raw = match common.output {
        Format::Json | Format::Jsonl => match list.json()? {
            Value::Array(items) => items,
            _ => Vec::new(),
        },
        Format::Table | Format::Tsv => Vec::new(),
    };
    let mut raw = raw.into_iter();
    let mut rows = Vec::new();
    for offer in list.iter() {
        let raw = raw.next().unwrap_or_default();
        if wanted(offer, options) {
            rows.push(Row {
                offer,
                raw,
                report: None,
            });
        }
    }
    if options.steps {
        let in_flight = rows.iter_mut().filter(|row| row.offer.is_in_flight());
        let mut requests = stream::iter(in_flight)
            .map(async |row| {
                let report = connection
                    .client
                    .get_offer_status(&*connection.publisher, &*row.offer.id)
                    .await;
                row.report = Some(report);
            })
            .buffer_unordered(CONCURRENT_REQUESTS);
        while requests.next().await.is_some() {}
    }
    print(
        &rows,
        list.len(),
        common,
        options.steps,
        &mut BufWriter::new(out),
    )?;
    let mut exit = Exit::Done;
    for row in &rows {
        if let Some(Err(error)) = &row.report {
            to_stderr(&explain(&row.offer.id, &[error]));
            exit = exit.worst(Exit::from(error));
        }
    }
    Ok(exit)
}

fn wanted(offer: &OfferSummary, options: &Offers) -> bool {
    let among = |wanted: &[String], value: Option<&str>| {
        wanted.is_empty()
            || value.is_some_and(|value| {
                wanted
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(value))
            })
    };
    among(&options.types, offer.offer_type_id.as_deref())
        && among(
            &options.status,
            offer
                .status
                .as_ref()
                .map(cloud_partner_portal::Extensible::as_str),
        )
}

fn print(
    rows: &[Row],
    all: usize,
    common: &Common,
    steps: bool,
    out: &mut impl Write,
) -> Result<(), Stop> {
    match common.output {
        Format::Json => output::document(&rows.iter().map(value).collect::<Result<_, _>>()?, out)?,
        Format::Jsonl => {
            for row in rows {
                output::line(&value(row)?, out)?;
            }
        }
        Format::Tsv => {
            let step = steps.then_some("step");
            let header: Vec<_> = ["id", "name", "type", "status", "changed"]
                .into_iter()
                .chain(step)
                .collect();
            output::tsv(&header, out)?;
            for row in rows {
                let changed = row
                    .offer
                    .changed_time
                    .as_ref()
                    .map_or("", |time| time.as_str());
                let kind = row.offer.offer_type_id.as_deref().unwrap_or_default();
                let step = steps.then(|| row.step());
                let values = [&row.offer.id, row.name(), kind, row.status(), changed];
                output::tsv(
                    &values
                        .into_iter()
                        .chain(step.as_deref())
                        .collect::<Vec<_>>(),
                    out,
                )?;
            }
        }
        Format::Table => {
            if rows.is_empty() {
                let which = if all == 0 {
                    "no offers"
                } else {
                    "no such offers"
                };
                writeln!(out, "The publisher has {which}.")?;
            } else {
                table(rows, steps, out)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn table(rows: &[Row], steps: bool, out: &mut impl Write) -> Result<(), Stop> {
    let now = OffsetDateTime::now_utc();
    let step = steps.then_some("STEP");
    let header: Vec<_> = ["ID", "NAME", "TYPE", "STATUS", "CHANGED"]
        .into_iter()
        .chain(step)
        .collect();
    let mut table = output::table(&header);
    for row in rows {
        let changed = row
            .offer
            .changed_time
            .as_ref()
            .map(|time| plain_text::time(time, now));
        let cell = |text: &str| comfy_table::Cell::new(plain_text::clean(text));
        let cells = [
            cell(&row.offer.id),
            cell(row.name()),
            cell(row.offer.offer_type_id.as_deref().unwrap_or_default()),
            output::status_cell(row.status()),
            cell(&changed.unwrap_or_default()),
        ];
        table.add_row(cells.into_iter().chain(steps.then(|| cell(&row.step()))));
    }
    Ok(output::print(&table, out)?)
}

/// The offer as the service sent it; with `--steps`, its status report as `statusReport` or why there is none as
/// `statusReportError`.
fn value(row: &Row) -> Result<Value, Error> {
    let mut value = row.raw.clone();
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
