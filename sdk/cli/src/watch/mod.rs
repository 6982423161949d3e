//! The command `cloud-partner watch`.

mod event;
mod json;
mod printer;
mod row;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{Error, Outcome, WatchEvent, WatchResult};
use futures_util::StreamExt as _;

use crate::args::{Common, Until, Watch};
use crate::client::Connection;
use crate::exit::Exit;
use crate::explain::Stop;
use crate::plain_text::clean;
use event::{Event, Events};
use printer::Printer;

/// If the first event takes longer than this, the tool reports that the service hasn't responded.
const SILENCE: Duration = Duration::from_secs(4);

/// The results so far, by offer. `None` while the watch of the offer continues.
type Results = BTreeMap<String, Option<Result<WatchResult, Error>>>;

pub async fn run(
    connection: &Connection,
    common: &Common,
    options: &Watch,
    out: &mut impl Write,
) -> Result<Exit, Stop> {
    if options.after.is_some() && options.offers.len() != 1 {
        return Err(Stop::Usage("--after needs exactly one offer".to_owned()));
    }
    let after = options.after.as_deref().map(read_report).transpose()?;
    let mut printer = Printer::new(common.output, out);
    if let Some(warning) = expiry_warning(connection, options) {
        printer.remark(&format!("warning: {warning}"));
    }
    let mut results: Results = options
        .offers
        .iter()
        .map(|offer| (offer.clone(), None))
        .collect();
    let mut events = if results.is_empty() {
        event::of_publisher(connection, options)?
    } else {
        event::of_offers(connection, options, results.keys(), after.as_ref())?
    };
    let read = read(&mut events, options, &mut results, &mut printer);
    let ended = tokio::select! {
        // The interrupt is polled first, so that its handler is installed before the first request is sent.
        biased;
        _ = tokio::signal::ctrl_c() => None,
        ended = read => Some(ended?),
    };
    printer.close();
    let Some(list) = ended else {
        printer.remark(&interrupted(&results));
        printer.last_line("interrupted", None, &results, Exit::Interrupted)?;
        return Ok(Exit::Interrupted);
    };
    let mut exit = worst(&results, options.until);
    if let Some(list) = list {
        // If the last list request failed, the results may be outdated.
        exit = exit.worst(list.exit(!results.is_empty(), options));
        printer.publisher_ended(&list, &results, exit, &connection.publisher)?;
    } else if options.offers.is_empty() {
        // The stream ended without `Event::Ended`, so the results can be incomplete.
        exit = exit.worst(Exit::Other);
    }
    Ok(exit)
}

/// How the watch of a whole publisher ended, without the results of its offers.
struct PublisherEnd {
    timed_out: bool,
    /// The error of the last list request.
    error: Option<Error>,
}

impl PublisherEnd {
    fn exit(&self, watched: bool, options: &Watch) -> Exit {
        match (&self.error, self.timed_out, watched) {
            (_, true, true) => Exit::TimedOut,
            (Some(error), ..) => Exit::from(error),
            // No list was read before the watch timed out.
            (None, true, false) => Exit::Service,
            (None, false, false) if !options.allow_none => Exit::NothingInFlight,
            (None, false, _) => Exit::Done,
        }
    }
}

/// Prints all events and collects the results. Returns how the watch ended if the whole publisher is watched.
async fn read(
    events: &mut Events,
    options: &Watch,
    results: &mut Results,
    printer: &mut Printer<'_, impl Write>,
) -> Result<Option<PublisherEnd>, Stop> {
    let silence = tokio::time::sleep(SILENCE);
    tokio::pin!(silence);
    let mut silent = true;
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = &mut silence, if silent => {
                silent = false;
                printer.remark("The service hasn't responded yet; the watch waits for it.");
                continue;
            }
        };
        silent = false;
        match event {
            None => return Ok(None),
            Some(Event::Listed { offers, watched }) => printer.listed(offers, watched),
            Some(Event::Poll(offer, event)) => {
                let mut summary = None;
                if let Some(offer) = &offer {
                    let result = match &*event {
                        WatchEvent::Ended(result) => Some(result.clone()),
                        _ => None,
                    };
                    results.insert(offer.clone(), result);
                    let last = !options.offers.is_empty() && results.values().all(Option::is_some);
                    summary = last.then(|| json::summary(results, worst(results, options.until)));
                }
                printer.print(offer.as_deref(), &event, summary)?;
            }
            Some(Event::Ended(ended)) => {
                let (timed_out, error) = match ended {
                    Ok(ended) => {
                        let offers = ended.offers.into_iter();
                        *results = offers.map(|(id, result)| (id, Some(result))).collect();
                        (ended.timed_out, ended.last_error)
                    }
                    Err(error) => (false, Some(error)),
                };
                return Ok(Some(PublisherEnd { timed_out, error }));
            }
        }
    }
}

/// Returns the worst exit code of all offers. An offer without a result never counts as a success.
fn worst(results: &Results, until: Until) -> Exit {
    let exits = results.values().map(|result| match result {
        None => Exit::Other,
        Some(Err(error)) => Exit::from(error),
        Some(Ok(result)) => match (result.outcome, &result.report, &result.last_error) {
            (Outcome::AwaitingGoLive, ..) if until == Until::GoLive => Exit::Done,
            // The service never sent a report.
            (_, None, Some(error)) => Exit::from(error),
            (_, None, None) => Exit::Service,
            (outcome, Some(_), _) => Exit::from(outcome),
        },
    });
    exits.fold(Exit::Done, Exit::worst)
}

/// Reads a file with the output of `cloud-partner status OFFER -o json`.
fn read_report(file: &Path) -> Result<OfferStatusReport, Stop> {
    let read = std::fs::read(file).and_then(|text| Ok(report(&text)?));
    read.map_err(|error| {
        Stop::Usage(format!(
            "--after: {} can't be read as the output of `cloud-partner status OFFER -o json`: {error}",
            file.display()
        ))
    })
}

fn report(text: &[u8]) -> serde_json::Result<OfferStatusReport> {
    // The code that serde derives would take an array as well, by position.
    let properties: serde_json::Map<_, _> = serde_json::from_slice(text)?;
    serde_json::from_value(properties.into())
}

/// Returns a warning if the token can't be renewed and may expire before the watch ends.
fn expiry_warning(connection: &Connection, options: &Watch) -> Option<String> {
    let expiry = connection.token_expiry?;
    let end = options
        .timeout
        .and_then(|timeout| SystemTime::now().checked_add(timeout));
    if end.is_some_and(|end| end <= expiry) {
        return None;
    }
    Some(format!(
        "the token expires at {}, and the watch can last longer: choose a credential that renews its tokens, such as `az login`",
        humantime::format_rfc3339_seconds(expiry)
    ))
}

fn interrupted(results: &Results) -> String {
    let open: Vec<_> = results
        .iter()
        .filter(|(_, result)| result.is_none())
        .map(|(offer, _)| clean(offer))
        .collect();
    let open = if open.is_empty() {
        "nothing".to_owned()
    } else {
        open.join(", ")
    };
    format!("interrupted; still open: {open}. The publication continues in the service.")
}

#[cfg(test)]
mod tests {
    use super::{Results, worst};
    use crate::args::Until;
    use crate::exit::Exit;

    #[test]
    fn an_offer_without_a_result_is_no_success() {
        let results = Results::from([("a".to_owned(), None)]);
        assert_eq!(worst(&results, Until::Outcome), Exit::Other);
    }
}
