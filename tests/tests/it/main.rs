//! Tests of the SDK's public API over sockets, and of the reader and replay server of recordings.

mod bench_figures;
mod client;
mod credentials;
mod decoding;
mod faults;
mod fuzz;
mod ids;
mod public_api;
mod publisher_cost;
mod recording_files;
mod recordings;
mod replay;
mod retries;
mod support;
mod tracing;
mod watch;
