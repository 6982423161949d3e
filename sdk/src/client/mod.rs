//! The client.

pub(crate) mod builder;
mod endpoint;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::call::response::Response;
use crate::call::retry::RetryPolicy;
use crate::call::settings::{Operation, Settings};
use crate::call::{self, progenitor};
use crate::credential::Credential;
use crate::decode::Lenient;
use crate::error::Error;
use crate::generated;

/// A client of the Cloud Partner Portal API. The operations of the spec are methods.
///
/// Cloning is cheap: clones share connections and tokens.
///
/// ```no_run
/// # async fn example() -> Result<(), cloud_partner_portal::Error> {
/// use cloud_partner_portal::{Client, Credential};
///
/// let client = Client::builder()
///     .credential(Credential::from_env()?)
///     .build()?;
/// for offer in client.list_offers("contoso").await?.iter() {
///     println!("{}", offer.id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    settings: Arc<Settings>,
}

/// Shows the endpoint and the credential. The default headers of a custom HTTP client can hold a secret and aren't shown.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.settings.endpoint)
            .field("credential", &self.settings.credential)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Creates a client with the credential from the environment; see [`Credential::from_env`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Credential::from_env`] and [`ClientBuilder::build`](crate::ClientBuilder::build).
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().credential(Credential::from_env()?).build()
    }

    /// Returns the service's address without a trailing slash.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.settings.endpoint
    }

    /// Sends a `GET` request to a path that isn't in the spec, and returns the JSON of the response. The client's credential, retries,
    /// timeouts and limits apply.
    ///
    /// The path must begin with a slash and be percent-encoded. The path may have a query. `api-version` is added unless the query
    /// contains it.
    ///
    /// ```no_run
    /// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
    /// let offer = client.get("/api/publishers/contoso/offers/test-vm").await?;
    /// println!("{}", offer["definition"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the path could address another server or another resource:
    /// without a slash at the beginning, or with `..`, a backslash or white space. The other errors are those of every call.
    pub async fn get(&self, path: impl AsRef<str>) -> Result<Response<Value>, Error> {
        const GET: Operation<'_> = Operation {
            id: "get",
            success: &[200..=299],
            path: &[],
        };
        let version = (progenitor::API_VERSION, progenitor::api_version());
        let url = endpoint::join(self.endpoint(), path.as_ref(), version)
            .map_err(|error| error.with_operation(GET.id))?;
        let request = reqwest::Request::new(http::Method::GET, url);
        self.call(GET, Ok(request)).await
    }

    /// Returns the same client without retries, because a watch repeats its polls itself.
    pub(crate) fn without_retries(&self) -> Self {
        let settings = Settings {
            retry: RetryPolicy::disabled(),
            ..Settings::clone(&self.settings)
        };
        Self {
            settings: Arc::new(settings),
        }
    }

    /// Returns the generated client, which builds the requests of the operations.
    pub(crate) fn requests(&self) -> generated::Client {
        progenitor::client(self.endpoint(), &self.settings.http)
    }

    /// Calls an operation.
    pub(crate) async fn call<T: for<'de> Lenient<'de>>(
        &self,
        operation: Operation<'_>,
        request: Result<reqwest::Request, Error>,
    ) -> Result<Response<T>, Error> {
        call::run(&self.settings, operation, request).await
    }
}
