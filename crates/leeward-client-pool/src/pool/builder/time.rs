use super::PoolBuilder;
use aws_smithy_async::{rt::sleep::SharedAsyncSleep, time::SharedTimeSource};
use std::time::Duration;

/// Time.
impl PoolBuilder {
    /// Gives up on opening a connection after this long.
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout: Some(connect_timeout),
            ..self
        }
    }

    /// Gives up on an answer that has not begun this long after its request was given a connection; `None` for never. Default:
    /// the environment's, or the [attempt timeout](Self::with_attempt_timeout) if that is set to more.
    pub fn with_read_timeout(self, read_timeout: impl Into<Option<Duration>>) -> Self {
        Self {
            read_timeout: Some(read_timeout.into()),
            ..self
        }
    }

    /// Gives up on an attempt after this long, the wait for a connection and for credentials included; `None` for never, which
    /// leaves it to the read timeout.
    pub fn with_attempt_timeout(self, attempt_timeout: impl Into<Option<Duration>>) -> Self {
        Self {
            attempt_timeout: Some(attempt_timeout.into()),
            ..self
        }
    }

    /// Gives up on a call after this long, all attempts and pauses of the SDK included; `None` for never.
    pub fn with_operation_timeout(self, operation_timeout: impl Into<Option<Duration>>) -> Self {
        Self {
            operation_timeout: Some(operation_timeout.into()),
            ..self
        }
    }

    /// Sends a call of a bare client at most so often, the first time included; zero counts as one.
    pub fn with_attempts(self, attempts: u32) -> Self {
        Self {
            attempts: Some(attempts),
            ..self
        }
    }

    /// Reads this clock for credentials, signatures and the age of clients. Default: the system's.
    pub fn with_time_source(self, time: SharedTimeSource) -> Self {
        Self { time, ..self }
    }

    /// Waits by this clock. Default: tokio's.
    pub fn with_sleep(self, sleep: SharedAsyncSleep) -> Self {
        Self { sleep, ..self }
    }
}
