//! Requests to the service, with a token that nothing prints.

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

/// The service sometimes needs minutes.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A list of ten thousand offers has 6 MB.
const MAXIMUM_BODY: usize = 64 * 1024 * 1024;

/// A bearer token. It has no `Debug`, and its header is marked as sensitive.
pub struct Token(String);

impl Token {
    /// Reads the token from a file, or from `AZURE_TOKEN`. There is no argument for it, because every user of the machine can
    /// read arguments.
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
                    "no credential: set AZURE_TOKEN, or give --token-file; `cargo xtask record --help` says how to get a token"
                        .to_owned(),
                )
            })?;
            (text, "AZURE_TOKEN".to_owned())
        };
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CommandError(format!(
                "{source}: not a token: it is empty, or holds white space or other characters that no token has"
            )));
        }
        Ok(Self(token.to_owned()))
    }

    /// Returns the token and the parts of a JSON web token, which must not be in any recording. A text of less than eight
    /// characters could be in it by chance.
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
        "a URL with a user or a password in it; the token is the only credential"
    } else if url.query().is_some() || url.fragment().is_some() {
        "give the URL of the server without a query and a fragment"
    } else {
        return Ok(url);
    };
    Err(problem.to_owned())
}

/// Sends requests to one server.
pub struct Fetcher {
    client: Client,
    runtime: Runtime,
    endpoint: Url,
    authorization: HeaderValue,
    live: bool,
}

impl Fetcher {
    /// Makes a fetcher for `endpoint`; `live` says whether that is the live service.
    pub fn new(endpoint: Url, token: &Token, live: bool) -> Result<Self, CommandError> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.0))
            .map_err(|_| CommandError("the token can't be sent as a header".to_owned()))?;
        authorization.set_sensitive(true);
        // Neither a server that is redirected to nor a proxy that could read it must get the token.
        let mut client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT);
        if endpoint.scheme() == "http" {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .map_err(|error| CommandError(format!("the HTTP client can't be made: {error}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CommandError(format!("the HTTP client can't be made: {error}")))?;
        Ok(Self {
            client,
            runtime,
            endpoint,
            authorization,
            live,
        })
    }

    /// Sends a GET request; `name` is that of the capture.
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
