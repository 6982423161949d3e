#![doc = include_str!("../README.md")]
//!
//! # The public API
//!
//! The operations of the spec are methods of [`Client`], and the spec's types are in [`types`]. [`Watch`] waits for one
//! publication, and [`PublisherWatch`] waits for all publications of a publisher. [`Outcome`] is the result of a publication.
//! [`Error`] is the only error type.
//!
//! Types of other crates that are part of this API:
//!
//! | type | where | why |
//! |---|---|---|
//! | `reqwest::Client` | [`ClientBuilder::http_client`] | configures proxies and certificates |
//! | `http::HeaderMap` | [`Response::headers`] | the common type of HTTP libraries |
//! | `serde_json::Value`, `Map` | [`Response::json`], properties of unknown type | the common type for JSON of any structure |
//! | `time::OffsetDateTime` | [`Timestamp::utc`] | the date library of the Azure SDK |
//! | `futures_core::Stream` | [`Watch`], [`PublisherWatch`] | the common type of stream libraries |
//! | `azure_core::credentials::TokenCredential` | `Credential::azure`, with `azure-identity` | the Azure SDK's credentials |
//! | `schemars::JsonSchema` | every type, with `schemars` | |
//! | `httpmock` | `mock`, with `mock` | the server that the mocks extend |
//!
//! The types of responses implement `serde`'s traits.
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

// Generated code is checked by the compiler's lints, but not by Clippy.
#[cfg(feature = "generate")]
#[allow(clippy::all, clippy::pedantic, unused_qualifications)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}
#[cfg(feature = "generate")]
#[allow(clippy::pedantic)]
mod facade {
    include!(concat!(env!("OUT_DIR"), "/facade.rs"));
}
#[cfg(not(feature = "generate"))]
#[allow(clippy::pedantic)]
#[rustfmt::skip]
mod facade;
#[cfg(not(feature = "generate"))]
#[allow(clippy::all, clippy::pedantic, unused_qualifications)]
#[rustfmt::skip]
mod generated;

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
pub use watch::outcome::Outcome;
pub use watch::publisher::{
    PublisherWatch, PublisherWatchBuilder, PublisherWatchEvent, PublisherWatchResult,
};
pub use watch::{Change, StepChange, Until, Watch, WatchBuilder, WatchEvent, WatchResult};
