use crate::{Facts, Rejected};

/// An error that says what it means, so that a layer can act on it without knowing its type.
///
/// Implement it for your own error to mount Leeward's layers over your own service. A layer that refuses by itself also
/// needs `From<Rejected>`, and [`facts`](Classify::facts) must then report that refusal in [`Facts::rejected`].
///
/// ```
/// use leeward_error_taxonomy::{Category, Classify, Facts, Rejected, Stage, Verdict};
///
/// enum LedgerError {
///     Busy,
///     UnknownAccount,
///     Refused(Rejected),
/// }
///
/// impl Classify for LedgerError {
///     fn facts(&self) -> Facts<'_> {
///         match self {
///             Self::Busy => Facts::new(Stage::Answered, Category::ServiceUnavailable, Verdict::Transient),
///             Self::UnknownAccount => Facts::new(Stage::Answered, Category::NotFound, Verdict::Final),
///             Self::Refused(rejected) => rejected.facts(),
///         }
///     }
/// }
///
/// impl From<Rejected> for LedgerError {
///     fn from(rejected: Rejected) -> Self {
///         Self::Refused(rejected)
///     }
/// }
/// ```
pub trait Classify {
    /// States what is known of the failure.
    fn facts(&self) -> Facts<'_>;
}

impl Classify for Rejected {
    fn facts(&self) -> Facts<'_> {
        let mut facts = Facts::new(self.stage(), self.category(), self.verdict());
        facts.obstacle = self.obstacle();
        facts.rejected = Some(self);
        facts
    }
}
