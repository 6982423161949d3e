//! Defines the public types of the watch of one offer. A watch polls an offer: it requests the offer's status at an interval.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::types::{OfferId, OfferStatusReport, PublisherId};
use crate::watch::offer_state_machine::OfferStateMachine;
use crate::watch::options::{Until, WatchOptions};
use crate::watch::polled_offer::PolledOffer;
use crate::watch::runner::{Runner, impl_watch};
use crate::{Change, Client, Error, Outcome};

/// How a watch of one offer ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchResult {
    /// How the publication ended or what it waits for. [`Outcome::NotStarted`] and [`Outcome::TimedOut`] mean that a timeout ended the
    /// watch.
    pub outcome: Outcome,
    /// The last report; `None` if the watch ended before the first report.
    pub report: Option<OfferStatusReport>,
    /// The error of the last completed poll; `None` if this poll succeeded. The chain of the error's
    /// [sources](std::error::Error::source) contains the earlier `errors`, newest first.
    pub last_error: Option<Error>,
    /// The last eight errors since the last successful poll, oldest first. If an error repeats, such as a 503 with the same message,
    /// only the last one is kept.
    pub errors: Vec<Error>,
}

/// An event of a [`Watch`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WatchEvent {
    /// The report differs from the previous report, or is the first report. A watch with [`resume_from`](WatchBuilder::resume_from)
    /// compares the first report with the report that was passed to `resume_from`.
    Changed(Change),
    /// A poll failed, and the watch continues. The error doesn't mean that the publication failed.
    PollFailed(Error),
    /// A `Retry-After` that is longer than the interval delays the next poll. The value is the time until this poll, at most one
    /// hour.
    Delayed(Duration),
    /// The watch has ended. `Err` is the error that ended the watch, with the earlier errors as its sources. After `Err`, the
    /// outcome of the publication is unknown.
    Ended(Result<WatchResult, Error>),
}

impl Client {
    /// Returns a builder for a [`Watch`] of one offer.
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) if an identifier doesn't match the pattern of the spec.
    pub fn watch(
        &self,
        publisher_id: impl AsRef<str>,
        offer_id: impl AsRef<str>,
    ) -> Result<WatchBuilder, Error> {
        Ok(WatchBuilder {
            client: self.clone(),
            publisher: crate::call::checked("watch", "publisherId", publisher_id.as_ref())?,
            offer: crate::call::checked("watch", "offerId", offer_id.as_ref())?,
            options: WatchOptions::default(),
            last: None,
            after: None,
            start_timeout: Duration::from_secs(30 * 60),
        })
    }
}

/// Builds a [`Watch`]. Await the builder for the result, or call [`start`](Self::start) to read the events.
#[derive(Clone, Debug)]
#[must_use = "a watch does nothing until you await it or read its events"]
pub struct WatchBuilder {
    client: Client,
    publisher: PublisherId,
    offer: OfferId,
    options: WatchOptions,
    last: Option<OfferStatusReport>,
    after: Option<OfferStatusReport>,
    pub(super) start_timeout: Duration,
}

