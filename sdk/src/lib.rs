#![doc = "Typed client for the Azure Marketplace Cloud Partner Portal API."]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod client;
mod credential;
mod environment;
mod error;
mod failure;
mod lenient;
mod link;
mod open;
mod outcome;
mod publisher;
mod response;
mod retry;
mod timestamp;
mod trace;
mod watch;

// Progenitor's code is held to the compiler's lints, not to the house's.
#[cfg(feature = "generate")]
#[allow(
    clippy::all,
    clippy::pedantic,
    rustdoc::broken_intra_doc_links,
    unused_qualifications
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}
#[cfg(not(feature = "generate"))]
#[allow(clippy::all, clippy::pedantic, rustdoc::broken_intra_doc_links, unused_qualifications)]
#[rustfmt::skip]
mod generated;

pub use client::{Client, ClientBuilder};
pub use credential::{AccessToken, Credential, CredentialError};
pub use error::Error;
pub use generated::types;
pub use link::Link;
pub use open::{KnownValue, Open};
pub use outcome::Outcome;
pub use publisher::{PublisherEnded, PublisherEvent, PublisherWatch};
pub use response::Response;
pub use retry::RetryPolicy;
pub use timestamp::Timestamp;
pub use watch::{Change, Ended, Event, StepChange, Watch};

#[cfg(all(test, feature = "generate"))]
mod drift {
    /// The committed file is what a consumer compiles; the generated one is what this workspace does.
    #[test]
    fn the_committed_code_is_what_the_contract_says() {
        let pairs = [
            (
                "generated.rs",
                include_str!("generated.rs"),
                include_str!(concat!(env!("OUT_DIR"), "/generated.rs")),
            ),
            (
                "generated_mocks.rs",
                include_str!("generated_mocks.rs"),
                include_str!(concat!(env!("OUT_DIR"), "/generated_mocks.rs")),
            ),
        ];
        for (name, committed, generated) in pairs {
            let diff = similar::TextDiff::from_lines(committed, generated);
            assert!(
                committed == generated,
                "sdk/src/{name} is stale; `cargo xtask generate` mends it:\n{}",
                diff.unified_diff().header("committed", "from the contract")
            );
        }
    }
}
