//! Watches: waiting for a publication to end.

mod change;
mod core;
mod driver;
mod listing;
mod offer_core;
mod options;
pub(crate) mod outcome;
mod poll_errors;
pub(crate) mod publisher;
mod publisher_core;
mod report;
mod start;
#[cfg(test)]
mod tests;
mod unread;
mod watched_offer;

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use crate::types::{OfferId, OfferStatusReport, PublisherId};
use crate::{Client, Error, Outcome};
pub use change::{Change, StepChange};
use driver::Driver;
use offer_core::OfferCore;
use options::Rules;
pub use options::Until;
use start::Start;
use watched_offer::Offer;

/// How a watch of one offer ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchResult {
    /// How the publication ended, or why the watch ended.
    pub outcome: Outcome,
    /// The last report; `None` if the watch ended before the first report.
    pub report: Option<OfferStatusReport>,
    /// The error of the last poll, if the poll failed. The chain of its [`source`](std::error::Error::source)s holds the other
    /// `errors`.
    pub last_error: Option<Error>,
    /// The errors since the last successful poll, the oldest first and at most eight. Of several errors with the same cause, only
    /// the last is kept.
    pub errors: Vec<Error>,
}

/// An event of a [`Watch`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WatchEvent {
    /// The report differs from the previous report. The first report is always a change, unless the watch
    /// [resumes](WatchBuilder::resume_from) from an equal report.
    Changed(Change),
    /// A poll failed, and the watch continues. The error says nothing about the publication.
    PollFailed(Error),
    /// The service's `Retry-After` is longer than the interval. The next poll is sent after this time, which is at most one hour.
    Delayed(Duration),
    /// The watch has ended. `Ok` holds the outcome of the publication or [`Outcome::TimedOut`]. `Err` is the error that ended the
    /// watch, with a chain of sources as in [`WatchResult::last_error`]. In this case the outcome of the publication is unknown.
    Ended(Result<WatchResult, Error>),
}

impl Client {
    /// Returns a builder of a watch of one offer's publication; see [`Watch`].
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when an identifier doesn't match the pattern of the spec.
    pub fn watch(
        &self,
        publisher_id: impl AsRef<str>,
        offer_id: impl AsRef<str>,
    ) -> Result<WatchBuilder, Error> {
        Ok(WatchBuilder {
            client: self.clone(),
            publisher: crate::call::checked("watch", "publisherId", publisher_id.as_ref())?,
            offer: crate::call::checked("watch", "offerId", offer_id.as_ref())?,
            rules: Rules::default(),
            last: None,
            after: None,
            start_timeout: Duration::from_secs(30 * 60),
        })
    }
}

/// The options of a [`Watch`]. Await it for the result, or [`start`](Self::start) it to read the events.
#[derive(Clone, Debug)]
#[must_use = "a watch does nothing until it is awaited or read"]
pub struct WatchBuilder {
    client: Client,
    publisher: PublisherId,
    offer: OfferId,
    rules: Rules,
    last: Option<OfferStatusReport>,
    after: Option<OfferStatusReport>,
    start_timeout: Duration,
}

