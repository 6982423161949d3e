#![doc = include_str!("../README.md")]
//!
//! # The public API
//!
//! The operations of the spec are methods of [`Client`], and the spec's types are in [`types`]. The types of responses implement
//! `serde::Serialize` and `serde::Deserialize`.
//!
//! The API contains types of other crates:
//!
//! | type | where | why |
//! |---|---|---|
//! | `reqwest::Client` | [`ClientBuilder::http_client`] | configures proxies and certificates |
//! | `http::HeaderMap` | [`Response::headers`] | the common type of HTTP libraries |
//! | `serde_json::Value`, `Map` | [`Response::json`], properties without a documented type | the common type for JSON of any structure |
//! | `time::OffsetDateTime` | [`Timestamp::utc`] | the date library of the Azure SDK |
//! | `futures_core::Stream` | [`Watch`], [`PublisherWatch`] | the common type of stream libraries |
//! | `azure_core::credentials::TokenCredential` | `Credential::azure`, with the feature `azure-identity` | the Azure SDK's credentials |
//! | `schemars::JsonSchema` | types of responses, with the feature `schemars` | describes the JSON of a response |
//! | `httpmock::MockServer` | module `mock`, with the feature `mock` | the server of the mocks; a trait adds a method per operation |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod client;
mod credential;
mod decode;
mod error;
#[cfg(feature = "mock")]
pub mod mock;
mod values;
mod watch;

// `missing_docs` only warns here: after an edit of the spec, a missing description doesn't fail the build. It fails the gate.
#[warn(missing_docs)]
#[allow(clippy::all, clippy::pedantic, unused_qualifications)]
mod generated {
    #[cfg(feature = "generate")]
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
    #[cfg(not(feature = "generate"))]
    include!("generated.rs");
}
#[allow(clippy::pedantic, unused_qualifications)]
mod facade {
    #[cfg(feature = "generate")]
    include!(concat!(env!("OUT_DIR"), "/facade.rs"));
    #[cfg(not(feature = "generate"))]
    include!("facade.rs");
}

pub use call::response::Response;
pub use call::retry::RetryPolicy;
pub use client::{Client, ClientBuilder};
pub use credential::source::CredentialSource;
pub use credential::token::AccessToken;
pub use credential::{Credential, CredentialError};
pub use error::Error;
pub use generated::types;
pub use values::extensible::{Extensible, KnownValue};
pub use values::identifier::{Identifier, InvalidIdentifier};
pub use values::link::Link;
pub use values::timestamp::Timestamp;
pub use watch::change::{Change, StepChange};
pub use watch::offer_watch::{Watch, WatchBuilder, WatchEvent, WatchResult};
pub use watch::options::Until;
pub use watch::outcome::Outcome;
pub use watch::publisher_watch::{
    PublisherWatch, PublisherWatchBuilder, PublisherWatchEvent, PublisherWatchResult,
};
