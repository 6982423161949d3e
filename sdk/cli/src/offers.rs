//! `cloud-partner offers`.

use std::io::{BufWriter, Write};

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary};
use serde_json::Value;
use time::OffsetDateTime;

use crate::args::{Common, Format, Offers};
use crate::connect::Connection;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::text;

/// An offer as the list gives it, as it came, and its status where that was asked for.
struct Row<'a> {
    offer: &'a OfferSummary,
    raw: Value,
    report: Option<(OfferStatusReport, Value)>,
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

    fn step(&self) -> &str {
        let report = self.report.as_ref().map(|(report, _)| report);
        report
            .and_then(OfferStatusReport::current_step)
            .map_or("", |step| step.label())
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
        for row in rows.iter_mut().filter(|row| row.offer.is_in_flight()) {
            let report = connection
                .client
                .get_offer_status(&*connection.publisher, &*row.offer.id)
                .await?;
            let raw = report.json()?;
            row.report = Some((report.into_inner(), raw));
        }
    }
    print(
        rows,
        list.len(),
        common,
        options.steps,
        &mut BufWriter::new(out),
    )?;
    Ok(Exit::Done)
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
    rows: Vec<Row>,
    all: usize,
    common: &Common,
    steps: bool,
    out: &mut impl Write,
) -> Result<(), Stop> {
    match common.output {
        Format::Json => output::document(&rows.into_iter().map(value).collect(), out)?,
        Format::Jsonl => {
            for row in rows {
                output::line(&value(row), out)?;
            }
        }
        Format::Tsv => {
            let step = steps.then_some("step");
            let header: Vec<_> = ["id", "name", "type", "status", "changed"]
                .into_iter()
                .chain(step)
                .collect();
            output::tsv(&header, out)?;
            for row in &rows {
                let changed = row
                    .offer
                    .changed_time
                    .as_ref()
                    .map_or("", |time| time.as_str());
                let kind = row.offer.offer_type_id.as_deref().unwrap_or_default();
                let step = steps.then(|| row.step());
                let values = [&row.offer.id, row.name(), kind, row.status(), changed];
                output::tsv(&values.into_iter().chain(step).collect::<Vec<_>>(), out)?;
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
                table(&rows, steps, out)?;
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
            .map(|time| text::time(time, now));
        let cell = |text: &str| comfy_table::Cell::new(text::clean(text));
        let cells = [
            cell(&row.offer.id),
            cell(row.name()),
            cell(row.offer.offer_type_id.as_deref().unwrap_or_default()),
            output::status_cell(row.status()),
            cell(&changed.unwrap_or_default()),
        ];
        table.add_row(cells.into_iter().chain(steps.then(|| cell(row.step()))));
    }
    Ok(output::print(&table, out)?)
}

/// The offer as the service sent it; with `--steps`, its status report as `statusReport`.
fn value(row: Row) -> Value {
    let mut value = row.raw;
    if let (Some((_, report)), Some(members)) = (row.report, value.as_object_mut()) {
        members.insert("statusReport".to_owned(), report);
    }
    value
}
