//! The command `cloud-partner offers`.

use std::io::Write;

use cloud_partner_portal::types::{OfferStatusReport, OfferSummary, PublicationStep};
use cloud_partner_portal::{Error, Extensible, Response, Timestamp};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::args::{Common, Format, Offers};
use crate::client::Connection;
use crate::error::{Stop, explain, to_stderr, with_causes};
use crate::exit::Exit;
use crate::output;
use crate::plain_text::age;

/// The maximum number of concurrent status requests.
const CONCURRENT_REQUESTS: usize = 8;

/// The names of the columns. The last column is shown only with `--steps`.
const COLUMNS: [&str; 6] = ["id", "name", "type", "status", "changed", "step"];

/// An offer of the list.
struct Row<'a> {
    offer: &'a OfferSummary,
    /// The offer as the service sent it; only for the JSON formats.
    json: Option<&'a Value>,
    /// The result of the status request; only with `--steps`.
    report: Option<Result<Response<OfferStatusReport>, Error>>,
}

pub async fn run(common: &Common, options: &Offers, out: &mut impl Write) -> Result<Exit, Stop> {
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
    if rows.is_empty() && common.output == Format::Table {
        let such = if list.is_empty() { "" } else { "such " };
        writeln!(out, "The publisher has no {such}offers.")?;
    } else {
        print(&rows, options.steps, common.output, out)?;
    }
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
        let value = value.unwrap_or_default();
        allowed.is_empty()
            || allowed
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(value))
    };
    let status = offer.status.as_ref().map(Extensible::as_str);
    matches(&options.types, offer.offer_type_id.as_deref()) && matches(&options.status, status)
}

fn print(rows: &[Row], steps: bool, format: Format, out: &mut impl Write) -> Result<(), Stop> {
    let columns = if steps { &COLUMNS } else { &COLUMNS[..5] };
    match format {
        Format::Json => {
            let offers = rows.iter().map(Row::to_json).collect::<Result<_, _>>()?;
            output::document(&offers, out)?;
        }
        Format::Jsonl => {
            for row in rows {
                output::line(&row.to_json()?, out)?;
            }
        }
        Format::Tsv => {
            output::tsv(columns, out)?;
            for row in rows {
                let cells = row.cells(|time| time.as_str().to_owned());
                output::tsv(&cells[..columns.len()], out)?;
            }
        }
        Format::Table => {
            for line in output::table(columns, rows.iter().map(|row| row.cells(age))) {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(())
}

impl Row<'_> {
    fn cells(&self, changed: impl Fn(&Timestamp) -> String) -> Vec<String> {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let offer = self.offer;
        let name = offer.definition.as_ref();
        let name = name.and_then(|definition| definition.display_text.as_deref());
        let step = match &self.report {
            None => String::new(),
            Some(Ok(report)) => text(report.current_step().map(PublicationStep::label)),
            Some(Err(error)) => format!("error: {}", with_causes(error)),
        };
        vec![
            offer.id.clone(),
            text(name),
            text(offer.offer_type_id.as_deref()),
            text(offer.status.as_ref().map(Extensible::as_str)),
            offer.changed_time.as_ref().map(changed).unwrap_or_default(),
            step,
        ]
    }

    /// Returns the offer's JSON. With `--steps`, the property `statusReport` is added, or `statusReportError` if the status request
    /// failed.
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
