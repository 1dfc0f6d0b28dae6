use super::KeyringSetupError;
use std::fmt;

/// What KMS is shown for grants that are not yet in effect everywhere; ten at most.
#[derive(Clone, Default)]
pub(super) struct GrantTokens(Vec<String>);

impl GrantTokens {
    const MAX: usize = 10;

    pub(super) fn new(tokens: impl IntoIterator<Item = String>) -> Result<Self, KeyringSetupError> {
        let tokens: Vec<String> = tokens.into_iter().collect();
        if tokens.len() > Self::MAX {
            let count = tokens.len();
            return Err(KeyringSetupError::TooManyGrantTokens { count });
        }
        Ok(Self(tokens))
    }

    pub(super) fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// A grant token is a credential, hence only the number of them is shown.
impl fmt::Debug for GrantTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.len(), f)
    }
}
