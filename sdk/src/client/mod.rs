//! Defines [`Client`] and its builder, [`ClientBuilder`].

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

/// The service's address in Microsoft's documentation.
const ENDPOINT: &str = "https://cloudpartner.azure.com";

/// The operation of [`Client::get`]. It has no path parameters, because the caller passes the whole path.
const GET: Operation<'_> = Operation {
    id: "get",
    success_codes: &[200..=299],
    path: &[],
};

/// A client of the Cloud Partner Portal API. Each operation of the API is a method, such as [`list_offers`](Self::list_offers).
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

/// Shows the endpoint and the name of the credential source. A custom HTTP client isn't shown, because its default headers can hold a
/// secret.
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

    /// Sends a `GET` request to a path, and returns the JSON of the response. Use this method for an operation that the spec doesn't
    /// have. The client's credential, retry policy, timeouts and response limit apply.
    ///
    /// The path must begin with a slash and be percent-encoded. The path may have a query. If the path has no query parameter
    /// `api-version`, the client adds this parameter with the API version of the spec.
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
    /// [`is_invalid_argument`](Error::is_invalid_argument) in these cases:
    ///
    /// * The path doesn't begin with a slash.
    /// * A segment of the path is `.` or `..`.
    /// * The path holds a backslash, `#`, white space or a control character.
    ///
    /// The request can also fail, for example with [`is_timeout`](Error::is_timeout).
    pub async fn get(&self, path: impl AsRef<str>) -> Result<Response<Value>, Error> {
        let version = (progenitor::API_VERSION, generated::Client::api_version());
        let url = endpoint::join(self.endpoint(), path.as_ref(), version)
            .map_err(|error| error.with_operation(GET.id))?;
        let build_request = || Ok(reqwest::Request::new(http::Method::GET, url.clone()));
        self.call(GET, &build_request).await
    }

    /// Returns a copy of this client without retries. A watch uses this copy, because the watch itself repeats failed requests.
    pub(crate) fn without_retries(&self) -> Self {
        let settings = Settings {
            retry: RetryPolicy::disabled(),
            ..Settings::clone(&self.settings)
        };
        Self {
            settings: Arc::new(settings),
        }
    }

    /// Returns the generated client. Its methods build the requests of the operations.
    pub(crate) fn generated_client(&self) -> generated::Client {
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
    /// The endpoint, or the error of an invalid endpoint. The text of an invalid endpoint isn't kept, because it can hold a password.
    endpoint: Result<Endpoint, Error>,
    credential: Option<Credential>,
    http: Option<reqwest::Client>,
    /// Empty, or a space followed by the suffix.
    user_agent_suffix: String,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    call_timeout: Duration,
    retry: RetryPolicy,
    response_limit: usize,
}

/// Shows only the endpoint and the name of the credential source, like the `Debug` of [`Client`].
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
            endpoint: endpoint::parse(ENDPOINT),
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
    /// Sets the service's address, by default `https://cloudpartner.azure.com`. Leave out `/api`: the path of every operation begins
    /// with `/api`. The address must be an `https` URL. An `http` URL is allowed only for this machine, because `http` doesn't
    /// encrypt the token.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint::parse(&endpoint.into());
        self
    }

    /// Sets the credential, which is the source of the tokens.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Sets the timeout for opening a connection, by default 30 s. Has no effect on a custom [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the timeout of each attempt of a call, by default 5 min. An attempt lasts from the request to the last byte of the
    /// response. The default is long, because the service can need minutes for a response.
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

    /// Sets a text that the client appends to the `User-Agent` header, such as `release-pipeline/2.1`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = format!(" {}", suffix.into());
        self
    }

    /// Sets a custom HTTP client, for example with a proxy or certificates. This HTTP client must not follow redirects: a redirect
    /// would send the request to another address than the endpoint.
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
    /// * [`is_invalid_argument`](Error::is_invalid_argument) when the endpoint or the user agent suffix is invalid
    /// * [`is_credential`](Error::is_credential) when there is no credential
    /// * [`is_configuration`](Error::is_configuration) when the HTTP client can't be built, for example without TLS
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
        // A redirect would send the request to another address than the endpoint.
        .redirect(reqwest::redirect::Policy::none());
    if is_local {
        // A proxy could read the token, because `http` doesn't encrypt the request.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        Error::new(Kind::Configuration, "the HTTP client can't be built").with_source(error)
    })
}
