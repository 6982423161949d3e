//! The command `cloud-partner watch`.

mod event;
mod json;
mod printer;
mod results;

use std::future::ready;
use std::io::{self, Write};
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use cloud_partner_portal::WatchEvent;
use cloud_partner_portal::types::OfferStatusReport;
use futures_util::{Stream, StreamExt as _};
use indicatif::HumanDuration;
use serde_json::{Map, Value};
use tokio::signal::ctrl_c;
use tokio::time::{sleep, timeout};

use crate::args::{Common, Watch};
use crate::client::Connection;
use crate::error::Stop;
use crate::exit::Exit;
use event::Event;
use printer::Printer;
use results::Results;

/// The time after which the tool reports that the service hasn't sent a status.
const SILENCE: Duration = Duration::from_secs(4);

/// The time that the watch has to print its end after an interrupt or its timeout.
const GRACE: Duration = Duration::from_secs(3);

pub async fn run(common: &Common, options: &Watch, out: &mut impl Write) -> Result<Exit, Stop> {
    let connection = Connection::new(common)?;
    if options.after.is_some() && options.offers.len() != 1 {
        return Err(Stop::usage(
            "--after needs exactly one offer",
            "name only the offer whose status is in FILE",
        ));
    }
    let after = options.after.as_deref().map(read_report).transpose()?;
    tokio::spawn(end_if_output_blocks(options.timeout));
    let mut printer = Printer::new(common.output, out)?;
    if let Some(warning) = expiry_warning(&connection, options) {
        printer.remark(&warning);
    }
    let mut results = Results::new(&options.offers);
    let watch = async {
        if options.offers.is_empty() {
            let mut watch = event::watch_publisher(&connection, options)?;
            let events = (&mut watch).filter_map(|event| ready(event::convert(event)));
            read(events, &mut results, &mut printer).await?;
            results.set_end(watch.await);
        } else {
            let events = event::watch_offers(&connection, options, after.as_ref())?;
            read(events, &mut results, &mut printer).await?;
        }
        Ok::<_, Stop>(false)
    };
    let is_interrupted = tokio::select! {
        // The interrupt is polled first, so that its handler is installed before the first request is sent.
        biased;
        _ = ctrl_c() => true,
        ended = watch => ended?,
    };
    if is_interrupted {
        printer.interrupted(&results)?;
        return Ok(Exit::Interrupted);
    }
    let exit = results.exit(options);
    printer.ended(&results, exit, &connection.publisher)?;
    Ok(exit)
}

/// Ends the program after an interrupt or the timeout, if the watch doesn't end because a write to its output blocks.
async fn end_if_output_blocks(timeout: Option<Duration>) {
    let exit = tokio::select! {
        _ = ctrl_c() => Exit::Interrupted,
        () = sleep(timeout.unwrap_or(Duration::MAX)) => Exit::TimedOut,
    };
    sleep(GRACE).await;
    std::process::exit(exit.code().into());
}

/// Prints all events and collects the results.
async fn read(
    events: impl Stream<Item = Event>,
    results: &mut Results,
    printer: &mut Printer<'_, impl Write>,
) -> io::Result<()> {
    let mut events = pin!(events.peekable());
    if timeout(SILENCE, events.as_mut().peek()).await.is_err() {
        printer.remark("The service hasn't sent a status yet; the watch waits for it.");
    }
    while let Some((offer, event)) = events.next().await {
        if let Some(offer) = &offer {
            let result = match &event {
                WatchEvent::Ended(result) => Some(result.clone()),
                _ => None,
            };
            results.offers.insert(offer.clone(), result);
        }
        printer.print(offer.as_deref(), &event)?;
    }
    Ok(())
}

/// Reads a file with the output of `cloud-partner status OFFER -o json`.
fn read_report(file: &Path) -> Result<OfferStatusReport, Stop> {
    let read = || -> io::Result<OfferStatusReport> {
        // The code that serde derives would decode an array as well, by position.
        let properties: Map<String, Value> = serde_json::from_slice(&std::fs::read(file)?)?;
        Ok(serde_json::from_value(properties.into())?)
    };
    read().map_err(|error| {
        let file = file.display();
        Stop::usage(
            format!(
                "--after: {file} can't be read as the output of `cloud-partner status OFFER -o json`: {error}"
            ),
            "write the file with this command before the publication starts",
        )
    })
}

/// Returns a warning if the token can't be renewed and may expire before the watch ends.
fn expiry_warning(connection: &Connection, options: &Watch) -> Option<String> {
    let Ok(left) = connection.token_expiry?.duration_since(SystemTime::now()) else {
        return Some("warning: the token has expired: get a new one".to_owned());
    };
    if options.timeout.is_some_and(|timeout| timeout <= left) {
        return None;
    }
    Some(format!(
        "warning: the token expires in {}, and the watch can last longer: choose a credential that renews its tokens, such as `az login`",
        HumanDuration(left)
    ))
}
