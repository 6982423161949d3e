//! `cloud-partner watch`.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::io::Write;
use std::task::Poll;

use cloud_partner_portal::{Change, Error, Outcome, PublisherWatchEvent, WatchEvent, WatchResult};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinSet;

use crate::args::{Common, Until, Watch};
use crate::client::Connection;
use crate::exit::Exit;
use crate::explain::{Stop, explain, to_stderr, with_causes};
use crate::follow::Printer;
use crate::plain_text;

/// What is told of one offer.
pub enum News {
    Changed(Box<Change>),
    PollFailed(Error),
    Ended {
        outcome: Outcome,
        /// Whether the service has answered at all.
        answered: bool,
    },
    /// The request for its status was refused, so nothing more will be known of it.
    Lost(Error),
}

/// What the watches send to the one that prints.
enum Message {
    Offer(String, News),
    /// How many offers the publisher has.
    Listed(usize),
    ListFailed(Error),
    /// The list was refused.
    Refused(Error),
}

pub async fn run(
    connection: &Connection,
    common: &Common,
    options: &Watch,
    out: &mut impl Write,
) -> Result<Exit, Stop> {
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    // The first poll registers for the signal, so that it is caught from the first request on.
    if std::future::poll_fn(|context| Poll::Ready(interrupted.as_mut().poll(context)))
        .await
        .is_ready()
    {
        return Ok(Exit::Interrupted);
    }
    let (sender, mut messages) = mpsc::channel(64);
    // Dropping the set ends every watch.
    let mut watches = JoinSet::new();
    let mut results: BTreeMap<String, Option<Exit>> = BTreeMap::new();
    if options.offers.is_empty() {
        publisher(connection, options, sender, &mut watches)?;
    } else {
        for offer in &options.offers {
            if results.insert(offer.clone(), None).is_none() {
                one(connection, options, offer, sender.clone(), &mut watches)?;
            }
        }
        drop(sender);
    }

    let mut listed = !options.offers.is_empty();
    let mut printer = Printer::new(common.output);
    loop {
        let message = tokio::select! {
            // The interrupt is looked at first, so that it is caught from the first event on.
            biased;
            _ = &mut interrupted => {
                printer.close();
                say_open(&results);
                return Ok(Exit::Interrupted);
            }
            message = messages.recv() => message,
        };
        match message {
            None => break,
            Some(Message::Refused(error)) => {
                printer.close();
                return Err(error.into());
            }
            Some(Message::ListFailed(error)) => {
                printer.aside(&format!(
                    "the list: a poll failed, trying on: {}",
                    with_causes(&error)
                ));
            }
            Some(Message::Listed(offers)) => {
                listed = true;
                printer.listed(offers);
            }
            Some(Message::Offer(offer, news)) => {
                let result = match &news {
                    News::Changed(_) | News::PollFailed(_) => None,
                    News::Ended {
                        answered: false, ..
                    } => Some(Exit::Service),
                    News::Ended { outcome, .. } => Some(Exit::from(*outcome)),
                    News::Lost(error) => Some(Exit::from(error)),
                };
                printer.print(&offer, &news, out)?;
                if let News::Lost(error) = &news {
                    printer.suspend(|| to_stderr(&explain(&offer, error)));
                }
                results.insert(offer, result);
            }
        }
    }
    printer.close();
    if results.is_empty() {
        printer.nothing(&connection.publisher, listed, out)?;
        return Ok(match (listed, options.allow_none) {
            (false, _) => Exit::Service,
            (true, false) => Exit::NothingInFlight,
            (true, true) => Exit::Done,
        });
    }
    // A watch that ended without a result must not count as a success.
    let exits = results
        .into_values()
        .map(|exit| exit.unwrap_or(Exit::Other));
    Ok(exits.fold(Exit::Done, Exit::worst))
}

/// Watches one offer in a task of its own.
fn one(
    connection: &Connection,
    options: &Watch,
    offer: &str,
    sender: Sender<Message>,
    watches: &mut JoinSet<()>,
) -> Result<(), Error> {
    let mut watch = connection
        .client
        .watch(&*connection.publisher, offer)?
        .interval(options.interval);
    if let Some(timeout) = options.timeout {
        watch = watch.timeout(timeout);
    }
    if options.until == Until::Live {
        watch = watch.until(cloud_partner_portal::Until::Live);
    }
    let offer = offer.to_owned();
    let mut watch = watch.start();
    watches.spawn(async move {
        while let Some(event) = watch.next_event().await {
            let news = match event {
                WatchEvent::Changed(change) => News::Changed(Box::new(change)),
                WatchEvent::PollFailed(error) => News::PollFailed(error),
                WatchEvent::Ended(result) => ended(result),
                _ => continue,
            };
            // Nobody listens any more only when the program ends.
            if sender
                .send(Message::Offer(offer.clone(), news))
                .await
                .is_err()
            {
                break;
            }
        }
    });
    Ok(())
}

/// Watches every offer of the publisher that is in flight.
fn publisher(
    connection: &Connection,
    options: &Watch,
    sender: Sender<Message>,
    watches: &mut JoinSet<()>,
) -> Result<(), Error> {
    let mut watch = connection
        .client
        .watch_publisher(&*connection.publisher)?
        .interval(options.interval);
    if let Some(timeout) = options.timeout {
        watch = watch.timeout(timeout);
    }
    if options.until == Until::Live {
        watch = watch.until(cloud_partner_portal::Until::Live);
    }
    let mut watch = watch.start();
    watches.spawn(async move {
        while let Some(event) = watch.next_event().await {
            let message = match event {
                PublisherWatchEvent::Listed { offers, .. } => Message::Listed(offers),
                PublisherWatchEvent::Changed { offer, change, .. } => {
                    Message::Offer(offer, News::Changed(change))
                }
                PublisherWatchEvent::PollFailed {
                    offer: None, error, ..
                } => Message::ListFailed(error),
                PublisherWatchEvent::PollFailed {
                    offer: Some(offer),
                    error,
                    ..
                } => Message::Offer(offer, News::PollFailed(error)),
                PublisherWatchEvent::OfferEnded { offer, result, .. } => {
                    Message::Offer(offer, ended(result))
                }
                PublisherWatchEvent::Ended(Err(error)) => Message::Refused(error),
                _ => continue,
            };
            if sender.send(message).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

fn ended(result: Result<WatchResult, Error>) -> News {
    match result {
        Ok(result) => News::Ended {
            outcome: result.outcome,
            answered: result.report.is_some(),
        },
        Err(error) => News::Lost(error),
    }
}

fn say_open(results: &BTreeMap<String, Option<Exit>>) {
    let open: Vec<_> = results
        .iter()
        .filter(|(_, result)| result.is_none())
        .map(|(offer, _)| plain_text::clean(offer))
        .collect();
    let open = if open.is_empty() {
        "nothing".to_owned()
    } else {
        open.join(", ")
    };
    to_stderr(&format!(
        "interrupted; still open: {open}. The publication continues in the service.\n"
    ));
}
