//! Runs the command `cloud-partner watch`: runs the SDK's watches, prints their events, and returns the exit code.

mod event_json;
mod offer_results;
mod printer;

use std::collections::BTreeSet;
use std::future::ready;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{Error, PublisherWatch, PublisherWatchEvent, WatchEvent};
use futures_util::stream::{Stream, StreamExt as _, select_all};
use indicatif::HumanDuration;
use serde_json::{Map, Value};
use tokio::signal::ctrl_c;
use tokio::time::{sleep, timeout};

use crate::args::{Common, Watch};
use crate::client::Connection;
use crate::error::{ToolError, to_stderr};
use crate::exit_code::Exit;
use offer_results::OfferResults;
use printer::Printer;

/// If no event arrives within this time after the start, the tool prints that the service hasn't sent a status.
const SILENCE: Duration = Duration::from_secs(4);

/// After an interrupt or the timeout, the program has this time to print its last lines.
const GRACE: Duration = Duration::from_secs(3);

/// The id of an offer and an event of its watch. Without an id, the event is about a request for the list of offers.
type Event = (Option<String>, WatchEvent);

pub async fn run(common: &Common, options: &Watch) -> Result<Exit, ToolError> {
    let connection = Connection::new(common)?;
    if options.after.is_some() && options.offers.len() != 1 {
        let message = "--after needs exactly one offer".to_owned();
        let remedy = "name only the offer whose status is in FILE";
        return Err(ToolError::Usage(message, remedy));
    }
    let after = options.after.as_deref().map(read_report).transpose()?;
    tokio::spawn(end_if_output_blocks(options.timeout));
    let mut printer = Printer::new(common.output)?;
    warn_about_expiry(&connection, options);
    let mut results = OfferResults::new(&options.offers);
    let watch = async {
        if options.offers.is_empty() {
            let mut watch = watch_publisher(&connection, options)?;
            let events = (&mut watch).filter_map(|event| ready(convert(event)));
            print_events(events, &mut results, &mut printer).await?;
            results.set(watch.await);
        } else {
            let events = watch_offers(&connection, options, after.as_ref())?;
            print_events(events, &mut results, &mut printer).await?;
        }
        Ok::<_, ToolError>(())
    };
    let is_interrupted = tokio::select! {
        // With `biased`, `ctrl_c` runs first: it installs the interrupt handler before the watch sends its first request.
        biased;
        _ = ctrl_c() => true,
        result = watch => {
            result?;
            false
        }
    };
    if is_interrupted {
        printer.interrupted(&results)?;
        return Ok(Exit::Interrupted);
    }
    let exit = results.exit(options);
    printer.ended(&results, exit, &connection.publisher)?;
    Ok(exit)
}

/// Ends the program when [`GRACE`] has passed after an interrupt or the timeout. Normally, the program has ended earlier. If a write to
/// the output blocks, only this function can end the program.
async fn end_if_output_blocks(timeout: Option<Duration>) {
    let exit = tokio::select! {
        _ = ctrl_c() => Exit::Interrupted,
        () = sleep(timeout.unwrap_or(Duration::MAX)) => Exit::TimedOut,
    };
    sleep(GRACE).await;
    std::process::exit(exit.code().into());
}

/// Watches the offers that the command line names, and returns their events. The watches aren't spawned as tasks, because a panic in a task
/// wouldn't end the program.
fn watch_offers(
    connection: &Connection,
    options: &Watch,
    after: Option<&OfferStatusReport>,
) -> Result<impl Stream<Item = Event> + use<>, Error> {
    let mut watches = Vec::new();
    // An offer that is named twice is watched once.
    for offer in BTreeSet::from_iter(&options.offers) {
        let mut watch = connection
            .client
            .watch(&connection.publisher, offer)?
            .timeout(options.timeout.unwrap_or(Duration::MAX))
            .interval(options.interval)
            .tolerate(options.tolerate)
            .start_timeout(options.start_timeout)
            .until(options.until);
        if let Some(report) = after {
            watch = watch.after(report.clone());
        }
        let offer = offer.clone();
        let events = watch.start();
        watches.push(events.map(move |event| (Some(offer.clone()), event)));
    }
    Ok(select_all(watches))
}

