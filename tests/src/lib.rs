//! Recorded answers of the Cloud Partner Portal API, a reader and a replay server for them.
//!
//! * [`recording`]: the format, one request and its answer in one JSON file.
//! * [`library`]: reads recordings and scenarios from their folders, `recordings/` and `scenarios/` beside this crate.
//! * [`replay`]: answers requests from them, over a socket on this machine.
//! * [`sample`]: recordings too large to keep, made by code.
//! * [`scripted_server`]: answers each connection byte by byte as a script says, for what no well-behaved server does.
//!
//! A recording is data: a file added to `recordings/` is served, and a folder added to `scenarios/` is stepped
//! through, without a line of code. To add one, copy the file that comes closest; its `$schema` makes editors help.
//!
//! ```
//! use cloud_partner_recordings::{library, replay::Replay};
//!
//! let home = library::home();
//! let recordings = library::recordings(&home.join("recordings")).all()?;
//! let scenarios = library::scenarios(&home.join("scenarios")).all()?;
//! let server = Replay::new(recordings, scenarios).start()?;
//! println!("GET {}/api/publishers/contoso/offers?api-version=2017-10-31", server.url());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod library;
pub mod recording;
pub mod replay;
pub mod sample;
pub mod scripted_server;
