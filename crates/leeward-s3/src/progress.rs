use std::{fmt, sync::Arc};

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Progress {
    /// How many bytes are done, those of an earlier try that were found included.
    pub bytes: u64,
    /// How many there are, where that is known.
    pub total: Option<u64>,
}

/// Whom to tell of the progress.
#[derive(Clone, Default)]
pub(crate) struct Told(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl Told {
    pub(crate) fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(crate) fn tell(&self, bytes: u64, total: Option<u64>) {
        if let Some(tell) = &self.0 {
            tell(Progress { bytes, total });
        }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Told").field(&self.0.is_some()).finish()
    }
}
