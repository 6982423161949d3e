//! Tests of the SDK's public API over sockets, and of the reader and replay server of recordings.

mod bench_figures;
mod credentials;
mod decoding;
mod faults;
mod fuzz;
mod ids;
mod public_api;
mod publisher;
mod publisher_cost;
mod publisher_results;
mod publisher_times;
mod recording_files;
mod recordings;
mod replay;
mod retries;
mod unusual_properties;

mod support;
mod tracing;
mod watch;
mod watch_errors;
mod watch_faults;
mod watch_start;
mod watch_times;
