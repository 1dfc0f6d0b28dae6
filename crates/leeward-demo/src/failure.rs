use std::fmt;

/// Why the demo ended early, and with which exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was asked for cannot be done; nothing was written.
    #[error("{0}")]
    BadInput(String),
    /// The run failed on the way.
    #[error(transparent)]
    Run(#[from] anyhow::Error),
    /// Somebody pressed Ctrl-C.
    #[error("interrupted; no half-written file is left behind")]
    Interrupted,
}

impl Failure {
    pub(crate) fn bad_input(message: impl fmt::Display) -> Self {
        Self::BadInput(message.to_string())
    }

    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::BadInput(_) => 2,
            Self::Run(_) => 1,
            Self::Interrupted => 130,
        }
    }

    /// The error and all that lies below it, on one line.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Run(error) => format!("{error:#}"),
            other => other.to_string(),
        }
    }
}
