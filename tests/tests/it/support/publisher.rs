//! A server with a publisher's offers, whose lists and statuses change interval by interval.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloud_partner_portal::{Error, PublisherWatchBuilder, PublisherWatchEvent, WatchResult};
use serde_json::{Value, json};

use super::error_checks::with_timeout;
use super::scripted_server::Step::Reset;
use super::scripted_server::{ReceivedRequest, ScriptedServer, Step, json_response, response};

pub const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// What a publisher's offers look like in each interval. An interval begins with its list; the last one goes on for ever.
pub struct Publisher {
    pub lists: Vec<Vec<Step>>,
    pub status: Box<Status>,
}

/// What is answered when the status of an offer is asked in an interval.
pub type Status = dyn Fn(&str, usize) -> Vec<Step> + Send + Sync;

pub struct Service {
    pub server: ScriptedServer,
    /// For each interval, the offers whose status was asked.
    polled_offers: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Service {
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
                _ => panic!("{path} isn't a path of the contract"),
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

    /// What was asked in each interval, in alphabetical order, as the order in an interval is nobody's.
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
            .expect("a good identifier")
            .interval(POLL_INTERVAL)
    }
}

/// A list of offers with these ids and statuses.
pub fn list(offers: &[(&str, &str)]) -> Vec<Step> {
    let offers = offers
        .iter()
        .map(|(id, status)| json!({"id": id, "status": status}));
    json_response(offers.collect::<Value>().to_string())
}

pub fn status(status: &str) -> Vec<Step> {
    json_response(json!({"status": status}).to_string())
}

/// The offers have the status that these rows give them, interval by interval; a number is a failure with this HTTP status,
/// and `reset` a connection that breaks.
pub fn table(
    lists: Vec<Vec<Step>>,
    rows: &'static [(&'static str, &'static [&'static str])],
) -> Service {
    Service::start(Publisher {
        lists,
        status: Box::new(move |offer, interval| {
            let (_, row) = rows
                .iter()
                .find(|(id, _)| *id == offer)
                .unwrap_or_else(|| panic!("{offer} was asked"));
            let now = row[interval.min(row.len() - 1)];
            match now.parse() {
                Ok(failure) => response(failure, &[], ""),
                Err(_) if now == "reset" => vec![Reset],
                Err(_) => status(now),
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
        other => panic!("{other:?} is new"),
    }
}

/// All events, those of an interval in one line and in alphabetical order.
pub async fn events(watch: PublisherWatchBuilder) -> Vec<String> {
    let mut watch = watch.start();
    let mut lines: Vec<Vec<String>> = Vec::new();
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        let told = describe(&event);
        let alone = !matches!(
            &event,
            PublisherWatchEvent::Changed { .. }
                | PublisherWatchEvent::PollFailed { offer: Some(_), .. }
                | PublisherWatchEvent::Delayed { .. }
                | PublisherWatchEvent::OfferEnded { .. }
        );
        match lines.last_mut() {
            Some(line) if !alone => line.push(told),
            _ => lines.push(vec![told]),
        }
        assert!(lines.len() < 2000, "it doesn't end: {:?}", lines.last());
    }
    assert!(
        watch.next_event().await.is_none(),
        "it goes on after its end"
    );
    lines
        .into_iter()
        .map(|mut line| {
            line[1..].sort();
            line.join("; ")
        })
        .collect()
}
