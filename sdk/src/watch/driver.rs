//! The driver of both watches, which sends the core's requests and passes the results and the time to the core.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::types::PublisherId;
use crate::watch::core::{Action, Core, Input, Request};
use crate::{Client, Error};

/// Upper bound for waits that overflow `Instant`: 30 years.
const MAXIMUM_WAIT: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

type PendingRequest = Pin<Box<dyn Future<Output = Input> + Send>>;

/// A core with its requests and its timer. They run while the driver is polled, not in spawned tasks. Therefore, spans and panics
/// of the requests reach the caller, and dropping the driver cancels the requests.
pub(crate) struct Driver<C: Core> {
    client: Client,
    publisher: PublisherId,
    core: C,
    requests: FuturesUnordered<PendingRequest>,
    actions: VecDeque<Action<C::Event, C::Output>>,
    started: Option<Instant>,
    timer: Option<(Duration, Pin<Box<Sleep>>)>,
    /// The result; `None` until the watch has ended.
    result: Option<Result<C::Output, Error>>,
}

impl<C: Core> Driver<C> {
    pub(crate) fn new(client: &Client, publisher: PublisherId, core: C) -> Self {
        Self {
            // The core decides when to repeat a failed poll.
            client: client.without_retries(),
            publisher,
            core,
            requests: FuturesUnordered::new(),
            actions: VecDeque::new(),
            started: None,
            timer: None,
            result: None,
        }
    }

    /// Returns the next event, or `None` after the last one.
    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<C::Event>> {
        if self.result.is_some() {
            return Poll::Ready(None);
        }
        let started = *self.started.get_or_insert_with(|| {
            self.actions
                .extend(self.core.step(Input::Timer, Duration::ZERO));
            Instant::now()
        });
        loop {
            while let Some(action) = self.actions.pop_front() {
                match action {
                    Action::Send(request) => self.requests.push(self.send(request)),
                    Action::Emit(event) => return Poll::Ready(Some(event)),
                    Action::End(result) => {
                        self.result = Some(result.clone());
                        self.requests.clear();
                        return Poll::Ready(Some(C::ended(result)));
                    }
                }
            }
            let input = ready!(self.poll_input(started, context));
            self.actions
                .extend(self.core.step(input, started.elapsed()));
        }
    }

    pub(crate) async fn next_event(&mut self) -> Option<C::Event> {
        poll_fn(|context| self.poll_event(context)).await
    }

    /// Reads the remaining events, and returns the result.
    pub(crate) async fn finish(mut self) -> Result<C::Output, Error> {
        loop {
            if let Some(result) = self.result {
                return result;
            }
            self.next_event().await;
        }
    }

    fn send(&self, request: Request) -> PendingRequest {
        let client = self.client.clone();
        let publisher = self.publisher.clone();
        Box::pin(async move {
            match request {
                Request::List => Input::List(client.list_offers(&publisher).await),
                Request::Status(offer) => {
                    let result = client.get_offer_status(&publisher, &offer).await;
                    Input::Status(offer, result)
                }
            }
        })
    }

    /// Returns the next result of a request, or [`Input::Timer`] when the core's timer has elapsed.
    fn poll_input(&mut self, started: Instant, context: &mut Context<'_>) -> Poll<Input> {
        if let Poll::Ready(Some(input)) = Pin::new(&mut self.requests).poll_next(context) {
            return Poll::Ready(input);
        }
        let Some(wake_at) = self.core.wake_at() else {
            self.timer = None;
            return Poll::Pending;
        };
        if self.timer.as_ref().is_none_or(|(at, _)| *at != wake_at) {
            let instant = started
                .checked_add(wake_at)
                .unwrap_or_else(|| Instant::now() + MAXIMUM_WAIT);
            self.timer = Some((wake_at, Box::pin(sleep_until(instant))));
        }
        if let Some((_, sleep)) = &mut self.timer {
            ready!(sleep.as_mut().poll(context));
        }
        self.timer = None;
        Poll::Ready(Input::Timer)
    }
}

impl<C: Core<Output: fmt::Debug>> fmt::Debug for Driver<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}
