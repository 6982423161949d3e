//! Which status codes and other errors are retryable.

use super::{Error, Kind};

impl Error {
    /// Returns `true` if the same call could succeed later: 408, 429, any 5xx, a connection that can't be opened or broke, or a timeout.
    ///
    /// The client has already retried the call according to its [`RetryPolicy`](crate::RetryPolicy).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            Kind::Connect | Kind::Timeout | Kind::CredentialTimeout | Kind::Transport => true,
            Kind::Status => self.0.status.is_some_and(is_retryable_status),
            Kind::Argument
            | Kind::Configuration
            | Kind::Credential
            | Kind::Decode
            | Kind::TooLarge => false,
        }
    }
}

fn is_retryable_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}
