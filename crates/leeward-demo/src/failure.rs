use crate::printer::{Printer, complain};
use leeward::kms_envelope::KmsError;
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
    /// Somebody pressed Ctrl-C, or sent a signal that asks for the end.
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

    /// Tells it as JSON on standard output, if asked to and if somebody takes it there, else on standard error.
    pub(crate) fn tell(&self, json: bool, printer: &Printer) {
        let (error, exit_code) = (self.describe(), self.exit_code());
        let told =
            json && printer.line(serde_json::json!({ "error": &error, "exit_code": exit_code }));
        if !told {
            complain(format_args!("error: {error}"));
        }
    }

    /// The error and what lies below it, on one line.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Run(error) => one_line(error),
            _ => self.to_string(),
        }
    }
}

/// The error and what lies below it. A cause that repeats what stands above it is left out, and so is what lies below an
/// error of KMS, which tells all of it by itself.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let told = cause.to_string();
        if text.is_empty() {
            text = told;
        } else if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        if cause.is::<KmsError>() {
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_says_nothing_new_is_left_out() {
        let error = anyhow::anyhow!("disk full")
            .context("a: disk full")
            .context("not written");
        assert_eq!(Failure::Run(error).describe(), "not written: a: disk full");
    }

    #[test]
    fn every_ending_has_its_exit_code() {
        assert_eq!(Failure::bad_input("x").exit_code(), 2);
        assert_eq!(Failure::Run(anyhow::anyhow!("x")).exit_code(), 1);
        assert_eq!(Failure::Interrupted.exit_code(), 130);
    }
}
