use super::chain;
use crate::{Category, Facts, Stage, Verdict};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::{ConnectorError, DispatchFailure};
use std::{error::Error, io};

/// Reads a failure to dispatch: it may be the network's, but also that of whatever had to be known before sending.
///
/// The SDK resolves credentials and the endpoint inside the attempt, so that a missing profile looks like a broken line
/// until somebody walks down the sources.
pub(super) fn facts<'a>(failure: &DispatchFailure) -> Facts<'a> {
    let Some(connector) = failure.as_connector_error() else {
        return Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient);
    };
    credentials(connector)
        .or_else(|| configuration(connector))
        .or_else(|| never_connected(connector))
        .unwrap_or_else(|| transport(connector))
}

fn credentials<'a>(connector: &ConnectorError) -> Option<Facts<'a>> {
    let error: &CredentialsError = chain(connector).find_map(|error| error.downcast_ref())?;
    let (category, verdict) = match error {
        CredentialsError::InvalidConfiguration(_) => (Category::Configuration, Verdict::Final),
        CredentialsError::ProviderTimedOut(_) => (Category::Authentication, Verdict::Transient),
        _ => (Category::Authentication, Verdict::Final),
    };
    Some(Facts::new(Stage::NotSent, category, verdict))
}

/// What the SDK could not settle before sending, known by text: these errors have no public type.
///
/// The rules engine of the endpoint resolver writes the first; the orchestrator writes the second of a client that was
/// never given a credentials provider. Tests here make a real client say both.
fn configuration<'a>(connector: &ConnectorError) -> Option<Facts<'a>> {
    let says = |text| chain(connector).any(|error| error.to_string().starts_with(text));
    let category = if connector.is_user() || says("Invalid Configuration") {
        Category::Configuration
    } else if says("failed to select an auth scheme") {
        Category::Authentication
    } else {
        return None;
    };
    Some(Facts::new(Stage::NotSent, category, Verdict::Final))
}

fn never_connected<'a>(connector: &ConnectorError) -> Option<Facts<'a>> {
    let refused = |error: &(dyn Error + 'static)| {
        error.downcast_ref::<io::Error>().is_some_and(|io| {
            matches!(
                io.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::AddrNotAvailable
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
            )
        })
    };
    if chain(connector).any(refused) {
        return Some(Facts::new(
            Stage::NotSent,
            Category::Network,
            Verdict::Transient,
        ));
    }
    let timed_out =
        |error: &(dyn Error + 'static)| error.to_string().starts_with("HTTP connect timeout");
    let found = connector.is_timeout() && chain(connector).any(timed_out);
    found.then(|| Facts::new(Stage::NotSent, Category::Timeout, Verdict::Transient))
}

fn transport<'a>(connector: &ConnectorError) -> Facts<'a> {
    let category = if connector.is_timeout() {
        Category::Timeout
    } else {
        Category::Network
    };
    Facts::new(Stage::MaybeSent, category, Verdict::Transient)
}