impl WatchBuilder {
    /// Sets the time between a report and the next poll; 60 s by default.
    ///
    /// The actual wait can differ:
    ///
    /// * After an error, the watch waits 1 s, or the interval if the interval is shorter. Each further error doubles this wait, up to
    ///   the interval.
    /// * If a response has a longer `Retry-After`, the watch waits for that time instead, at most one hour.
    /// * The watch makes every wait longer by a random time, at most a tenth of the wait. Otherwise, many watches could poll at the same
    ///   time.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.options.interval = interval;
        self
    }

    /// Sets the maximum duration of the watch from the first poll; unlimited by default. After this time, the watch ends with
    /// [`Outcome::TimedOut`], even if a poll is pending or has failed.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sets how long polls may fail before the watch ends with an error; 15 min by default. With zero, the first error ends the
    /// watch. The time starts with the first poll after the last report. If a poll is pending when the time ends, the watch waits for
    /// this poll, at most until the client's [timeout](crate::ClientBuilder::attempt_timeout).
    ///
    /// | error | before the first report | after the first report |
    /// |---|---|---|
    /// | connection, timeout, 408, 429, 5xx; a 2xx response that can't be decoded or is too large | tolerated, at most 2 min | tolerated |
    /// | 401, no token, 403, 404, any other status code | ends the watch | tolerated |
    /// | invalid argument, configuration | ends the watch | ends the watch |
    pub fn tolerate(mut self, time: Duration) -> Self {
        self.options.tolerate = time;
        self
    }

    /// Sets the outcomes that end the watch; [`Until::Outcome`] by default.
    pub fn until(mut self, until: Until) -> Self {
        self.options.until = until;
        self
    }

    /// Waits for a new publication: one that starts after the service sent the `earlier` report. Request this report before you start
    /// the publication. Right after the start, the service can still return the outcome of the previous publication.
    ///
    /// An outcome ends the watch only after a report has shown that the new publication has started. A report shows this in two cases:
    ///
    /// * Its status is `notStarted`, `running` or `waitingForPublisherReview`, and its status, steps or messages differ from the
    ///   `earlier` report. The report contains no undecodable value that could hide a failure.
    /// * Its status is `succeeded`, `published`, `failed` or `canceled`, and all its messages are newer than all messages of the
    ///   `earlier` report. Both reports must have messages, and every message must have a valid time. If the `earlier` report has the
    ///   status `neverPublished`, it needs no messages.
    ///
    /// No other difference shows the start. For example, the service can add links to a report of the previous publication. If no
    /// report shows the start within the [start timeout](Self::start_timeout), the outcome is [`Outcome::NotStarted`].
    ///
    /// Even after the start, a server with outdated data can send the `earlier` report again. If that report has messages, and every
    /// message has a valid time, the watch ignores the outcome of reports with the same status, steps and messages.
    pub fn after(mut self, earlier: OfferStatusReport) -> Self {
        self.after = Some(earlier);
        self
    }

    /// Sets the maximum time from the first poll to the start of the publication; 30 min by default. Only a watch
    /// with [`after`](Self::after) waits for the start. Other watches ignore this option.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Resumes an earlier watch from its last report, which your program has stored. The events show only the changes since this
    /// report. The outcome always comes from a new report.
    pub fn resume_from(mut self, report: OfferStatusReport) -> Self {
        self.last = Some(report);
        self
    }

    /// Returns the watch. The watch sends no request until you await it or read its events.
    pub fn start(self) -> Watch {
        let state_machine = OfferStateMachine {
            id: self.offer.into(),
            offer: PolledOffer::new(self.last, self.after),
            options: self.options.with_random_jitter(),
            start_timeout: self.start_timeout,
            request_pending: false,
        };
        Watch {
            runner: Runner::new(&self.client, self.publisher, state_machine),
        }
    }
}

/// A watch of one offer's publication: await it for the result, or read its events.
///
/// The watch polls the offer at an interval, until the publication has an [`Outcome`]. A poll is a request for the offer's status.
/// An `Err` means that *polls* failed for longer than [tolerated](WatchBuilder::tolerate). [`Outcome::Failed`] means that the
/// *publication* failed.
///
/// The client's [`RetryPolicy`](crate::RetryPolicy) doesn't apply to polls. Dropping the watch cancels its requests. If the function
/// of a [`Credential::provider`](crate::Credential::provider) panics during a poll, the panic reaches the task that awaits the watch
/// or reads its events.
///
/// This example waits for a new publication and reads the events:
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// use cloud_partner_portal::WatchEvent;
///
/// let earlier = client.get_offer_status("contoso", "test-vm").await?.into_inner();
/// // Start the publication here.
/// let mut watch = client.watch("contoso", "test-vm")?.after(earlier).start();
/// while let Some(event) = watch.next_event().await {
///     match event {
///         WatchEvent::Changed(change) => println!("{}", change.report.status),
///         WatchEvent::PollFailed(error) => eprintln!("{error}"),
///         WatchEvent::Ended(result) => println!("{}", result?.outcome),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a watch does nothing until you await it or read its events"]
#[derive(Debug)]
pub struct Watch {
    runner: Runner<OfferStateMachine>,
}

impl_watch!(Watch, WatchBuilder, WatchEvent, WatchResult);
