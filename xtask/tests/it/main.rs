//! The integration tests of `cargo xtask`: one binary with one module per command or group of commands.

mod commands;
mod common;
mod compat;
mod coverage;
#[cfg(unix)]
mod docs;
mod edited_spec;
#[cfg(unix)]
mod languages;
mod lint;
mod record;
mod record_har;
mod record_support;
#[cfg(unix)]
mod servers;
mod validate;
