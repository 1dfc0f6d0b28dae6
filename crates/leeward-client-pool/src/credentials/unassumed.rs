//! Why there is no session of a role.

use super::sts::{By, Failed, found_no_connection};
use crate::Role;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use std::{error::Error, fmt, time::Duration};

/// Says why there is no session of a role.
#[derive(Debug)]
pub(crate) enum Unassumed {
    /// Whoever asked may not assume it.
    Denied {
        role: String,
        caller: String,
        /// What it is to be allowed.
        action: &'static str,
        source: Box<dyn Error + Send + Sync>,
    },
    /// STS gives no such session to anybody.
    Refused {
        role: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// There was no connection for the request.
    Unsent {
        role: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// No Region had an answer.
    OutOfReach {
        role: String,
        tried: String,
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Unassumed {
    pub(super) fn answered(role: &Role, by: &By, error: Failed) -> Self {
        let role = role.arn().to_owned();
        if found_no_connection(&error) {
            let source = cause(error, Duration::ZERO);
            return Self::Unsent { role, source };
        }
        let is_denied = matches!(error.code(), Some("AccessDenied" | "AccessDeniedException"));
        let caller = match by {
            By::Signature(_) => error.message().and_then(caller).unwrap_or("the caller"),
            By::Token(_) => "the web identity",
        };
        let caller = caller.to_owned();
        let action = match by {
            By::Signature(_) => "sts:AssumeRole",
            By::Token(_) => "sts:AssumeRoleWithWebIdentity",
        };
        let source = cause(error, Duration::ZERO);
        if is_denied {
            Self::Denied {
                role,
                caller,
                action,
                source,
            }
        } else {
            Self::Refused { role, source }
        }
    }
}

/// `User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: …`
fn caller(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("User: ")?;
    let (caller, _) = rest.split_once(" is not authorized")?;
    Some(caller)
}

/// What went wrong, without the answer itself, which may hold a session.
pub(super) fn cause(error: Failed, timeout: Duration) -> Box<dyn Error + Send + Sync> {
    match error {
        SdkError::ServiceError(answer) => answer.err().meta().clone().into(),
        SdkError::TimeoutError(_) => CredentialsError::provider_timed_out(timeout).into(),
        SdkError::ResponseError(_) => "the answer of STS could not be read".into(),
        other => other
            .into_source()
            .unwrap_or_else(|error| error.to_string().into()),
    }
}

impl fmt::Display for Unassumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied { role, caller, .. } => write!(f, "{caller} may not assume {role}"),
            Self::Refused { role, .. } => write!(f, "STS gives no session of {role}"),
            Self::Unsent { role, .. } => write!(
                f,
                "STS could not be asked for {role}: all connections to it are taken; allow more per host"
            ),
            Self::OutOfReach { role, tried, .. } => {
                write!(
                    f,
                    "STS gave no session of {role} in any of its Regions ({tried})"
                )
            }
        }
    }
}

impl Error for Unassumed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Denied { source, .. }
            | Self::Refused { source, .. }
            | Self::Unsent { source, .. }
            | Self::OutOfReach { source, .. } => Some(&**source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_smithy_runtime_api::{
        client::{orchestrator::HttpResponse, result::ConnectorError},
        http::StatusCode,
    };
    use aws_smithy_types::body::SdkBody;
    use leeward_error_taxonomy::Rejected;

    fn signature() -> By {
        let keys = Credentials::from_keys("AKID", "hush", None);
        By::Signature(SharedCredentialsProvider::new(keys))
    }

    #[test]
    fn a_full_line_of_ours_is_told_with_what_to_allow() {
        let role = Role::new("arn:aws:iam::111122223333:role/x").unwrap();
        let full = ConnectorError::other(Rejected::LimiterFull.into(), None);
        let full = SdkError::dispatch_failure(full);
        let text = Unassumed::answered(&role, &signature(), full).to_string();
        assert!(text.ends_with("allow more per host"), "{text}");
    }

    #[test]
    fn a_denial_names_who_was_denied() {
        let message = "User: arn:aws:iam::111122223333:user/me is not authorized to perform: \
                       sts:AssumeRole on resource: arn:aws:iam::444455556666:role/x";
        assert_eq!(caller(message), Some("arn:aws:iam::111122223333:user/me"));
        assert_eq!(caller("Access denied"), None);
    }

    #[test]
    fn nothing_of_an_answer_is_printed() {
        let raw = HttpResponse::new(
            StatusCode::try_from(200).unwrap(),
            SdkBody::from("<SecretAccessKey>hush"),
        );
        let role = Role::new("arn:aws:iam::111122223333:role/x").unwrap();
        let error = Unassumed::answered(&role, &signature(), SdkError::response_error("torn", raw));
        let text = format!("{error:?} {error}");
        assert!(!text.contains("hush"), "{text}");
    }
}
