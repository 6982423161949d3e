//! Tests `cargo xtask`. Each module tests one command or a group of commands.

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
