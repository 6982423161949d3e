//! Recorded responses of the Cloud Partner Portal API, and a replay server that sends them.
//!
//! A *recording* is one request and its response in a JSON file. A *scenario* is a sequence of recorded responses to the same request,
//! such as the progress of a publication. The folders `recordings/` and `scenarios/` of this crate contain the files.
//!
//! * [`recording`]: the format of a recording.
//! * [`load`]: reads recordings and scenarios from their folders.
//! * [`replay`]: the replay server.
//! * [`synthetic`]: recordings that tests and benchmarks create in code.
//! * [`scripted_server`]: a server that sends invalid or incomplete responses.
//!
//! To add a recording, copy the most similar file and edit the copy. [`load`] reads every file, so you don't change any code. With the
//! property `$schema`, editors check and complete the file.
//!
//! ```
//! use cloud_partner_recordings::{load, replay::Replay};
//!
//! let (recordings, scenarios) = load::all(load::root())?;
//! let server = Replay::new(recordings, scenarios).start()?;
//! println!("GET {}/api/publishers/contoso/offers?api-version=2017-10-31", server.url());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod background_server;
pub mod load;
pub mod recording;
pub mod replay;
pub mod scripted_server;
pub mod synthetic;
