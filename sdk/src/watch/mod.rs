//! Watches, which poll the service until a publication has ended.
//!
//! `offer_watch` and `publisher_watch` are the public API. Each watch consists of a state machine, which makes the decisions, and a
//! runner, which sends the requests of the state machine. The interface between them is in `state_machine`.

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
