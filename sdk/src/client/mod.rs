//! The client, and its builder.

mod endpoint;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde_json::Value;

use crate::call::response::Response;
use crate::call::retry::RetryPolicy;
use crate::call::settings::{Operation, Settings};
use crate::call::{self, BuildRequest, progenitor};
use crate::credential::Credential;
use crate::decode::Lenient;
use crate::error::{Error, Kind};
use crate::generated;
use endpoint::Endpoint;

/// The service's address according to its documentation.
const ENDPOINT: &str = "https://cloudpartner.azure.com";

/// A client of the Cloud Partner Portal API. The operations of the spec are methods.
///
/// Cloning is cheap: clones share connections and tokens.
///
/// ```no_run
/// use cloud_partner_portal::{Client, Credential};
///
/// let client = Client::builder()
///     .credential(Credential::from_env()?)
///     .build()?;
/// # Ok::<(), cloud_partner_portal::Error>(())
/// ```
#[derive(Clone)]
pub struct Client {
    settings: Arc<Settings>,
}

/// Shows the endpoint and the kind of credential. Doesn't show a custom HTTP client, because its default headers can hold a secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.settings.endpoint)
            .field("credential", &self.settings.credential)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Returns a builder.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Creates a client with the credential from the environment variables; see [`Credential::from_env`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Credential::from_env`] and [`ClientBuilder::build`].
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
    /// The path must begin with a slash and be percent-encoded. The path may have a query. If the query has no `api-version`, the
    /// client adds the version in the spec.
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
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the path doesn't begin with a slash, has the segment `.` or `..`,
    /// or holds a backslash, `#`, white space or a control character. The other errors of a call are possible as well.
    pub async fn get(&self, path: impl AsRef<str>) -> Result<Response<Value>, Error> {
        const GET: Operation<'_> = Operation {
            id: "get",
            success_codes: &[200..=299],
            path: &[],
        };
        let version = (progenitor::API_VERSION, generated::Client::api_version());
        let url = endpoint::join(self.endpoint(), path.as_ref(), version)
            .map_err(|error| error.with_operation(GET.id))?;
        let build_request = || Ok(reqwest::Request::new(http::Method::GET, url.clone()));
        self.call(GET, &build_request).await
    }

    /// Returns a copy of this client without retries, for a watch: the watch itself repeats polls that fail.
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
        build_request: BuildRequest<'_>,
    ) -> Result<Response<T>, Error> {
        call::run(&self.settings, operation, build_request).await
    }
}

/// Builds a [`Client`]. Every setting except the credential has a default.
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    /// The endpoint, or the error if it can't be used. The text of an invalid endpoint isn't kept, because it can hold a password.
    endpoint: Result<Endpoint, Error>,
    credential: Option<Credential>,
    http: Option<reqwest::Client>,
    /// Empty, or a space and the suffix.
    user_agent_suffix: String,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    call_timeout: Duration,
    retry: RetryPolicy,
    response_limit: usize,
}

/// Shows the endpoint and the kind of credential, as the `Debug` of [`Client`] does.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("endpoint", &self.endpoint)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            endpoint: endpoint::check(ENDPOINT),
            credential: None,
            http: None,
            user_agent_suffix: String::new(),
            connect_timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(5 * 60),
            call_timeout: Duration::from_secs(15 * 60),
            retry: RetryPolicy::default(),
            response_limit: 256 * 1024 * 1024,
        }
    }
}

impl ClientBuilder {
    /// Sets the service's address, by default `https://cloudpartner.azure.com`. Leave out `/api`, which the client adds. It must
    /// be an `https` URL; an `http` URL is allowed only for this machine, because `http` doesn't encrypt the token.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint::check(&endpoint.into());
        self
    }

    /// Sets the credential, which is the source of the tokens.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Sets the timeout of opening a connection, by default 30 s. Has no effect on a custom [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the timeout of one attempt, from the request to the last byte of the response, by default 5 min. A response of the
    /// service can take minutes.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets the timeout of a call with all its attempts and backoffs, by default 15 min.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Sets the retry policy.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the maximum size of a response in bytes, after decompression, by default 256 MiB. A larger response is an error.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Sets a text that is appended to the SDK's name in `User-Agent`, such as `release-pipeline/2.1`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = format!(" {}", suffix.into());
        self
    }

    /// Sets the HTTP client, for a proxy or custom certificates. The HTTP client must not follow redirects, because a redirect could
    /// send the token to another host.
    ///
    /// ```no_run
    /// let http = reqwest::Client::builder()
    ///     .proxy(reqwest::Proxy::https("http://proxy.example:8080")?)
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .build()?;
    /// let builder = cloud_partner_portal::Client::builder().http_client(http);
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Builds the client. Sends no request.
    ///
    /// # Errors
    ///
    /// * [`is_invalid_argument`](Error::is_invalid_argument) when the endpoint can't be used, or the user agent can't be sent
    /// * [`is_credential`](Error::is_credential) when there is no credential
    /// * [`is_configuration`](Error::is_configuration) when the program was built without TLS, or TLS can't be set up
    pub fn build(self) -> Result<Client, Error> {
        let Some(credential) = self.credential else {
            let message = "no credential: pass one to ClientBuilder::credential";
            return Err(Error::new(Kind::Credential, message));
        };
        let Endpoint { url, is_local } = self.endpoint?;
        let version = env!("CARGO_PKG_VERSION");
        let user_agent = format!(
            "cloud-partner-portal-rust/{version}{}",
            self.user_agent_suffix
        );
        let user_agent = HeaderValue::from_str(&user_agent).map_err(|_| {
            let message = "the user agent suffix holds a character that can't be sent in a header";
            Error::new(Kind::Argument, message)
        })?;
        let http = match self.http {
            Some(http) => http,
            None => http_client(is_local, self.connect_timeout)?,
        };
        Ok(Client {
            settings: Arc::new(Settings {
                endpoint: url,
                http,
                credential,
                user_agent,
                attempt_timeout: self.attempt_timeout,
                call_timeout: self.call_timeout,
                retry: self.retry,
                response_limit: self.response_limit,
            }),
        })
    }
}

fn http_client(is_local: bool, connect_timeout: Duration) -> Result<reqwest::Client, Error> {
    if !is_local && !cfg!(any(feature = "rustls", feature = "native-tls")) {
        let message = "this program was built without TLS: build it with the feature `rustls` or `native-tls`, or pass an HTTP client to \
                       ClientBuilder::http_client";
        return Err(Error::new(Kind::Configuration, message));
    }
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        // A redirect could send the token to another host.
        .redirect(reqwest::redirect::Policy::none());
    if is_local {
        // A proxy is another host and could read the token, because `http` doesn't encrypt it.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        Error::new(Kind::Configuration, "the HTTP client can't be built").with_source(error)
    })
}
