//! Checks the endpoint, and the path that the caller passes to [`Client::get`](super::Client::get).

use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Error, Kind};

/// A checked address of the service, without user name and password.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// The address without a trailing slash.
    pub(super) url: String,
    /// Whether the address is plain `http` on this machine.
    pub(super) is_local: bool,
}

/// Checks an endpoint. The error doesn't contain the endpoint, because the endpoint can hold a password.
pub(super) fn check(text: &str) -> Result<Endpoint, Error> {
    let invalid =
        |why: &str| Error::new(Kind::Argument, format!("the endpoint can't be used: {why}"));
    let url =
        Url::parse(text.trim()).map_err(|error| invalid(&format!("it is no URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "it holds a user name or a password, which this service doesn't take",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid(
            "it holds a query or a fragment; use an address such as https://cloudpartner.azure.com",
        ));
    }
    let is_local = match url.scheme() {
        "https" => false,
        "http" if is_this_machine(url.host_str().unwrap_or_default()) => true,
        "http" => return Err(invalid("plain http doesn't encrypt the token; use https")),
        other => return Err(invalid(&format!("its scheme is {other}, not https"))),
    };
    let url = url.as_str().trim_end_matches('/').to_owned();
    Ok(Endpoint { url, is_local })
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = address.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Joins the endpoint and a path. `added` is the name and the value of a query parameter, which is added if the path has no query
/// parameter of this name.
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
        return Err(invalid(
            "the segment `.` or `..` would address another resource",
        ));
    }
    let mut url = Url::parse(&format!("{endpoint}{path}")).map_err(|error| {
        invalid("the endpoint and the path together aren't a URL").with_source(error)
    })?;
    if !url.query_pairs().any(|(name, _)| name == added.0) {
        url.query_pairs_mut().append_pair(added.0, added.1);
    }
    Ok(url)
}
