use super::chain;
use crate::{Category, Facts, Stage, Verdict};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{
    dns::ResolveDnsError,
    result::{ConnectorError, DispatchFailure},
};
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
        .or_else(|| homeless(connector))
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

/// The runtime that the client's connections live on has ended; known by text, the error has no public type.
fn homeless<'a>(connector: &ConnectorError) -> Option<Facts<'a>> {
    let dropped = |error: &(dyn Error + 'static)| {
        error
            .to_string()
            .ends_with("connection establishment task was dropped")
    };
    chain(connector)
        .any(dropped)
        .then(|| Facts::new(Stage::NotSent, Category::Configuration, Verdict::Final))
}

fn never_connected<'a>(connector: &ConnectorError) -> Option<Facts<'a>> {
    let not_sent = |category| Some(Facts::new(Stage::NotSent, category, Verdict::Transient));
    // hyper-util's, which has no public type: whatever stands below it happened before there was a connection.
    let connecting =
        |error: &(dyn Error + 'static)| error.to_string().starts_with("tcp connect error");
    if chain(connector)
        .any(|error| is_dns(error) || is_before_connecting(error) || connecting(error))
    {
        return not_sent(Category::Network);
    }
    let timed_out =
        |error: &(dyn Error + 'static)| error.to_string().starts_with("HTTP connect timeout");
    if connector.is_timeout() && chain(connector).any(timed_out) {
        return not_sent(Category::Timeout);
    }
    None
}

/// A name that could not be looked up. The SDK's pool has a type for it, a client without a pool only hyper-util's text.
fn is_dns(error: &(dyn Error + 'static)) -> bool {
    error.is::<ResolveDnsError>() || error.to_string().starts_with("dns error")
}

/// A refused connection, or a local address that is not ours to bind: an established connection never says so, unlike an
/// unreachable host or network.
fn is_before_connecting(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|io| {
        matches!(
            io.kind(),
            io::ErrorKind::ConnectionRefused | io::ErrorKind::AddrNotAvailable
        )
    })
}

fn transport<'a>(connector: &ConnectorError) -> Facts<'a> {
    let category = if connector.is_timeout() {
        Category::Timeout
    } else {
        Category::Network
    };
    Facts::new(Stage::MaybeSent, category, Verdict::Transient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Step {
        text: &'static str,
        source: io::Error,
    }

    #[test]
    fn an_unreachable_host_was_not_sent_to_only_while_connecting() {
        for kind in [
            io::ErrorKind::HostUnreachable,
            io::ErrorKind::NetworkUnreachable,
            io::ErrorKind::TimedOut,
        ] {
            for (text, stage) in [
                ("tcp connect error", Stage::NotSent),
                ("connection error", Stage::MaybeSent),
            ] {
                let source = kind.into();
                let failure = ConnectorError::io(Step { text, source }.into());
                let failure = DispatchFailure::builder().source(failure).build();
                let facts = facts(&failure);
                assert_eq!(
                    (facts.stage, facts.category),
                    (stage, Category::Network),
                    "{kind}"
                );
            }
        }
    }
}