impl WatchBuilder {
    /// Sets the time between a report and the next poll; 60 s by default. Up to a tenth is added, so that many watches don't
    /// poll at the same time. A `Retry-After` of the service extends one wait, up to one hour. After an error the first wait is
    /// 1 s (or the interval, if that is shorter), and doubles up to the interval.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.rules.interval = interval;
        self
    }

    /// Sets the maximum duration of the watch from the first poll; unlimited by default. After this time the outcome is
    /// [`Outcome::TimedOut`], even if a poll is under way or failed.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = Some(timeout);
        self
    }

    /// Sets how long failing polls are tolerated; 15 min by default. Zero tolerates no error. Before the first report, the maximum
    /// is 2 min. The time starts when the first poll after the last report is sent. A poll under way isn't canceled at the end of
    /// this time; the
    /// client's [timeouts](crate::ClientBuilder::attempt_timeout) end the poll.
    ///
    /// | error | before the first report | after it |
    /// |---|---|---|
    /// | connection, timeout, 408, 429, 5xx; a 2xx that can't be decoded or is too large | tolerated for 2 min | tolerated |
    /// | 401, no token, 403, 404, any other status code | ends the watch | tolerated |
    /// | invalid argument, configuration | ends the watch | ends the watch |
    pub fn tolerate(mut self, time: Duration) -> Self {
        self.rules.tolerate = time;
        self
    }

    /// Sets the outcomes that end the watch; [`Until::Outcome`] by default.
    pub fn until(mut self, until: Until) -> Self {
        self.rules.until = until;
        self
    }

    /// Waits for a publication that is later than the publication of an earlier report. Read the earlier report before you start the
    /// publication: after the start, the service can still show the outcome of the previous publication.
    ///
    /// An outcome counts only after a report has shown that the later publication started. A report shows this in two cases:
    ///
    /// * The status is `notStarted`, `running` or `waitingForPublisherReview`, and the status, the steps or the messages differ from
    ///   the earlier report.
    /// * The status is any other known status, and all messages are newer than all messages of the earlier report.
    ///
    /// No other difference counts, because links can appear late. If no report shows the start within the
    /// [start timeout](Self::start_timeout), the outcome is [`Outcome::NotStarted`].
    pub fn after(mut self, earlier: OfferStatusReport) -> Self {
        self.after = Some(earlier);
        self
    }

    /// Sets the maximum time from the first poll to the start of the publication; 30 min by default. Has no effect unless
    /// [`after`](Self::after) is set.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Resumes from an earlier report, such as a report that was saved when the program stopped. The watch reports only later
    /// changes. The outcome always follows from a new report.
    pub fn resume_from(mut self, report: OfferStatusReport) -> Self {
        self.last = Some(report);
        self
    }

    /// Returns the watch. The watch sends no request until it is awaited or read.
    pub fn start(self) -> Watch {
        let start = match self.after {
            Some(earlier) => Start::After(Box::new(earlier)),
            None => Start::Seen,
        };
        let core = OfferCore {
            id: self.offer.into(),
            offer: Offer::new(self.last, start, Duration::ZERO),
            rules: self.rules.with_random_jitter(),
            start_timeout: self.start_timeout,
            polling: false,
        };
        Watch {
            driver: Driver::new(&self.client, self.publisher, core),
        }
    }
}

impl IntoFuture for WatchBuilder {
    type Output = Result<WatchResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        self.start().into_future()
    }
}

/// A watch of one offer's publication: await it for the result, or read it as a stream of events.
///
/// The watch polls the offer's status at an interval until the publication has an [`Outcome`]. An `Err` means that *polls* failed
/// for longer than [tolerated](WatchBuilder::tolerate). [`Outcome::Failed`] means that the *publication* failed. Each poll is a
/// call without retries: the client's [`RetryPolicy`](crate::RetryPolicy) doesn't apply. Dropping the watch cancels it. A panic, such
/// as a panic of a token provider, reaches the task that reads the watch.
///
/// After the start of a publication, the service can still show the outcome of the previous publication; see
/// [`WatchBuilder::after`].
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// use std::time::Duration;
///
/// let result = client
///     .watch("contoso", "test-vm")?
///     .interval(Duration::from_secs(120))
///     .timeout(Duration::from_secs(3 * 24 * 3600))
///     .await?;
/// println!("{}", result.outcome);
/// # Ok(())
/// # }
/// ```
///
/// This example reads the events, and waits for a publication that is later than an earlier report:
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// use cloud_partner_portal::WatchEvent;
///
/// let earlier = client.get_offer_status("contoso", "test-vm").await?.into_inner();
/// // … the publication is started …
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
#[must_use = "a watch does nothing until it is awaited or read"]
#[derive(Debug)]
pub struct Watch {
    driver: Driver<OfferCore>,
}

impl Watch {
    /// Returns the next event, or `None` after [`WatchEvent::Ended`]. Equivalent to reading the watch as a [`Stream`]. This method
    /// is cancel safe: no event is lost when the future is dropped.
    pub async fn next_event(&mut self) -> Option<WatchEvent> {
        self.driver.next_event().await
    }
}

impl Stream for Watch {
    type Item = WatchEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.driver.poll_event(context)
    }
}

impl IntoFuture for Watch {
    type Output = Result<WatchResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Continues a watch that was read before. A watch that has ended returns its result again.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.driver.finish())
    }
}
