use crate::{chain, redact::redact};
use std::{error::Error, fmt};

/// The text of one error in a chain, without secrets.
pub(super) struct Link {
    text: String,
    next: Option<Box<Self>>,
}

/// A chain is written down so far; one that is longer, or runs in a circle, ends there.
const LONGEST: usize = 32;

impl Link {
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let texts: Vec<_> = chain::from(error)
            .take(LONGEST)
            .map(|error| redact(&error.to_string()).into_owned())
            .collect();
        let linked = texts.into_iter().rev().fold(None, |next, text| {
            let next = next.map(Box::new);
            Some(Self { text, next })
        });
        linked.expect("a chain begins with the error itself")
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
