//! Parses the service's address, called the endpoint. Appends the path of a [`Client::get`](super::Client::get) call to the endpoint.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Error, Kind};

/// A valid address of the service. It contains no user name and no password.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// The address without a trailing slash.
    pub(super) url: String,
    /// Whether the scheme is `http`, which is allowed only for this machine.
    pub(super) is_local: bool,
}

/// Parses an endpoint. The error doesn't contain the endpoint, because the endpoint can hold a password.
pub(super) fn parse(text: &str) -> Result<Endpoint, Error> {
    let invalid =
        |why: &str| Error::new(Kind::Argument, format!("the endpoint can't be used: {why}"));
    let url =
        Url::parse(text.trim()).map_err(|error| invalid(&format!("it isn't a URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "it holds a user name or a password, but this service accepts only tokens",
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
        other => return Err(invalid(&format!("its scheme is {other}; use https"))),
    };
    let url = url.as_str().trim_end_matches('/').to_owned();
    Ok(Endpoint { url, is_local })
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = address.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Appends a path to the endpoint. Adds the query parameter (a name and a value) if the path has no parameter with this name.
pub(super) fn join(endpoint: &str, path: &str, parameter: (&str, &str)) -> Result<Url, Error> {
    let invalid = |why: &str| Error::new(Kind::Argument, format!("path {path:?}: {why}"));
    if !path.starts_with('/') {
        return Err(invalid("it must begin with a slash"));
    }
    if path.contains(|c: char| c == '\\' || c == '#' || c.is_whitespace() || c.is_control()) {
        return Err(invalid("it has a character that must be percent-encoded"));
    }
    let (path_without_query, _) = path.split_once('?').unwrap_or((path, ""));
    let is_dot_segment = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    if path_without_query.split('/').any(is_dot_segment) {
        return Err(invalid(
            "the segments `.` and `..` aren't allowed, because they would address another resource",
        ));
    }
    let mut url = Url::parse(&format!("{endpoint}{path}")).map_err(|error| {
        invalid("the endpoint and the path together aren't a URL").with_source(error)
    })?;
    let (new_name, value) = parameter;
    if !url.query_pairs().any(|(name, _)| name == new_name) {
        url.query_pairs_mut().append_pair(new_name, value);
    }
    Ok(url)
}
