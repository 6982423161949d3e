//! An answer with what came beside it.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use bytes::Bytes;

use crate::Error;

/// The service's answer to one call: the decoded value, and what came beside it.
///
/// It dereferences to the value; [`into_inner`](Self::into_inner) takes it out.
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// let offers = client.list_offers("contoso").await?;
/// println!("{} offers, request {:?}", offers.len(), offers.correlation_id());
/// for offer in offers.into_inner() {
///     println!("{}", offer.id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    pub(crate) value: T,
    pub(crate) received: Received,
}

/// What came beside the value of an answer.
#[derive(Clone, Default)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) correlation_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) body: Bytes,
}

impl<T> Response<T> {
    /// The decoded value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The HTTP status, 200 to 299.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.received.status
    }

    /// The request's id in the service's own logs, `X-Ms-Correlation-Request-Id`: what the support asks for. Seen on every
    /// answer of the live service, though no page names it.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.received.correlation_id.as_deref()
    }

    /// How many requests this call took; 1 when the first was answered.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.received.attempts
    }

    /// The answer's body as it came, for members that the contract doesn't name yet.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.received.body
    }

    /// The answer as JSON, with the members that the contract doesn't name yet.
    ///
    /// ```no_run
    /// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
    /// let report = client.get_offer_status("contoso", "test-vm").await?;
    /// let json = report.json()?;
    /// println!("{:?}", json.get("cancellationRequestState"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the answer can't be read as JSON; one that was decoded can, unless a member that the contract doesn't name is nested
    /// more than 128 deep.
    pub fn json(&self) -> Result<serde_json::Value, Error> {
        serde_json::from_slice(&self.received.body)
            .map_err(|error| Error::not_json(&self.received, &error))
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("status", &self.received.status)
            .field("correlation_id", &self.received.correlation_id)
            .field("attempts", &self.received.attempts)
            .finish_non_exhaustive()
    }
}
