//! Waiting for a publication.

pub(crate) mod outcome;
pub(crate) mod publisher;

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use backon::{BackoffBuilder, ConstantBuilder};
use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::types::{OfferId, OfferStatusReport, PublicationStep, PublisherId, StepStatus};
use crate::{Client, Error, Extensible, Outcome, Response};

/// How a wait for a publication ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ended {
    /// How the publication ended, or why the wait did.
    pub outcome: Outcome,
    /// The last report. Absent only when the deadline passed before the service had given one.
    pub report: Option<OfferStatusReport>,
}

/// What somebody who waits is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The report isn't the same as the last one; the first report always is such a change.
    Changed(Change),
    /// A poll failed in a way that can pass, and the wait goes on. It says nothing about the offer.
    PollFailed(Error),
    /// The wait is over; nothing follows.
    Ended(Ended),
}

/// A report that isn't the same as the one before.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Change {
    /// The new report.
    pub report: OfferStatusReport,
    /// The steps whose status has changed or that are new, in the report's order.
    pub steps: Vec<StepChange>,
    /// The request's id in the service's own logs.
    pub correlation_id: Option<String>,
    pub(crate) body: Bytes,
}

impl Change {
    /// The change from one report to another, or `None` when they say the same.
    pub(crate) fn between(
        before: Option<&OfferStatusReport>,
        answer: Response<OfferStatusReport>,
    ) -> Option<Self> {
        if before == Some(&answer.value) {
            return None;
        }
        Some(Self {
            steps: changed_steps(before, &answer.value),
            report: answer.value,
            correlation_id: answer.received.correlation_id,
            body: answer.received.body,
        })
    }

    /// The report as it came, for members that the contract doesn't name yet.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.body
    }
}

/// A step whose status has changed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepChange {
    /// The step as it is now.
    pub step: PublicationStep,
    /// Its status before; `None` when the step is new or had none.
    pub before: Option<Extensible<StepStatus>>,
}

/// A wait for one offer's publication: await it for the outcome, or read it as a stream for each change.
///
/// It asks for the offer's status at an interval until the publication has an [`Outcome`]. Polls that fail in a way that can
/// pass are reported and survived; the others end the wait with an error. So an `Err` always means that the *poll* failed, and
/// [`Outcome::Failed`] that the *offer* did. Dropping it cancels it.
///
/// Right after a publication was started the service can still show the previous one's outcome; this can't tell them apart.
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// use std::time::Duration;
///
/// let ended = client
///     .watch("contoso", "test-vm")?
///     .interval(Duration::from_secs(120))
///     .deadline(Duration::from_secs(3 * 24 * 3600))
///     .await?;
/// println!("{}", ended.outcome.sentence());
/// # Ok(())
/// # }
/// ```
#[must_use = "a wait does nothing until it is awaited or read"]
pub struct Watch {
    poll: Poller,
    /// The next event while it is being waited for.
    next: Option<Pin<Box<dyn Future<Output = Step> + Send>>>,
    over: bool,
}

type Step = (Poller, Result<Event, Error>);

/// What a wait knows between two events.
#[derive(Clone)]
struct Poller {
    client: Client,
    publisher: PublisherId,
    offer: OfferId,
    interval: Duration,
    limit: Option<Duration>,
    deadline: Option<Instant>,
    until_live: bool,
    due: Option<Instant>,
    last: Option<OfferStatusReport>,
    /// Whether `last` was seen by this wait, and not by one that it resumes.
    polled: bool,
}

impl Client {
    /// Waits for an offer's publication; see [`Watch`].
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when an identifier doesn't fit the contract.
    pub fn watch(
        &self,
        publisher_id: impl TryInto<PublisherId, Error: std::fmt::Display>,
        offer_id: impl TryInto<OfferId, Error: std::fmt::Display>,
    ) -> Result<Watch, Error> {
        Ok(Watch {
            poll: Poller {
                client: self.clone(),
                publisher: crate::call::checked("watch", "publisherId", publisher_id)?,
                offer: crate::call::checked("watch", "offerId", offer_id)?,
                interval: Duration::from_secs(60),
                limit: None,
                deadline: None,
                until_live: false,
                due: None,
                last: None,
                polled: false,
            },
            next: None,
            over: false,
        })
    }
}

impl Watch {
    /// The time between two polls, to which up to a tenth is added so that many waits don't poll at once; 1 min unless told. A
    /// `Retry-After` of the service makes it longer.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.poll.interval = interval;
        self
    }

    /// The longest time to wait, from the first poll; for ever unless told. Then the outcome is [`Outcome::Deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.poll.limit = Some(deadline);
        self
    }

    /// Waits on when the offer waits for its go-live, until it is live or failed.
    pub fn until_live(mut self) -> Self {
        self.poll.until_live = true;
        self
    }

    /// Begins from a report that was seen before, such as one that was kept when the program was stopped: only what has changed
    /// since is told.
    pub fn resume_from(mut self, report: OfferStatusReport) -> Self {
        self.poll.last = Some(report);
        self
    }

    /// The next event, or `None` when the wait is over. The same as reading it as a [`Stream`], without a crate for that.
    pub async fn next_event(&mut self) -> Option<Result<Event, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Watch {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        let next = this
            .next
            .get_or_insert_with(|| Box::pin(this.poll.clone().next()));
        let (poll, event) = ready!(next.as_mut().poll(context));
        this.next = None;
        this.poll = poll;
        this.over = matches!(event, Err(_) | Ok(Event::Ended(_)));
        Poll::Ready(Some(event))
    }
}

