//! Converts the events of the SDK's two watches to one stream.

use std::future::ready;
use std::pin::Pin;
use std::time::Duration;

use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{
    Error, PublisherWatchEvent, PublisherWatchResult, Until as SdkUntil, WatchEvent,
};
use futures_util::stream::{Stream, StreamExt as _, select_all};

use crate::args::{Until, Watch};
use crate::client::Connection;

pub enum Event {
    /// The list was read. `offers` is the number of offers in the list, and `watched` is the number of offers that are polled next.
    Listed { offers: usize, watched: usize },
    /// An event of an offer, or of the list if there is no offer.
    Poll(Option<String>, Box<WatchEvent>),
    /// The watch of the whole publisher has ended.
    Ended(Result<PublisherWatchResult, Error>),
}

pub type Events = Pin<Box<dyn Stream<Item = Event>>>;

/// Watches these offers. The watches aren't spawned as tasks, so a panic ends the program.
pub fn of_offers<'o>(
    connection: &Connection,
    options: &Watch,
    offers: impl Iterator<Item = &'o String>,
    after: Option<&OfferStatusReport>,
) -> Result<Events, Error> {
    let mut watches = Vec::new();
    for offer in offers {
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
        watches.push(events.map(move |event| poll(Some(offer.clone()), event)));
    }
    Ok(Box::pin(select_all(watches)))
}

/// Watches the offers of the publisher that are in flight or change.
pub fn of_publisher(connection: &Connection, options: &Watch) -> Result<Events, Error> {
    let watch = connection
        .client
        .watch_publisher(&connection.publisher)?
        .timeout(options.timeout.unwrap_or(Duration::MAX))
        .interval(options.interval)
        .tolerate(options.tolerate)
        .until(until(options));
    let events = watch.start().filter_map(|event| ready(convert(event)));
    Ok(Box::pin(events))
}

fn convert(event: PublisherWatchEvent) -> Option<Event> {
    Some(match event {
        PublisherWatchEvent::Listed {
            offers, watched, ..
        } => Event::Listed { offers, watched },
        PublisherWatchEvent::Changed { offer, change, .. } => {
            poll(Some(offer), WatchEvent::Changed(*change))
        }
        PublisherWatchEvent::PollFailed { offer, error, .. } => {
            poll(offer, WatchEvent::PollFailed(error))
        }
        PublisherWatchEvent::Delayed { offer, wait, .. } => poll(offer, WatchEvent::Delayed(wait)),
        PublisherWatchEvent::OfferEnded { offer, result, .. } => {
            poll(Some(offer), WatchEvent::Ended(result))
        }
        PublisherWatchEvent::Ended(result) => Event::Ended(result),
        _ => return None,
    })
}

fn poll(offer: Option<String>, event: WatchEvent) -> Event {
    Event::Poll(offer, Box::new(event))
}

fn until(options: &Watch) -> SdkUntil {
    match options.until {
        Until::Outcome => SdkUntil::Outcome,
        Until::GoLive => SdkUntil::GoLive,
        Until::Live => SdkUntil::Live,
    }
}
