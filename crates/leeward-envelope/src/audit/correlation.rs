use super::key_use::shown;
use std::sync::Arc;

tokio::task_local! {
    static CURRENT: CorrelationId;
}

/// Names what a message is written or read for, such as the request that a service answers.
///
/// It is set once, where the request comes in, and holds for all messages within: no call hands it on. As other task-locals
/// it does not pass into tasks that are spawned; take it along with [`current`](Self::current).
///
/// ```
/// use leeward_envelope::CorrelationId;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let answer = CorrelationId::new("req-81").scope(async {
///     assert_eq!(CorrelationId::current(), Some(CorrelationId::new("req-81")));
///     "answer"
/// });
/// assert_eq!(answer.await, "answer");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// Takes a name; what cannot be printed is escaped, and no more than 256 characters are kept.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(shown(id.as_ref()).into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one that holds here, if one does.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Holds for all that `future` does.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Holds for all that `work` does, for callers without futures.
    pub fn sync_scope<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }
}
