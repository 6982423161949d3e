//! Sends requests to the service. The token is never printed.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::runtime::Runtime;

use super::capture::Capture;
use crate::exit::CommandError;
use crate::files;

/// The timeout of a request; the service sometimes takes minutes to respond.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The limit of a response body in bytes; a list of ten thousand offers has 6 MB.
const MAXIMUM_BODY: usize = 64 * 1024 * 1024;

/// A bearer token. The type has no `Debug`.
pub struct Token(String);

impl Token {
    /// Reads the token from a file, or from `AZURE_TOKEN`. The token can't be an argument, because every user of the machine can
    /// read the arguments of a process.
    pub fn find(file: Option<&Path>) -> Result<Self, CommandError> {
        let (text, source) = if let Some(file) = file {
            let shown = files::display_path(file);
            let text = std::fs::read_to_string(file).map_err(|error| {
                CommandError(format!("{shown}: the token can't be read: {error}"))
            })?;
            (text, shown)
        } else {
            let text = std::env::var("AZURE_TOKEN").map_err(|_| {
                CommandError(
                    "the token is missing: set AZURE_TOKEN, or give --token-file; `cargo xtask record --help` describes how to get a token"
                        .to_owned(),
                )
            })?;
            (text, "AZURE_TOKEN".to_owned())
        };
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CommandError(format!(
                "{source}: the token is invalid, because it is empty or contains white space or other invalid characters: get a new one"
            )));
        }
        Ok(Self(token.to_owned()))
    }

    /// Returns the token and the parts of a JSON web token, which no recording may contain. Texts of less than eight characters
    /// are left out, because a recording could contain them by chance.
    pub fn secrets(&self) -> Vec<String> {
        let parts = self.0.split('.').chain([self.0.as_str()]);
        parts
            .filter(|part| part.len() >= 8)
            .map(str::to_owned)
            .collect()
    }
}

/// Parses the URL of a server. It must be https, or http on this machine, because the token is sent to it.
pub fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    let problem = if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        "the token would be sent unencrypted: give an https URL; http is allowed for this machine only"
    } else if !url.username().is_empty() || url.password().is_some() {
        "the URL contains a user or a password: remove them, because the token is the only credential"
    } else if url.query().is_some() || url.fragment().is_some() {
        "the URL contains a query or a fragment: remove it"
    } else {
        return Ok(url);
    };
    Err(problem.to_owned())
}

/// A client that sends requests to one server.
pub struct Fetcher {
    client: Client,
    runtime: Runtime,
    endpoint: Url,
    authorization: HeaderValue,
    live: bool,
}

impl Fetcher {
    /// Creates a fetcher for `endpoint`. `live` is whether `endpoint` is the live service.
    pub fn new(endpoint: Url, token: &Token, live: bool) -> Result<Self, CommandError> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.0))
            .map_err(|_| CommandError("the token can't be sent as a header".to_owned()))?;
        authorization.set_sensitive(true);
        // The token must reach neither the target of a redirect nor, unencrypted, a proxy.
        let mut client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT);
        if endpoint.scheme() == "http" {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .map_err(|error| CommandError(format!("the HTTP client can't be created: {error}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CommandError(format!("the HTTP client can't be created: {error}")))?;
        Ok(Self {
            client,
            runtime,
            endpoint,
            authorization,
            live,
        })
    }

    /// Sends a GET request and returns the capture with the name `name`.
    pub fn get(
        &self,
        name: &str,
        path: &str,
        query: Vec<(String, String)>,
    ) -> Result<Capture, CommandError> {
        let mut url = self.endpoint.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        let (status, headers, bytes) = self.runtime.block_on(self.send(url)).map_err(|why| {
            let server = self.endpoint.origin().ascii_serialization();
            CommandError(format!("the request to {server} failed: {why}"))
        })?;
        Ok(Capture {
            name: name.to_owned(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            query,
            status,
            headers,
            bytes,
            live: self.live,
        })
    }

    async fn send(&self, url: Url) -> Result<(u16, BTreeMap<String, String>, Vec<u8>), String> {
        let request = self
            .client
            .get(url)
            .header(AUTHORIZATION, self.authorization.clone());
        let mut response = request.send().await.map_err(causes)?;
        let mut headers = BTreeMap::new();
        for (name, value) in response.headers() {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.entry(name.to_string()).or_insert(value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(causes)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAXIMUM_BODY {
                return Err(format!("the response has more than {MAXIMUM_BODY} bytes"));
            }
        }
        Ok((response.status().as_u16(), headers, body))
    }
}

/// Returns the message of an error with its causes, without the URL.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
