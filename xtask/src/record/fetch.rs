//! One request at a time, with a token that nothing shows.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::runtime::Runtime;

use super::capture::Capture;
use crate::exit::Failure;
use crate::files;

/// The service has needed minutes.
const TIMEOUT: Duration = Duration::from_secs(300);

/// More than any answer that was seen; a list of ten thousand offers has 6 MB.
const LARGEST: usize = 64 * 1024 * 1024;

/// A bearer token. It has no `Debug`, and its header is marked as sensitive.
pub struct Token(String);

impl Token {
    /// The token of a file, or of `AZURE_TOKEN`. An argument would be seen by everybody on the machine.
    pub fn find(file: Option<&Path>) -> Result<Self, Failure> {
        let (text, from) = if let Some(file) = file {
            let shown = files::shown(file);
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure(format!("{shown}: the token can't be read: {error}")))?;
            (text, shown)
        } else {
            let text = std::env::var("AZURE_TOKEN").map_err(|_| {
                Failure(
                    "no credential: set AZURE_TOKEN, or give --token-file; `cargo xtask record --help` says how to get a token"
                        .to_owned(),
                )
            })?;
            (text, "AZURE_TOKEN".to_owned())
        };
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure(format!(
                "{from}: no token: it is empty, or has white space or other characters in it that no token has"
            )));
        }
        Ok(Self(token.to_owned()))
    }

    /// The token and the parts of a JSON web token: what must not be in any recording. A short one is a test's.
    pub fn words(&self) -> Vec<String> {
        let words = self.0.split('.').chain([self.0.as_str()]);
        words
            .filter(|word| word.len() >= 8)
            .map(str::to_owned)
            .collect()
    }
}

/// A server to ask: https, or http on this machine, because a token goes over the wire.
pub fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("no URL: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err("the token would go over the wire in the clear: give an https URL; http is for this machine only".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a URL with a user or a password in it; the token is the only credential".to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("give the server's URL without a query or a fragment".to_owned());
    }
    Ok(url)
}

/// Asks one server.
pub struct Fetcher {
    client: Client,
    runtime: Runtime,
    endpoint: Url,
    authorization: HeaderValue,
    from_service: bool,
}

impl Fetcher {
    /// Gets ready to ask `endpoint`.
    pub fn new(endpoint: Url, token: &Token, from_service: bool) -> Result<Self, Failure> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.0))
            .map_err(|_| Failure("the token can't be sent as a header".to_owned()))?;
        authorization.set_sensitive(true);
        let client = Client::builder()
            // Another server must not get the token.
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Failure(format!("no request can be made: {error}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure(format!("no request can be made: {error}")))?;
        Ok(Self {
            client,
            runtime,
            endpoint,
            authorization,
            from_service,
        })
    }

    /// Asks for a path.
    pub fn get(&self, path: &str, query: Vec<(String, String)>) -> Result<Capture, Failure> {
        let mut url = self.endpoint.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        self.runtime.block_on(async {
            let failure = |error: reqwest::Error| {
                let why = chain(&error.without_url());
                Failure(format!(
                    "{} can't be asked: {why}",
                    self.endpoint.origin().ascii_serialization()
                ))
            };
            let request = self
                .client
                .get(url)
                .header(AUTHORIZATION, self.authorization.clone());
            let mut response = request.send().await.map_err(failure)?;
            let mut headers = std::collections::BTreeMap::new();
            for (name, value) in response.headers() {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                headers.entry(name.to_string()).or_insert(value);
            }
            let status = response.status().as_u16();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(failure)? {
                body.extend_from_slice(&chunk);
                if body.len() > LARGEST {
                    return Err(Failure(format!(
                        "an answer of more than {LARGEST} bytes can't become a recording that a person can read"
                    )));
                }
            }
            Ok(Capture {
                name: String::new(),
                method: "GET".to_owned(),
                path: path.to_owned(),
                query,
                status,
                headers,
                bytes: body,
                from_service: self.from_service,
            })
        })
    }
}

/// An error and what is behind it; the outermost says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