impl IntoFuture for Watch {
    type Output = Result<Ended, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            // A stream that is being read goes on where it is.
            if let Some(next) = self.next {
                let (poll, event) = next.await;
                return match event? {
                    Event::Ended(ended) => Ok(ended),
                    _ => poll.end().await,
                };
            }
            self.poll.end().await
        })
    }
}

impl Poller {
    async fn end(mut self) -> Result<Ended, Error> {
        loop {
            let (poll, event) = self.next().await;
            if let Event::Ended(ended) = event? {
                return Ok(ended);
            }
            self = poll;
        }
    }

    /// Polls until there is something to tell.
    async fn next(mut self) -> Step {
        let start = Instant::now();
        if self.deadline.is_none() {
            self.deadline = self.limit.and_then(|limit| start.checked_add(limit));
        }
        loop {
            if let Some(outcome) = self.polled.then(|| self.outcome()).flatten() {
                return self.over(outcome);
            }
            let poll = async {
                if let Some(due) = self.due {
                    sleep_until(due).await;
                }
                self.client
                    .get_offer_status(&self.publisher, &self.offer)
                    .await
            };
            let polled = match self.deadline {
                Some(deadline) => match timeout_at(deadline, poll).await {
                    Ok(polled) => polled,
                    Err(_) => return self.over(Outcome::Deadline),
                },
                None => poll.await,
            };
            let wait = match &polled {
                Ok(report) => report.received.retry_after,
                Err(error) => error.retry_after(),
            };
            let pause = self.interval.max(wait.unwrap_or_default());
            self.due = Some(later(pause));
            match polled {
                Ok(answer) => {
                    let before = self.last.replace(answer.value.clone());
                    self.polled = true;
                    if let Some(change) = Change::between(before.as_ref(), answer) {
                        return (self, Ok(Event::Changed(change)));
                    }
                }
                Err(error) if passes(&error, self.polled) => {
                    return (self, Ok(Event::PollFailed(error)));
                }
                Err(error) => return (self, Err(error)),
            }
        }
    }

    /// The outcome of the last report, unless the wait goes on after it.
    fn outcome(&self) -> Option<Outcome> {
        let outcome = self.last.as_ref()?.outcome()?;
        (!(self.until_live && outcome == Outcome::AwaitingGoLive)).then_some(outcome)
    }

    fn over(self, outcome: Outcome) -> Step {
        let report = self.last.clone();
        (self, Ok(Event::Ended(Ended { outcome, report })))
    }
}

/// When the pause is over, with up to a tenth more of it.
pub(crate) fn later(pause: Duration) -> Instant {
    // Longer than anybody watches, for what the clock can't count: any number of seconds can stand in a `Retry-After`.
    const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    Instant::now() + with_jitter(pause.min(FOR_EVER))
}

fn with_jitter(pause: Duration) -> Duration {
    let tenth = pause / 10;
    let jittered = ConstantBuilder::default()
        .with_delay(tenth)
        .with_jitter()
        .build()
        .next()
        .unwrap_or(tenth);
    // backon adds up to the delay's own length.
    pause + jittered.saturating_sub(tenth)
}

/// Whether a poll that failed may be followed by one that doesn't. A wait lasts for days, and the endpoint that gives out tokens
/// can be away for minutes: once there has been an answer, a token that can't be had is no reason to end.
pub(crate) fn passes(error: &Error, answered: bool) -> bool {
    error.is_retryable() || (answered && error.is_credential())
}

/// The steps of a report whose status isn't what it was. Steps are the same when their id is, or their name where they have no
/// id; what has neither is told by its place.
fn changed_steps(before: Option<&OfferStatusReport>, now: &OfferStatusReport) -> Vec<StepChange> {
    let before = before.map(OfferStatusReport::steps).unwrap_or_default();
    let key = |step: &PublicationStep| step.id.clone().or_else(|| step.step_name.clone());
    now.steps()
        .iter()
        .enumerate()
        .filter_map(|(place, step)| {
            let same = match key(step) {
                Some(name) => before.iter().find(|step| key(step).as_ref() == Some(&name)),
                None => before.get(place),
            };
            let status = same.and_then(|step| step.status.clone());
            (same.is_none() || status != step.status).then(|| StepChange {
                step: step.clone(),
                before: status,
            })
        })
        .collect()
}
