use std::{fmt, str::FromStr, time::Duration};

/// The numbers that a pool starts from; each of them can be changed on the [builder](crate::PoolBuilder).
///
/// | | development | staging | production | lambda |
/// |---|---:|---:|---:|---:|
/// | connect timeout | 3 s | 1 s | 1 s | 1 s |
/// | read timeout | 60 s | 30 s | 20 s | 10 s |
/// | attempt timeout | 60 s | 30 s | 20 s | 10 s |
/// | operation timeout | 180 s | 90 s | 60 s | 25 s |
/// | connections per host | 10 | 25 | 50 | 10 |
/// | calls waiting for a connection, per host | 100 | 250 | 1,000 | 100 |
/// | idle timeout | 20 s | 20 s | 20 s | 20 s |
/// | TCP keepalive | 30 s | 30 s | 30 s | none |
/// | attempts of the SDK | 2 | 3 | 3 | 2 |
///
/// Where they come from: the SDK waits 3.1 s for a connection and for ever for an answer, which no service that is up needs;
/// a TCP handshake across the world takes 0.3 s, and its first retransmission comes after 1 s (RFC 6298, section 2). S3 ends a
/// connection that is idle for some 20 s. An attempt of 20 s leaves room for the slowest calls that answer at once by design,
/// such as a DynamoDB scan of 1 MB under load, and ends before most load balancers give up on the caller (60 s, the default of
/// ALB). A Lambda function is frozen between invocations, when nothing can keep a connection alive, and handles one event at a
/// time. 50 connections at 10 ms a call carry 5,000 calls a second to one host; set 150 to 200 for peak load.
///
/// **What takes longer needs more time**: a large upload, a synchronous call of a Lambda function or a transfer over a slow line
/// asks for it with `with_attempt_timeout` and `with_operation_timeout` of its client: the answer has as long to begin as the
/// attempt that was asked for, whatever the read timeout says. A body that is read or written as a stream after the answer has
/// begun is under no time-out of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// A laptop: patient, and small.
    Development,
    /// As production, on a smaller scale and more patient.
    Staging,
    /// A service under load.
    #[default]
    Production,
    /// A function that is frozen between invocations.
    Lambda,
}

/// What an environment comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) operation_timeout: Duration,
    pub(crate) connections_per_host: usize,
    pub(crate) waiting_per_host: usize,
    pub(crate) idle_timeout: Duration,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) attempts: u32,
}

impl Environment {
    /// The variable that names it.
    pub const VARIABLE: &str = "LEEWARD_PROFILE";

    const NAMES: [(Self, &'static str); 4] = [
        (Self::Development, "development"),
        (Self::Staging, "staging"),
        (Self::Production, "production"),
        (Self::Lambda, "lambda"),
    ];

    /// The environment that `LEEWARD_PROFILE` names; failing that, `lambda` inside a Lambda function and `production` elsewhere.
    ///
    /// # Errors
    ///
    /// [`UnknownEnvironment`] if the variable names another.
    pub fn from_env() -> Result<Self, UnknownEnvironment> {
        match std::env::var(Self::VARIABLE) {
            Ok(name) if !name.trim().is_empty() => name.parse(),
            Err(std::env::VarError::NotUnicode(name)) => Err(UnknownEnvironment {
                name: name.to_string_lossy().into_owned(),
            }),
            _ if std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some() => Ok(Self::Lambda),
            _ => Ok(Self::Production),
        }
    }

    pub(crate) const fn numbers(self) -> Numbers {
        const SECOND: Duration = Duration::from_secs(1);
        let (connect, read, operation) = match self {
            Self::Development => (3, 60, 180),
            Self::Staging => (1, 30, 90),
            Self::Production => (1, 20, 60),
            Self::Lambda => (1, 10, 25),
        };
        let (connections_per_host, waiting_per_host, attempts) = match self {
            Self::Development => (10, 100, 2),
            Self::Staging => (25, 250, 3),
            Self::Production => (50, 1_000, 3),
            Self::Lambda => (10, 100, 2),
        };
        Numbers {
            connect_timeout: SECOND.saturating_mul(connect),
            read_timeout: SECOND.saturating_mul(read),
            attempt_timeout: SECOND.saturating_mul(read),
            operation_timeout: SECOND.saturating_mul(operation),
            connections_per_host,
            waiting_per_host,
            idle_timeout: SECOND.saturating_mul(20),
            keepalive: match self {
                Self::Lambda => None,
                _ => Some(SECOND.saturating_mul(30)),
            },
            attempts,
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(known, _)| known == self);
        f.write_str(name.map_or("production", |(_, name)| name))
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(name: &str) -> Result<Self, UnknownEnvironment> {
        let wanted = name.trim();
        let found = Self::NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(wanted));
        let unknown = || UnknownEnvironment {
            name: leeward_error_taxonomy::redact(wanted).into_owned(),
        };
        found.map(|(known, _)| *known).ok_or_else(unknown)
    }
}

/// Says that a text names no [`Environment`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is no environment: set LEEWARD_PROFILE to development, staging, production or lambda"
)]
pub struct UnknownEnvironment {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_named_as_it_is_printed() {
        for (known, name) in Environment::NAMES {
            assert_eq!(name.parse(), Ok(known));
            assert_eq!(known.to_string(), name);
        }
        assert_eq!(" Production\n".parse(), Ok(Environment::Production));
    }

    #[test]
    fn another_name_is_refused_with_those_that_there_are() {
        let refused = "prod".parse::<Environment>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            r#""prod" is no environment: set LEEWARD_PROFILE to development, staging, production or lambda"#
        );
    }

    #[test]
    fn the_table_of_the_docs_is_what_the_numbers_are() {
        let docs = include_str!("environment.rs");
        let row = |name: &str| {
            let start = format!("/// | {name} |");
            let line = docs.lines().find(|line| line.starts_with(&start)).unwrap();
            let cells = line.split('|').skip(2).map(|cell| cell.trim().to_owned());
            cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
        };
        let of = |show: fn(Numbers) -> String| {
            Environment::NAMES
                .map(|(known, _)| show(known.numbers()))
                .to_vec()
        };
        assert_eq!(
            row("connect timeout"),
            of(|numbers| format!("{} s", numbers.connect_timeout.as_secs()))
        );
        assert_eq!(
            row("read timeout"),
            of(|numbers| format!("{} s", numbers.read_timeout.as_secs()))
        );
        assert_eq!(
            row("attempt timeout"),
            of(|numbers| format!("{} s", numbers.attempt_timeout.as_secs()))
        );
        assert_eq!(
            row("operation timeout"),
            of(|numbers| format!("{} s", numbers.operation_timeout.as_secs()))
        );
        assert_eq!(
            row("connections per host"),
            of(|numbers| numbers.connections_per_host.to_string())
        );
        let thousands = |text: Vec<String>| -> Vec<String> {
            text.iter().map(|cell| cell.replace(',', "")).collect()
        };
        assert_eq!(
            thousands(row("calls waiting for a connection, per host")),
            of(|numbers| numbers.waiting_per_host.to_string())
        );
        assert_eq!(
            row("TCP keepalive"),
            of(|numbers| match numbers.keepalive {
                Some(time) => format!("{} s", time.as_secs()),
                None => "none".to_owned(),
            })
        );
        assert_eq!(
            row("idle timeout"),
            of(|numbers| format!("{} s", numbers.idle_timeout.as_secs()))
        );
        assert_eq!(
            row("attempts of the SDK"),
            of(|numbers| numbers.attempts.to_string())
        );
    }
}
