//! Creates the SDK's watches, and converts their events to one type.

use std::collections::BTreeSet;
use std::time::Duration;

use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{
    Error, PublisherWatch, PublisherWatchEvent, Until as SdkUntil, WatchEvent,
};
use futures_util::stream::{Stream, StreamExt as _, select_all};

use crate::args::{Until, Watch};
use crate::client::Connection;

/// An event of an offer, or of the list of offers if there is no offer.
pub type Event = (Option<String>, WatchEvent);

/// Returns the events of the offers on the command line. No watch is spawned as a task, so a panic ends the program.
pub fn watch_offers(
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
            .until(until(options));
        if let Some(report) = after {
            watch = watch.after(report.clone());
        }
        let offer = offer.clone();
        let events = watch.start();
        watches.push(events.map(move |event| (Some(offer.clone()), event)));
    }
    Ok(select_all(watches))
}

/// Returns the watch of the publisher's offers that are in flight or change.
pub fn watch_publisher(connection: &Connection, options: &Watch) -> Result<PublisherWatch, Error> {
    let watch = connection
        .client
        .watch_publisher(&connection.publisher)?
        .timeout(options.timeout.unwrap_or(Duration::MAX))
        .interval(options.interval)
        .tolerate(options.tolerate)
        .until(until(options));
    Ok(watch.start())
}

/// Converts an event of a publisher's watch. Returns `None` for an event that the tool doesn't print.
pub fn convert(event: PublisherWatchEvent) -> Option<Event> {
    Some(match event {
        PublisherWatchEvent::Changed { offer, change, .. } => {
            (Some(offer), WatchEvent::Changed(*change))
        }
        PublisherWatchEvent::PollFailed { offer, error, .. } => {
            (offer, WatchEvent::PollFailed(error))
        }
        PublisherWatchEvent::Delayed { offer, wait, .. } => (offer, WatchEvent::Delayed(wait)),
        PublisherWatchEvent::OfferEnded { offer, result, .. } => {
            (Some(offer), WatchEvent::Ended(result))
        }
        _ => return None,
    })
}

fn until(options: &Watch) -> SdkUntil {
    match options.until {
        Until::Outcome => SdkUntil::Outcome,
        Until::GoLive => SdkUntil::GoLive,
        Until::Live => SdkUntil::Live,
    }
}
