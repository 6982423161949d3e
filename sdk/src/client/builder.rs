//! The builder of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::Client;
use super::endpoint::{self, Endpoint};
use crate::call::retry::RetryPolicy;
use crate::call::settings::Settings;
use crate::credential::Credential;
use crate::error::{Error, Kind};

/// The service's address according to its documentation.
const ENDPOINT: &str = "https://cloudpartner.azure.com";

impl Client {
    /// Returns a builder. Every option except the credential has a default.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

/// Builds a [`Client`]. Only the credential has no default.
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    /// The endpoint, or why it can't be used. The text isn't kept, because it can hold a password.
    endpoint: Result<Endpoint, Error>,
    credential: Option<Credential>,
    http: Option<reqwest::Client>,
    /// Empty, or a space and the text.
    user_agent_suffix: String,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    call_timeout: Duration,
    retry: RetryPolicy,
    response_limit: usize,
}

/// Shows the endpoint and the credential. The default headers of a custom HTTP client can hold a secret and aren't shown.
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
    /// Sets the service's address, by default `https://cloudpartner.azure.com`. The address doesn't include the `/api` of the paths.
    /// Plain `http` is allowed only for this machine, because `http` doesn't encrypt the token.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint::check(&endpoint.into());
        self
    }

    /// Sets the source of the tokens.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Sets the timeout of opening a connection, by default 30 s. Ignored with [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the timeout of one attempt, from the request to the last byte of the response, by default 5 min. The service can take
    /// minutes: another tool had to raise its timeout from one minute to five minutes.
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

    /// Sets the HTTP client, for a proxy or custom certificates. The HTTP client must not follow redirects
    /// (`redirect::Policy::none()`), because a redirect could send the token to another host.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Builds the client. Sends no request.
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the endpoint isn't an `https` URL (or `http` on this machine),
    /// or the user agent can't be sent; [`is_credential`](Error::is_credential) when there is no credential;
    /// [`is_configuration`](Error::is_configuration) when the program was built without TLS, or TLS can't be set up.
    pub fn build(self) -> Result<Client, Error> {
        let Some(credential) = self.credential else {
            return Err(Error::new(
                Kind::Credential,
                "no credential: give the builder one, such as Credential::from_env()?",
            ));
        };
        let Endpoint { url, is_local } = self.endpoint?;
        let user_agent = HeaderValue::from_str(&format!(
            "cloud-partner-portal-rust/{}{}",
            env!("CARGO_PKG_VERSION"),
            self.user_agent_suffix
        ))
        .map_err(|_| {
            Error::new(
                Kind::Argument,
                "the user agent suffix holds a character that can't be sent in a header",
            )
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
        return Err(Error::new(
            Kind::Configuration,
            "this program was built without TLS: build it with the feature `rustls` or `native-tls`, or give the builder an HTTP client",
        ));
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
