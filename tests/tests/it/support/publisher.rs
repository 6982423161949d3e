//! A server with a publisher's offers, whose lists and statuses change from interval to interval.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloud_partner_portal::{Error, PublisherWatchBuilder, PublisherWatchEvent, WatchResult};
use serde_json::{Value, json};

use super::error_checks::with_timeout;
use super::scripted_server::Step::Reset;
use super::scripted_server::{ReceivedRequest, ScriptedServer, Step, json_response, response};

pub const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The responses of each interval. A list request begins an interval. The last interval is repeated.
pub struct Publisher {
    pub lists: Vec<Vec<Step>>,
    pub status: Box<Status>,
}

/// Returns the response to a status request, given the offer and the interval.
pub type Status = dyn Fn(&str, usize) -> Vec<Step> + Send + Sync;

pub struct PublisherServer {
    pub server: ScriptedServer,
    /// For each interval, the offers whose status was requested.
    polled_offers: Arc<Mutex<Vec<Vec<String>>>>,
}

impl PublisherServer {
    pub fn start(publisher: Publisher) -> Self {
        let polled_offers = Arc::new(Mutex::new(Vec::<Vec<String>>::new()));
        let log = Arc::clone(&polled_offers);
        let server = ScriptedServer::start(move |request: &ReceivedRequest| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            let path = request.target.split('?').next().unwrap_or_default();
            match path.split('/').collect::<Vec<_>>()[..] {
                ["", "api", "publishers", "contoso", "offers"] => {
                    log.push(Vec::new());
                    let interval = log.len().min(publisher.lists.len());
                    publisher.lists[interval - 1].clone()
                }
                [
                    "",
                    "api",
                    "publishers",
                    "contoso",
                    "offers",
                    offer,
                    "status",
                ] => {
                    let interval = log.len();
                    if let Some(offers) = log.last_mut() {
                        offers.push(offer.to_owned());
                    }
                    (publisher.status)(offer, interval.min(publisher.lists.len()) - 1)
                }
                _ => panic!("{path} isn't a path of the spec"),
            }
        });
        Self {
            server,
            polled_offers,
        }
    }

    pub fn polled_offers(&self) -> MutexGuard<'_, Vec<Vec<String>>> {
        self.polled_offers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the polled offers of each interval in alphabetical order, because their order within an interval is unspecified.
    pub fn polled_offers_sorted(&self) -> Vec<String> {
        self.polled_offers()
            .iter()
            .map(|offers| {
                let mut offers = offers.clone();
                offers.sort();
                offers.join(" ")
            })
            .collect()
    }

    pub fn watch(&self) -> PublisherWatchBuilder {
        crate::support::client(self.server.url())
            .watch_publisher("contoso")
            .expect("a valid identifier")
            .interval(POLL_INTERVAL)
    }
}

/// Returns a list response of offers with these ids and statuses.
pub fn list_response(offers: &[(&str, &str)]) -> Vec<Step> {
    let offers = offers
        .iter()
        .map(|(id, status)| json!({"id": id, "status": status}));
    json_response(offers.collect::<Value>().to_string())
}

pub fn status_response(status: &str) -> Vec<Step> {
    json_response(json!({"status": status}).to_string())
}

/// Starts a server whose offers have the statuses of `rows`, one per interval. A number is an error response with this status code,
/// and `reset` resets the connection.
pub fn serve_statuses(
    lists: Vec<Vec<Step>>,
    rows: &'static [(&'static str, &'static [&'static str])],
) -> PublisherServer {
    PublisherServer::start(Publisher {
        lists,
        status: Box::new(move |offer, interval| {
            let (_, row) = rows
                .iter()
                .find(|(id, _)| *id == offer)
                .unwrap_or_else(|| panic!("the status of {offer} was requested"));
            let now = row[interval.min(row.len() - 1)];
            match now.parse() {
                Ok(code) => response(code, &[], ""),
                Err(_) if now == "reset" => vec![Reset],
                Err(_) => status_response(now),
            }
        }),
    })
}

pub fn describe(event: &PublisherWatchEvent) -> String {
    let outcome = |result: &Result<WatchResult, Error>| match result {
        Ok(result) => result.outcome.to_string(),
        Err(error) => format!("given up {:?}", error.status()),
    };
    match event {
        PublisherWatchEvent::Listed {
            offers, watched, ..
        } => {
            format!("{offers} offers, {watched} watched")
        }
        PublisherWatchEvent::Changed { offer, change, .. } => {
            format!("{offer} {}", change.report.status)
        }
        PublisherWatchEvent::PollFailed { offer, error, .. } => {
            let offer = offer.as_deref().unwrap_or("list");
            format!("{offer} failed: {:?}", error.status())
        }
        PublisherWatchEvent::OfferEnded { offer, result, .. } => {
            format!("{offer} ended: {}", outcome(result))
        }
        PublisherWatchEvent::Ended(Ok(ended)) => {
            let outcomes = ended.offers.iter();
            let outcomes: Vec<_> = outcomes
                .map(|(offer, result)| format!("{offer} {}", outcome(result)))
                .collect();
            format!("ended: {}", outcomes.join(", "))
        }
        PublisherWatchEvent::Ended(Err(error)) => format!("error: {:?}", error.status()),
        PublisherWatchEvent::Delayed { offer, .. } => {
            format!("{} delayed", offer.as_deref().unwrap_or("list"))
        }
        other => panic!("unexpected event: {other:?}"),
    }
}

/// Runs a watch to its end and returns a description of its events, with one line per interval in alphabetical order.
pub async fn events(watch: PublisherWatchBuilder) -> Vec<String> {
    let mut watch = watch.start();
    let mut lines: Vec<Vec<String>> = Vec::new();
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        let description = describe(&event);
        let begins_line = !matches!(
            &event,
            PublisherWatchEvent::Changed { .. }
                | PublisherWatchEvent::PollFailed { offer: Some(_), .. }
                | PublisherWatchEvent::Delayed { .. }
                | PublisherWatchEvent::OfferEnded { .. }
        );
        match lines.last_mut() {
            Some(line) if !begins_line => line.push(description),
            _ => lines.push(vec![description]),
        }
        assert!(
            lines.len() < 2000,
            "the watch doesn't end: {:?}",
            lines.last()
        );
    }
    assert!(
        watch.next_event().await.is_none(),
        "the watch returns an event after its end"
    );
    lines
        .into_iter()
        .map(|mut line| {
            line[1..].sort();
            line.join("; ")
        })
        .collect()
}
