use crate::{SecretError, SecretErrorKind, stats::Counted};
use std::{error::Error, fmt};

/// What a warm-up came to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WarmUpReport {
    /// The secrets whose values are there: as they were asked for, or by their names where filters found them.
    pub loaded: Vec<String>,
    /// What kept the others from being had; [`SecretError::secret`] says which one it is.
    pub failed: Vec<SecretError>,
    /// The secrets for which there was no room: they are fetched when somebody asks for them.
    pub left_out: Vec<String>,
    /// Whether there may be more that the filters would have found, which was not looked at for want of room.
    pub has_more: bool,
}

/// A warm-up that could not be carried through, and what it came to until then.
///
/// What was loaded stays; every secret is still fetched when somebody asks for it.
#[derive(Clone, Debug)]
pub struct WarmUpError {
    error: SecretError,
    report: WarmUpReport,
}

impl WarmUpReport {
    /// Whether everything that was wanted is there.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.left_out.is_empty() && !self.has_more
    }
}

/// `20 secrets loaded, 1 failed, 3 left out`
impl fmt::Display for WarmUpReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} loaded", Counted(self.loaded.len() as u64, "secret"))?;
        if !self.failed.is_empty() {
            write!(f, ", {} failed", self.failed.len())?;
        }
        if !self.left_out.is_empty() {
            write!(f, ", {} left out", self.left_out.len())?;
        }
        f.write_str(if self.has_more { " and more" } else { "" })
    }
}

impl WarmUpError {
    pub(super) const fn new(error: SecretError, report: WarmUpReport) -> Self {
        Self { error, report }
    }

    /// What kind of thing ended it: [`Denied`](SecretErrorKind::Denied) if `BatchGetSecretValue` is not allowed,
    /// [`Unavailable`](SecretErrorKind::Unavailable) if it took too long or Secrets Manager did not serve.
    #[must_use]
    pub fn kind(&self) -> SecretErrorKind {
        self.error.kind()
    }

    /// What ended it, and what to do next.
    #[must_use]
    pub const fn error(&self) -> &SecretError {
        &self.error
    }

    /// What it came to until then.
    #[must_use]
    pub const fn report(&self) -> &WarmUpReport {
        &self.report
    }
}

impl fmt::Display for WarmUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "warm-up ended early, with {}", self.report)
    }
}

impl Error for WarmUpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_came_to() {
        for (loaded, left_out, has_more, text) in [
            (0, 0, false, "0 secrets loaded"),
            (1, 0, true, "1 secret loaded and more"),
            (2, 3, false, "2 secrets loaded, 3 left out"),
        ] {
            let report = WarmUpReport {
                loaded: vec!["db".to_owned(); loaded],
                left_out: vec!["db".to_owned(); left_out],
                has_more,
                ..WarmUpReport::default()
            };
            assert_eq!(report.to_string(), text);
        }
    }
}
