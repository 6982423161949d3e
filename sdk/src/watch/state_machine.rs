//! The interface between the two parts of a watch: a state machine and a runner. The state machine decides what the watch does,
//! without I/O and without a clock. The runner passes inputs and the time to the state machine, and performs the returned actions.
//!
//! All times, such as `now`, are durations since the start of the watch. A watch starts when the program awaits it or requests its first
//! event.

use std::time::Duration;

use crate::types::{OfferStatusReport, OfferSummary};
use crate::{Error, Response};

/// Decides what a watch does.
pub(crate) trait StateMachine {
    /// The type of the events that the watch reports.
    type Event;
    /// The type of the result of the watch.
    type Output: Clone;

    /// Processes an input, and returns the actions for the runner. The first input is [`Input::Timer`] at time zero.
    fn step(&mut self, input: Input, now: Duration) -> Vec<Action<Self::Event, Self::Output>>;

    /// Returns the time of the next [`Input::Timer`]. If a response arrives earlier, the runner passes the response to the state machine,
    /// and then calls `wake_at` again. `None` means that the state machine waits only for responses.
    fn wake_at(&self) -> Option<Duration>;

    /// Returns the event that reports the end of the watch.
    fn end_event(result: Result<Self::Output, Error>) -> Self::Event;
}

/// A request of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The list of the publisher's offers.
    List,
    /// The status of the offer with this id.
    Status(String),
}

/// An input of a state machine.
#[derive(Debug)]
pub(crate) enum Input {
    /// The notification that the time of `wake_at` has come. The state machine ignores a timer that is early or not needed.
    Timer,
    /// The result of [`Request::List`].
    List(Result<Response<Vec<OfferSummary>>, Error>),
    /// The result of [`Request::Status`] for this offer.
    Status(String, Result<Response<OfferStatusReport>, Error>),
}

/// An action that the runner performs.
#[derive(Debug)]
pub(crate) enum Action<E, O> {
    /// Sends a request. The runner passes the result of the request to the state machine as an [`Input`].
    Send(Request),
    /// Reports an event.
    Emit(E),
    /// Ends the watch with this result, and drops all pending requests.
    End(Result<O, Error>),
}
