//! Validation of the endpoint and of paths.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Error, Kind};

/// A checked address of the service. It holds no secret.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// The address without a trailing slash.
    pub(super) url: String,
    /// Whether the address is plain `http` on this machine.
    pub(super) is_local: bool,
}

/// Checks an endpoint. The error doesn't repeat the endpoint, because the endpoint can hold a password.
pub(super) fn check(text: &str) -> Result<Endpoint, Error> {
    let invalid = |why: &str| {
        let message = format!("the endpoint can't be used: {why}");
        Err(Error::new(Kind::Argument, message))
    };
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => return invalid(&format!("it is no URL ({error})")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("it holds a user name or a password, which this service doesn't take");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return invalid(
            "it holds a query or a fragment; give it as in https://cloudpartner.azure.com",
        );
    }
    let is_local = match url.scheme() {
        "https" => false,
        "http" if is_this_machine(url.host_str().unwrap_or_default()) => true,
        "http" => {
            return invalid("plain http would show the token to everybody on the way; use https");
        }
        other => return invalid(&format!("its scheme is {other}, not https")),
    };
    let url = url.as_str().trim_end_matches('/').to_owned();
    Ok(Endpoint { url, is_local })
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = address.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Joins the endpoint and a path, and adds a query parameter unless the path has a parameter with this name.
pub(super) fn join(endpoint: &str, path: &str, added: (&str, &str)) -> Result<Url, Error> {
    let invalid = |why: &str| Error::new(Kind::Argument, format!("path {path:?}: {why}"));
    if !path.starts_with('/') {
        return Err(invalid("it must begin with a slash"));
    }
    if path.contains(|c: char| c == '\\' || c == '#' || c.is_whitespace() || c.is_control()) {
        return Err(invalid("it has a character that must be percent-encoded"));
    }
    let (segments, _) = path.split_once('?').unwrap_or((path, ""));
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    if segments.split('/').any(is_dots) {
        return Err(invalid("a segment of dots would address another resource"));
    }
    let mut url = Url::parse(&format!("{endpoint}{path}"))
        .map_err(|error| invalid("it doesn't make a URL").with_source(error))?;
    if !url.query_pairs().any(|(name, _)| name == added.0) {
        url.query_pairs_mut().append_pair(added.0, added.1);
    }
    Ok(url)
}
