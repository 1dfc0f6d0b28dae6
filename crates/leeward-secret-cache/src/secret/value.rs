use super::UnreadableReason;
use zeroize::Zeroizing;

/// What is secret of a secret; wiped on drop.
pub(crate) enum Value {
    // In the allocation that the SDK made: to shrink it may leave a copy behind.
    Text(Zeroizing<String>),
    Binary(Zeroizing<Vec<u8>>),
}

impl Value {
    pub(crate) fn of_text(text: String) -> Self {
        Self::Text(Zeroizing::new(text))
    }

    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self::Binary(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    pub(super) fn text(&self) -> Result<&str, UnreadableReason> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Binary(_) => Err(UnreadableReason::NotText),
        }
    }
}
