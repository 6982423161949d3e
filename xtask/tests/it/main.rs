//! The integration tests of `cargo xtask`: one binary, one module per command or group of commands.

mod commands;
mod common;
mod compat;
mod coverage;
#[cfg(unix)]
mod docs;
mod edited_spec;
mod evidence;
mod import;
#[cfg(unix)]
mod languages;
mod lint;
mod readme;
mod record;
mod recorded;
#[cfg(unix)]
mod servers;
mod validate;
