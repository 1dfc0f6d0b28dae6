//! Credentials that could not be had: what their provider says, and what the service answered that it had asked.
//!
//! Providers ask STS or IAM Identity Center on behalf of a call to another service, which was then not sent. Their answer
//! stands deep among the sources; what it says is worth more than "an error occurred while loading credentials".

use super::dispatch::met;
use crate::{Category, Facts, IamAction, Meaning, Obstacle, OperationName, Stage, Verdict, chain};
use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::request_id::RequestId;
use std::{error::Error, sync::Arc};

/// What `error` says, if it is a provider's, of credentials or of a bearer token.
pub(super) fn facts<'a>(error: &'a (dyn Error + 'static)) -> Option<Facts<'a>> {
    let mut facts = of_kind(kind(error)?);
    if let Some(answer) = answer(error) {
        (facts.code, facts.message) = (Some(answer.code), answer.message);
        (facts.request_id, facts.operation) = (answer.request_id, answer.operation);
        if let Some(meaning) = Meaning::of_provider(answer.code) {
            (facts.category, facts.verdict) = for_the_call(meaning);
        }
    } else if matches!(kind(error), Some(Kind::Failed)) && was_out_of_reach(error) {
        facts = of_kind(Kind::TimedOut);
    }
    Some(facts)
}

enum Kind {
    Missing,
    TimedOut,
    Misconfigured,
    Failed,
}

/// The kind of the provider that has most to say: one that asks another passes its error on as a failure of its own.
fn kind(error: &(dyn Error + 'static)) -> Option<Kind> {
    let outermost = of_one(error)?;
    let inner = chain::below(error).filter_map(of_one);
    Some(inner.fold(outermost, |outer, inner| match inner {
        Kind::Failed => outer,
        telling => telling,
    }))
}

fn of_one(error: &(dyn Error + 'static)) -> Option<Kind> {
    // Errors that clone share what they come from.
    let shared = error.downcast_ref::<Arc<CredentialsError>>();
    if let Some(error) = error.downcast_ref().or(shared.map(|shared| &**shared)) {
        return Some(match error {
            CredentialsError::CredentialsNotLoaded(_) => Kind::Missing,
            CredentialsError::ProviderTimedOut(_) => Kind::TimedOut,
            CredentialsError::InvalidConfiguration(_) => Kind::Misconfigured,
            _ => Kind::Failed,
        });
    }
    Some(match error.downcast_ref()? {
        TokenError::TokenNotLoaded(_) => Kind::Missing,
        TokenError::ProviderTimedOut(_) => Kind::TimedOut,
        TokenError::InvalidConfiguration(_) => Kind::Misconfigured,
        _ => Kind::Failed,
    })
}

fn of_kind<'a>(kind: Kind) -> Facts<'a> {
    let (category, verdict, obstacle) = match kind {
        Kind::Misconfigured => (
            Category::Configuration,
            Verdict::Final,
            Obstacle::CredentialsSetup,
        ),
        Kind::TimedOut => (
            Category::Authentication,
            Verdict::Transient,
            Obstacle::CredentialsTimeout,
        ),
        Kind::Missing | Kind::Failed => (
            Category::Authentication,
            Verdict::Final,
            Obstacle::Credentials,
        ),
    };
    met(Stage::NotSent, category, verdict, obstacle)
}

/// What the answer to the provider means for the call that wanted credentials.
///
/// It says nothing of the service that was not called: an outage of STS or its plea for fewer calls may pass, but neither
/// opens the other's circuit nor slows its limiter.
fn for_the_call(meaning: Meaning) -> (Category, Verdict) {
    match (meaning.category, meaning.verdict) {
        (category, Verdict::Final) => (category, Verdict::Final),
        (Category::Internal | Category::ServiceUnavailable | Category::Timeout, _) => {
            (Category::Authentication, Verdict::Transient)
        }
        (category, _) => (category, Verdict::Transient),
    }
}

struct Answer<'a> {
    code: &'a str,
    message: Option<&'a str>,
    request_id: Option<&'a str>,
    operation: Option<OperationName>,
}

/// The answer below `error`: with all that it holds where its code is in no model, else what the text of its shape says.
fn answer<'a>(error: &'a (dyn Error + 'static)) -> Option<Answer<'a>> {
    let whole = |error: &'a (dyn Error + 'static)| {
        let meta: &ErrorMetadata = error.downcast_ref()?;
        Some(Answer {
            code: meta.code()?,
            message: meta.message(),
            request_id: meta.request_id(),
            operation: meta.message().and_then(asked_for),
        })
    };
    let shape = |error: &'a (dyn Error + 'static)| {
        let text = error.to_string();
        let name = text.split(": ").next()?;
        let code = name
            .split_once(" [")
            .map_or(name, |(_, code)| code.trim_end_matches(']'));
        Some(Answer {
            code: Meaning::of_provider(code)?.code,
            message: None,
            request_id: None,
            operation: asked_for(&text),
        })
    };
    chain::below(error)
        .find_map(whole)
        .or_else(|| chain::below(error).find_map(shape))
}

/// The operation of STS that a denial names as the action which is missing.
fn asked_for(message: &str) -> Option<OperationName> {
    const OF_STS: [&str; 5] = [
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "GetFederationToken",
        "GetSessionToken",
    ];
    let action = IamAction::in_message(message)?;
    let name = OF_STS
        .iter()
        .find(|&&name| action.parts() == ["sts", name])?;
    Some(OperationName::new("sts", name))
}

/// Whether the provider had no connection to the service that it asked.
fn was_out_of_reach(error: &(dyn Error + 'static)) -> bool {
    chain::below(error)
        .filter_map(|error| error.downcast_ref())
        .any(|connector: &ConnectorError| connector.is_io() || connector.is_timeout())
}
