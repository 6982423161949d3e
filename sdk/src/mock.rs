//! Mocks the service in tests. This module needs the feature `mock`.
//!
//! [`MockServerExt`] adds a method for each operation to [`httpmock::MockServer`]. The server listens on a local port. To test your
//! code, set the client's endpoint to the server's address. Each method takes a closure with two arguments:
//!
//! * `when` sets the expected values of the request. It has a method for each parameter of the operation.
//! * `then` sets the response. It has a method for each documented status code, such as `ok` and `not_found`. Each of these methods takes
//!   the body. For other status codes, `default_response` takes the status code and the body.
//!
//! ```
//! use std::time::Duration;
//!
//! use cloud_partner_portal::mock::MockServerExt;
//! use cloud_partner_portal::types::{OfferStatus, OfferStatusReport, PublisherId};
//! use cloud_partner_portal::{Client, Credential, Error, Outcome};
//! use httpmock::MockServer;
//!
//! /// The code under test.
//! async fn announce(client: &Client, offer: &str) -> Result<String, Error> {
//!     let result = client
//!         .watch("contoso", offer)?
//!         .interval(Duration::from_millis(10))
//!         .await?;
//!     Ok(match result.outcome {
//!         Outcome::Succeeded => format!("{offer} is live"),
//!         other => format!("{offer} isn't live: {other}"),
//!     })
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = MockServer::start_async().await;
//! let publisher: PublisherId = "contoso".parse()?;
//! let mock = server.get_offer_status(|when, then| {
//!     when.publisher_id(&publisher);
//!     let mut report = OfferStatusReport::default();
//!     report.status = OfferStatus::Succeeded.into();
//!     then.ok(&report);
//! });
//! let client = Client::builder()
//!     .endpoint(server.base_url())
//!     .credential(Credential::token("any")?)
//!     .build()?;
//!
//! assert_eq!(announce(&client, "test-vm").await?, "test-vm is live");
//! assert_eq!(mock.calls(), 1);
//! # Ok(())
//! # }
//! ```

use httpmock::When;
use serde::Serialize;

use crate::call::progenitor::QueryParam;

/// Adds a query parameter to the expected request. For an array, adds one parameter for each element.
#[allow(
    dead_code,
    reason = "no operation has a query parameter except `api-version`"
)]
fn with_query(when: When, name: &str, value: impl Serialize) -> When {
    let parameters = serde_json::to_value(QueryParam::new(name, &value));
    let parameters: Result<Vec<(String, String)>, _> = parameters.and_then(serde_json::from_value);
    let parameters = parameters.expect("the value isn't nested").into_iter();
    parameters.fold(when, |when, (name, value)| when.query_param(name, value))
}

/// Prevents implementations of [`MockServerExt`] in other crates.
mod sealed {
    pub trait Sealed {}

    impl Sealed for httpmock::MockServer {}
}

#[allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unused_imports,
    unused_qualifications
)]
mod generated {
    #[cfg(feature = "generate")]
    include!(concat!(env!("OUT_DIR"), "/generated_mocks.rs"));
    #[cfg(not(feature = "generate"))]
    include!("generated_mocks.rs");
}

pub use generated::{MockServerExt, operations};
