use super::credentials;
use crate::{Category, Facts, Obstacle, Stage, Verdict, chain};
use aws_smithy_runtime_api::client::{
    dns::ResolveDnsError,
    interceptors::error::InterceptorError,
    result::{ConnectorError, DispatchFailure},
};
use std::error::Error;

/// Reads a failure to dispatch: it may be the network's, but also that of whatever had to be known before sending.
///
/// The SDK resolves credentials and the endpoint inside the attempt, so that a missing profile looks like a broken line
/// until somebody walks down the sources.
pub(super) fn facts(failure: &DispatchFailure) -> Facts<'_> {
    match failure.as_connector_error() {
        Some(connector) => of_connector(connector),
        None => met(
            Stage::MaybeSent,
            Category::Network,
            Verdict::Transient,
            Obstacle::Other,
        ),
    }
}

pub(super) fn of_connector(connector: &ConnectorError) -> Facts<'_> {
    if let Some(facts) = chain::below(connector).find_map(credentials::facts) {
        return facts;
    }
    let sources: Vec<Source<'_>> = chain::below(connector)
        .map(|error| (error, error.to_string()))
        .collect();
    homeless(&sources)
        .or_else(|| configuration(connector, &sources))
        .or_else(|| never_connected(connector, &sources))
        .or_else(|| interceptor(connector))
        .unwrap_or_else(|| transport(connector))
}

/// One of the sources, and what it says of itself: written once, since several questions are put to it.
type Source<'a> = (&'a (dyn Error + 'static), String);

/// No answer within the SDK's own time-out of the attempt or the operation.
pub(super) fn timed_out<'a>() -> Facts<'a> {
    met(
        Stage::MaybeSent,
        Category::Timeout,
        Verdict::Transient,
        Obstacle::Timeout,
    )
}

/// The request could not be built, so that there was nothing to send.
pub(super) fn not_made<'a>() -> Facts<'a> {
    met(
        Stage::NotSent,
        Category::Validation,
        Verdict::Final,
        Obstacle::Request,
    )
}

pub(super) fn met<'a>(
    stage: Stage,
    category: Category,
    verdict: Verdict,
    obstacle: Obstacle,
) -> Facts<'a> {
    let mut facts = Facts::new(stage, category, verdict);
    facts.obstacle = Some(obstacle);
    facts
}

/// What the SDK could not settle before sending, known by text: these errors have no public type.
///
/// The rules engine of the endpoint resolver writes the first; the orchestrator writes the second of a client that was
/// never given a credentials provider. Tests here make a real client say both.
fn configuration<'a>(connector: &ConnectorError, sources: &[Source<'_>]) -> Option<Facts<'a>> {
    let says = |start| sources.iter().any(|(_, text)| text.starts_with(start));
    let (category, obstacle) = if says("Invalid Configuration: Missing Region") {
        (Category::Configuration, Obstacle::NoRegion)
    } else if says("Invalid Configuration") {
        (Category::Configuration, Obstacle::Endpoint)
    } else if says("failed to select an auth scheme") {
        (Category::Authentication, Obstacle::NoCredentialsProvider)
    } else if connector.is_user() {
        // hyper calls it the user's fault too when a body ends half way: too late to be sure.
        return Some(met(
            Stage::MaybeSent,
            Category::Configuration,
            Verdict::Final,
            Obstacle::Request,
        ));
    } else {
        return None;
    };
    Some(met(Stage::NotSent, category, Verdict::Final, obstacle))
}

/// The runtime that the client's connections live on has ended; known by text, the errors have no public type.
///
/// The pool says so of a connection that was still to be made, hyper of one that had taken the request.
fn homeless<'a>(sources: &[Source<'_>]) -> Option<Facts<'a>> {
    let stage = sources.iter().find_map(|(_, text)| {
        if text.ends_with("connection establishment task was dropped") {
            Some(Stage::NotSent)
        } else if text == "runtime dropped the dispatch task" {
            Some(Stage::MaybeSent)
        } else {
            None
        }
    })?;
    let (category, obstacle) = (Category::Configuration, Obstacle::Runtime);
    Some(met(stage, category, Verdict::Final, obstacle))
}

