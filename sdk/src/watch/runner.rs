//! Runs the state machine of a watch: sends the requests, and passes their results and the time to the state machine.

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
use crate::watch::state_machine::{Action, Input, Request, StateMachine};
use crate::{Client, Error};

/// A wait of 30 years. It replaces a longer wait that `Instant` can't represent.
const MAXIMUM_WAIT: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

type PendingRequest = Pin<Box<dyn Future<Output = Input> + Send>>;

/// A state machine with its requests and its timer. The runner spawns no task: the requests run in the task that awaits the watch or reads
/// its events. This has three effects:
///
/// * The caller's tracing span contains the requests.
/// * A panic during a request reaches the caller.
/// * Dropping the runner cancels the requests.
pub(crate) struct Runner<M: StateMachine> {
    client: Client,
    publisher: PublisherId,
    state_machine: M,
    requests: FuturesUnordered<PendingRequest>,
    actions: VecDeque<Action<M::Event, M::Output>>,
    started: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The result; `None` until the watch has ended.
    result: Option<Result<M::Output, Error>>,
}

impl<M: StateMachine> Runner<M> {
    pub(crate) fn new(client: &Client, publisher: PublisherId, mut state_machine: M) -> Self {
        Self {
            // The client doesn't retry, because the state machine decides when a failed request is repeated.
            client: client.without_retries(),
            publisher,
            actions: state_machine.step(Input::Timer, Duration::ZERO).into(),
            state_machine,
            requests: FuturesUnordered::new(),
            started: None,
            timer: None,
            result: None,
        }
    }

    /// Returns the next event, or `None` after the last event.
    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<M::Event>> {
        if self.result.is_some() {
            return Poll::Ready(None);
        }
        let started = *self.started.get_or_insert_with(Instant::now);
        loop {
            while let Some(action) = self.actions.pop_front() {
                match action {
                    Action::Send(request) => self.requests.push(self.send(request)),
                    Action::Emit(event) => return Poll::Ready(Some(event)),
                    Action::End(result) => {
                        self.result = Some(result.clone());
                        self.requests.clear();
                        return Poll::Ready(Some(M::end_event(result)));
                    }
                }
            }
            let input = ready!(self.poll_input(started, context));
            self.actions
                .extend(self.state_machine.step(input, started.elapsed()));
        }
    }

    pub(crate) async fn next_event(&mut self) -> Option<M::Event> {
        poll_fn(|context| self.poll_event(context)).await
    }

    /// Reads the remaining events, and returns the result.
    pub(crate) async fn finish(mut self) -> Result<M::Output, Error> {
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

    /// Returns the next result of a request, or [`Input::Timer`] when the timer of the state machine has elapsed.
    fn poll_input(&mut self, started: Instant, context: &mut Context<'_>) -> Poll<Input> {
        if let Poll::Ready(Some(input)) = Pin::new(&mut self.requests).poll_next(context) {
            return Poll::Ready(input);
        }
        let Some(wake_at) = self.state_machine.wake_at() else {
            return Poll::Pending;
        };
        let wake_at = started
            .checked_add(wake_at)
            .unwrap_or_else(|| Instant::now() + MAXIMUM_WAIT);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(wake_at)));
        if timer.deadline() != wake_at {
            timer.as_mut().reset(wake_at);
        }
        timer.as_mut().poll(context).map(|()| Input::Timer)
    }
}

impl<M: StateMachine<Output: fmt::Debug>> fmt::Debug for Runner<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

/// Implements `next_event`, `Stream` and `IntoFuture` for a watch, and `IntoFuture` for its builder.
macro_rules! impl_watch {
    ($watch:ty, $builder:ty, $event:ty, $result:ty) => {
        impl $watch {
            /// Returns the next event, or `None` after the event `Ended`. The watch is also a [`Stream`](futures_core::Stream) of
            /// these events. This method is cancel safe: no event is lost if the future is dropped.
            pub async fn next_event(&mut self) -> Option<$event> {
                self.runner.next_event().await
            }
        }

        impl futures_core::Stream for $watch {
            type Item = $event;

            fn poll_next(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.runner.poll_event(context)
            }
        }

        impl IntoFuture for $watch {
            type Output = Result<$result, Error>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            /// Reads the remaining events, and returns the result. If the event `Ended` was already read, returns the result of this event.
            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.runner.finish())
            }
        }

        impl IntoFuture for $builder {
            type Output = Result<$result, Error>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                self.start().into_future()
            }
        }
    };
}
pub(crate) use impl_watch;
