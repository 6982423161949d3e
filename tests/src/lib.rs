//! Recorded responses of the Cloud Partner Portal API, a reader and a replay server for them.
//!
//! * [`recording`]: the format, one request and its response in one JSON file.
//! * [`store`]: reads recordings and scenarios from their folders, `recordings/` and `scenarios/` beside this crate.
//! * [`replay`]: a server on the loopback interface that returns the recorded responses.
//! * [`sample`]: generated recordings that are too large to commit.
//! * [`scripted_server`]: a server that sends scripted bytes, for responses that no well-behaved server sends.
//!
//! A file added to `recordings/` or a folder added to `scenarios/` is served without a change of code. To add one, copy the most
//! similar file; its `$schema` property enables completion and checks in editors.
//!
//! ```
//! use cloud_partner_recordings::{store, replay::Replay};
//!
//! let root = store::root();
//! let recordings = store::recordings(&root.join("recordings")).all()?;
//! let scenarios = store::scenarios(&root.join("scenarios")).all()?;
//! let server = Replay::new(recordings, scenarios).start()?;
//! println!("GET {}/api/publishers/contoso/offers?api-version=2017-10-31", server.url());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod background;
pub mod recording;
pub mod replay;
pub mod sample;
pub mod scripted_server;
pub mod store;
