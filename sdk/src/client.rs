//! The client and how it is made.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use reqwest::Url;

use crate::call::{Call, Running};
use crate::error::Kind;
use crate::{Credential, Error, RetryPolicy, generated};

/// The service's own address, as its pages give it.
const ENDPOINT: &str = "https://cloudpartner.azure.com";

/// The Cloud Partner Portal API.
///
/// Cheap to clone; clones share their connections and their token. The operations are methods, made from the contract.
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
    shared: Arc<Shared>,
    retry: RetryPolicy,
}

/// What all calls of a client share.
pub(crate) struct Shared {
    pub(crate) endpoint: String,
    pub(crate) http: reqwest::Client,
    pub(crate) credential: Credential,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) response_limit: usize,
}

impl Client {
    /// A client with everything at its default but what is set.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client for the service, with the credential that the environment describes; see [`Credential::from_env`].
    ///
    /// # Errors
    ///
    /// As [`Credential::from_env`] and [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().credential(Credential::from_env()?).build()
    }

    /// The same client with one attempt per call: a watch polls again itself.
    pub(crate) fn without_retries(&self) -> Self {
        Self {
            retry: RetryPolicy::never(),
            ..self.clone()
        }
    }

    /// Begins a call of an operation; `parts` are the checked parts of its path by their names in the contract.
    pub(crate) fn begin(&self, operation: &'static str, parts: &[(&'static str, &str)]) -> Running {
        let call = Call::new(Arc::clone(&self.shared), self.retry, operation, parts);
        Running {
            client: generated::Client {
                baseurl: self.shared.endpoint.clone(),
                client: self.shared.http.clone(),
                inner: call,
            },
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.shared.endpoint)
            .field("credential", &self.shared.credential)
            .field("attempt_timeout", &self.shared.attempt_timeout)
            .field("call_timeout", &self.shared.call_timeout)
            .field("retry", &self.retry)
            .field("response_limit", &self.shared.response_limit)
            .finish_non_exhaustive()
    }
}

/// Makes a [`Client`]. Only the credential has no default.
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    endpoint: String,
    credential: Option<Credential>,
    http: Option<reqwest::Client>,
    user_agent_suffix: Option<String>,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    call_timeout: Duration,
    retry: RetryPolicy,
    response_limit: usize,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            endpoint: ENDPOINT.to_owned(),
            credential: None,
            http: None,
            user_agent_suffix: None,
            connect_timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(5 * 60),
            call_timeout: Duration::from_secs(15 * 60),
            retry: RetryPolicy::default(),
            response_limit: 256 * 1024 * 1024,
        }
    }
}

impl ClientBuilder {
    /// Where the service is, without the `/api` that the paths begin with; `https://cloudpartner.azure.com` unless told. Plain
    /// `http` is refused for any host but this machine: the token would be there for all to read.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// Where the tokens come from.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// How long a connection may take to open; 30 s unless told. Without effect on [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt may take, from the request to the last byte of the answer; 5 min unless told. The service can take
    /// minutes: an existing tool had to raise its limit from one minute to five.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long a whole call may take, with all its attempts and the pauses between them; 15 min unless told.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// When a request that failed is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The largest answer in bytes, after decompression; 256 MiB unless told. More than that is an error.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// What is put behind the SDK's own name in `User-Agent`, such as `release-pipeline/2.1`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// An HTTP client of your own, for a proxy or certificates of your own. Let it not follow redirects
    /// (`redirect::Policy::none()`, as the SDK's own does).
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Makes the client. Nothing is sent yet.
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
        let (endpoint, local) = checked_endpoint(&self.endpoint)?;
        let suffix = self
            .user_agent_suffix
            .map(|suffix| format!(" {suffix}"))
            .unwrap_or_default();
        let user_agent = HeaderValue::from_str(&format!(
            "cloud-partner-portal-rust/{}{suffix}",
            env!("CARGO_PKG_VERSION")
        ))
        .map_err(|_| {
            Error::new(
                Kind::Argument,
                "the user agent suffix holds a character that can't be sent in a header",
            )
        })?;
        let http = match self.http {
            Some(http) => http,
            None => http_client(local, self.connect_timeout)?,
        };
        Ok(Client {
            shared: Arc::new(Shared {
                endpoint,
                http,
                credential,
                user_agent,
                attempt_timeout: self.attempt_timeout,
                call_timeout: self.call_timeout,
                response_limit: self.response_limit,
            }),
            retry: self.retry,
        })
    }
}

fn http_client(local: bool, connect_timeout: Duration) -> Result<reqwest::Client, Error> {
    if !local && !cfg!(any(feature = "rustls", feature = "native-tls")) {
        return Err(Error::new(
            Kind::Configuration,
            "this program was built without TLS: build it with the feature `rustls` or `native-tls`, or give the builder an HTTP client",
        ));
    }
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        // A redirect could lead the token to another host.
        .redirect(reqwest::redirect::Policy::none());
    if local {
        // A proxy would be another host, and see the token in plain text.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        Error::new(Kind::Configuration, "the HTTP client can't be made").with_source(error)
    })
}

/// The endpoint without a slash at its end, and whether it is plain `http` on this machine.
fn checked_endpoint(text: &str) -> Result<(String, bool), Error> {
    let refuse = |why: &str| {
        // The text itself could hold a password, so only its shape is told.
        Err(Error::new(
            Kind::Argument,
            format!("the endpoint can't be used: {why}"),
        ))
    };
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => return refuse(&format!("it is no URL ({error})")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it holds a user name or a password, which this service doesn't take");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse(
            "it holds a query or a fragment; give it as in https://cloudpartner.azure.com",
        );
    }
    let host = url.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => {
            return refuse("plain http would show the token to everybody on the way; use https");
        }
        other => return refuse(&format!("its scheme is {other}, not https")),
    }
    let local = url.scheme() == "http";
    Ok((url.as_str().trim_end_matches('/').to_owned(), local))
}

#[cfg(test)]
mod tests {
    use super::checked_endpoint;

    #[test]
    fn endpoints_are_https_or_this_machine() {
        for (endpoint, expected) in [
            (
                "https://cloudpartner.azure.com",
                Some(("https://cloudpartner.azure.com", false)),
            ),
            (
                " https://example.com/proxy/ ",
                Some(("https://example.com/proxy", false)),
            ),
            (
                "http://127.0.0.1:8080",
                Some(("http://127.0.0.1:8080", true)),
            ),
            ("http://[::1]:8080/", Some(("http://[::1]:8080", true))),
            ("http://localhost", Some(("http://localhost", true))),
            ("http://cloudpartner.azure.com", None),
            ("http://127.0.0.1.example.com", None),
            ("http://localhost.example.com", None),
            ("http://localhost@example.com", None),
            ("https://user:pass@example.com", None),
            ("https://example.com?x=1", None),
            ("https://example.com#x", None),
            ("ftp://example.com", None),
            ("cloudpartner.azure.com", None),
            ("", None),
        ] {
            let found = checked_endpoint(endpoint).ok();
            assert_eq!(
                found
                    .as_ref()
                    .map(|(endpoint, local)| (endpoint.as_str(), *local)),
                expected,
                "{endpoint}"
            );
        }
    }

    #[test]
    fn a_refusal_doesnt_repeat_a_password() {
        let refusal =
            checked_endpoint("https://user:s3cret@example.com").map_err(|error| error.to_string());
        assert!(refusal.is_err_and(|message| !message.contains("s3cret")));
    }
}