/// Whatever went wrong before there was a connection: nothing was sent over it.
fn never_connected<'a>(connector: &ConnectorError, sources: &[Source<'_>]) -> Option<Facts<'a>> {
    let mut obstacle = None;
    let mut before = false;
    for (error, text) in sources {
        if is_dns(*error, text) {
            return Some(not_sent(
                Category::Network,
                Verdict::Transient,
                Obstacle::Dns,
            ));
        }
        if connector.is_timeout() && text.starts_with("HTTP connect timeout") {
            return Some(not_sent(
                Category::Timeout,
                Verdict::Transient,
                Obstacle::ConnectTimeout,
            ));
        }
        before |= is_while_connecting(text);
        obstacle = obstacle.or_else(|| handshake(text));
    }
    // What a handshake says may also come later, as an alert on a connection that was made.
    before.then(|| match obstacle {
        Some((obstacle, Verdict::Final)) => {
            not_sent(Category::Configuration, Verdict::Final, obstacle)
        }
        Some((obstacle, verdict)) => not_sent(Category::Network, verdict, obstacle),
        None => not_sent(Category::Network, Verdict::Transient, Obstacle::Connect),
    })
}

fn not_sent<'a>(category: Category, verdict: Verdict, obstacle: Obstacle) -> Facts<'a> {
    met(Stage::NotSent, category, verdict, obstacle)
}

/// A name that could not be looked up. The SDK's pool has a type for it, a client without a pool only hyper-util's text.
fn is_dns(error: &(dyn Error + 'static), text: &str) -> bool {
    error.is::<ResolveDnsError>() || text.starts_with("dns error")
}

/// The texts of hyper-util and of the SDK's pool, whose errors have no public type or none that this crate could name.
fn is_while_connecting(text: &str) -> bool {
    text.starts_with("tcp connect error")
        || text.starts_with("tunnel error: ")
        || text == "client error (Connect)"
        || text == "TLS handshake failed"
        // tokio-rustls's, which the pool passes on alone.
        || text == HANDSHAKE_EOF
}

const HANDSHAKE_EOF: &str = "tls handshake eof";

/// What hyper-util says of a proxy, and rustls of a peer: a refusal stands, an end of the connection may pass.
fn handshake(text: &str) -> Option<(Obstacle, Verdict)> {
    const REFUSALS: [&str; 6] = [
        "invalid peer certificate",
        "peer is incompatible",
        "peer misbehaved",
        "peer sent no certificates",
        "received corrupt message",
        "received fatal alert",
    ];
    if text.starts_with("tunnel error: ") {
        let refused = text.ends_with("authorization required") || text.ends_with("unsuccessful");
        let verdict = if refused {
            Verdict::Final
        } else {
            Verdict::Transient
        };
        return Some((Obstacle::Proxy, verdict));
    }
    if text == HANDSHAKE_EOF {
        return Some((Obstacle::Tls, Verdict::Transient));
    }
    let refused = REFUSALS.iter().any(|start| text.starts_with(start));
    refused.then_some((Obstacle::Tls, Verdict::Final))
}

/// A hook of the client failed; those that run before the request goes out are known by their names.
pub(super) fn interceptor<'a>(error: &(dyn Error + 'static)) -> Option<Facts<'a>> {
    const BEFORE: [&str; 8] = [
        "modify_before_retry_loop",
        "read_before_attempt",
        // As aws-smithy-runtime-api 1.20 spells it.
        "read_Before_attempt",
        "modify_before_signing",
        "read_before_signing",
        "read_after_signing",
        "modify_before_transmit",
        "read_before_transmit",
    ];
    let hook = chain::below(error).find(|error| error.is::<InterceptorError>())?;
    let text = hook.to_string();
    // The name before it is the user's own and may hold anything.
    let known = text.strip_suffix(" interceptor encountered an error");
    let known = known.and_then(|text| text.split_whitespace().next_back());
    let stage = if known.is_some_and(|known| BEFORE.contains(&known)) {
        Stage::NotSent
    } else {
        Stage::MaybeSent
    };
    Some(met(
        stage,
        Category::Internal,
        Verdict::Final,
        Obstacle::Interceptor,
    ))
}

fn transport<'a>(connector: &ConnectorError) -> Facts<'a> {
    let (category, obstacle) = if connector.is_timeout() {
        (Category::Timeout, Obstacle::Timeout)
    } else if connector.is_io() {
        (Category::Network, Obstacle::Io)
    } else {
        (Category::Network, Obstacle::Other)
    };
    met(Stage::MaybeSent, category, Verdict::Transient, obstacle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

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
