//! A watch sends requests to the service at an interval until a publication has ended.
//!
//! `offer_watch` and `publisher_watch` define the public types of the two watches. Each watch has a state machine and a runner. The
//! state machine decides when to send a request, and the runner sends it. `state_machine` defines the interface between the two.

pub(crate) mod change;
mod later_publication;
mod list_changes;
mod offer_state_machine;
pub(crate) mod offer_watch;
pub(crate) mod options;
pub(crate) mod outcome;
mod poll_schedule;
mod polled_offer;
mod publisher_state_machine;
pub(crate) mod publisher_watch;
mod report;
mod runner;
mod state_machine;
#[cfg(test)]
mod tests;
mod undecodable_values;