/// Watches the offers of the publisher. The SDK watches an offer if its publication is in progress, or if its entry in the list of
/// offers changes.
fn watch_publisher(connection: &Connection, options: &Watch) -> Result<PublisherWatch, Error> {
    let watch = connection
        .client
        .watch_publisher(&connection.publisher)?
        .timeout(options.timeout.unwrap_or(Duration::MAX))
        .interval(options.interval)
        .tolerate(options.tolerate)
        .until(options.until);
    Ok(watch.start())
}

/// Converts an event of a publisher watch. Returns `None` for an event that the tool doesn't print.
fn convert(event: PublisherWatchEvent) -> Option<Event> {
    use PublisherWatchEvent as E;
    Some(match event {
        E::Changed { offer, change, .. } => (Some(offer), WatchEvent::Changed(*change)),
        E::PollFailed { offer, error, .. } => (offer, WatchEvent::PollFailed(error)),
        E::Delayed { offer, wait, .. } => (offer, WatchEvent::Delayed(wait)),
        E::OfferEnded { offer, result, .. } => (Some(offer), WatchEvent::Ended(result)),
        _ => return None,
    })
}

/// Prints all events, and stores the result of each offer in `results`.
async fn print_events(
    events: impl Stream<Item = Event>,
    results: &mut OfferResults,
    printer: &mut Printer,
) -> io::Result<()> {
    let mut events = pin!(events.peekable());
    if timeout(SILENCE, events.as_mut().peek()).await.is_err() {
        to_stderr("The service hasn't sent a status yet. The watch continues to wait.");
    }
    while let Some((offer, event)) = events.next().await {
        printer.print(offer.as_deref(), &event)?;
        if let Some(offer) = offer {
            let result = match event {
                WatchEvent::Ended(result) => Some(result),
                _ => None,
            };
            results.offers.insert(offer, result);
        }
    }
    Ok(())
}

/// Reads a file with the output of `cloud-partner status OFFER -o json`.
fn read_report(file: &Path) -> Result<OfferStatusReport, ToolError> {
    let invalid = |why| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    let read = || -> io::Result<OfferStatusReport> {
        let bytes = std::fs::read(file)?;
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with("\u{feff}".as_bytes()) {
            return invalid(
                "the file has a byte order mark; in Windows PowerShell, write the file with `cmd /c \"… > FILE\"`",
            );
        }
        // `Map` accepts only a JSON object. The derived `Deserialize` would also accept an array with the values of the properties.
        let properties: Map<String, Value> = serde_json::from_slice(&bytes)?;
        // The output of another command lacks the steps. The next report would differ from this output, so the watch could accept the
        // previous publication as the new one.
        if is_other_output(&properties) {
            return invalid("the file is the output of another command");
        }
        let is_list = |name| match properties.get(name) {
            None | Some(Value::Null | Value::Array(_)) => true,
            // The SDK treats the empty string as an absent property.
            Some(value) => value == "",
        };
        if !is_list("steps") || !is_list("messages") {
            return invalid("the property `steps` or `messages` isn't an array");
        }
        let report: OfferStatusReport = serde_json::from_value(properties.into())?;
        if report.status.as_str().is_empty() {
            return invalid("the property `status` has no text");
        }
        Ok(report)
    };
    read().map_err(|error| {
        let command = "`cloud-partner status OFFER -o json`";
        let file = file.display();
        let message = format!("--after: {file} can't be read as the output of {command}: {error}");
        let remedy = "write the file with this command before you start the new publication";
        ToolError::Usage(message, remedy)
    })
}

/// Returns whether the file contains the output of `watch` or `offers`. An object with `id` and `steps` isn't the output of `offers`: it is a
/// status report to which the service has added `id`.
fn is_other_output(properties: &Map<String, Value>) -> bool {
    let has = |name| properties.contains_key(name);
    has("event") || (has("id") && !has("steps"))
}

/// Prints a warning if the token can't be renewed and may expire before the watch ends.
fn warn_about_expiry(connection: &Connection, options: &Watch) {
    let Some(expiry) = connection.token_expiry else {
        return;
    };
    match expiry.duration_since(SystemTime::now()) {
        Err(_) => to_stderr("warning: the token has expired: get a new token"),
        Ok(left) if options.timeout.is_some_and(|timeout| timeout <= left) => {}
        Ok(left) => to_stderr(&format!(
            "warning: the token expires in {}, and the watch can last longer: choose a credential that renews its tokens, such as `az login`",
            HumanDuration(left)
        )),
    }
}
