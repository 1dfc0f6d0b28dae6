use super::Known;
use crate::{chain, redact::redact};
use std::{error::Error, fmt};
use zeroize::Zeroizing;

/// The text of one error in a chain, without secrets.
///
/// The first of the chain also knows what its `AwsError` knows, since that is all that is left to be seen of it where
/// `anyhow` or a box around a box hides the type.
pub(crate) struct Link {
    text: String,
    next: Option<Box<Self>>,
    known: Option<Box<Known>>,
}

/// A chain is written down so far; one that is longer, or runs in a circle, ends there.
const LONGEST: usize = 32;

impl Link {
    pub(super) fn of(error: &(dyn Error + 'static), known: Known) -> Self {
        let texts: Vec<_> = chain::from(error)
            .take(LONGEST)
            .map(|error| redact(&Zeroizing::new(error.to_string())).into_owned())
            .collect();
        let linked = texts
            .into_iter()
            .rev()
            .fold(None, |next: Option<Self>, text| {
                let next = next.map(Box::new);
                let known = None;
                Some(Self { text, next, known })
            });
        let mut first = linked.expect("a chain begins with the error itself");
        first.known = Some(Box::new(known));
        first
    }

    pub(crate) fn known(&self) -> Option<&Known> {
        self.known.as_deref()
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let next = self.next.as_deref()?;
        Some(next)
    }
}
