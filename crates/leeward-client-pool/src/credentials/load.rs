use super::loader::Surroundings;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_smithy_async::{future::timeout::Timeout, rt::sleep::AsyncSleep};
use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::SystemTime,
};

/// Asks the provider once: within the load timeout, for credentials that have not expired, and for no panic.
pub(super) async fn load(
    provider: &SharedCredentialsProvider,
    around: &Surroundings,
) -> Result<Credentials, CredentialsError> {
    let timeout = around.load_timeout;
    let loaded = pin!(unless_it_panics(provider));
    let loaded = Timeout::new(loaded, around.sleep.sleep(timeout)).await;
    let loaded = loaded.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(timeout)));
    loaded.and_then(|credentials| not_expired(credentials, around.time.now()))
}

/// A panic is a failure like others, so that it is told, counted and tried again after a pause.
async fn unless_it_panics(
    provider: &SharedCredentialsProvider,
) -> Result<Credentials, CredentialsError> {
    let begun = catch_unwind(AssertUnwindSafe(|| provider.provide_credentials()));
    let mut load = pin!(begun.map_err(|_| panicked())?);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| load.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    })
    .await
}

fn panicked() -> CredentialsError {
    CredentialsError::unhandled(
        "the provider of credentials panicked: look at its message, which the panic hook printed",
    )
}

fn not_expired(credentials: Credentials, now: SystemTime) -> Result<Credentials, CredentialsError> {
    let ago = credentials
        .expiry()
        .and_then(|expiry| now.duration_since(expiry).ok());
    match ago {
        None => Ok(credentials),
        Some(ago) => Err(CredentialsError::provider_error(format!(
            "the provider gave credentials that expired {ago:?} ago: look at its source, and at this machine's clock"
        ))),
    }
}
