//! Tests the SDK's public API with local servers. Also tests the recordings, their reader and the replay server.

mod bench_figures;
mod calls;
mod client;
mod credentials;
mod decoding;
mod fuzz;
mod ids;
mod publisher_cost;
mod recording_files;
mod recordings;
mod replay;
mod support;
mod tracing;
mod watch;
