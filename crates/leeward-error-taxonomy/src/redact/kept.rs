use super::{Kind, without};
use std::{borrow::Cow, fmt, sync::OnceLock};

/// A text that is shown without its secrets, which may be taken out only when it is first looked at.
///
/// Most errors are acted upon and never read. A copy holds no more than what is shown.
///
/// One pointer, so that records stay small.
pub(crate) struct Kept(Box<Inner>);

struct Inner {
    text: String,
    kind: Kind,
    /// What is shown in its place, once that is known; nothing if it is shown as it is.
    shown: OnceLock<Option<String>>,
}

impl Kept {
    /// Words, to be looked through later.
    pub(crate) fn words(text: String) -> Self {
        Self::new(text, Kind::Words)
    }

    /// An id, to be looked through later.
    pub(crate) fn id(text: String) -> Self {
        Self::new(text, Kind::Id)
    }

    fn new(text: String, kind: Kind) -> Self {
        Self(Box::new(Inner {
            text,
            kind,
            shown: OnceLock::new(),
        }))
    }

    /// Takes the secrets out now.
    pub(crate) fn cleaned(mut self) -> Self {
        self.shown();
        if let Some(Some(clean)) = self.0.shown.take() {
            self.0.text = clean;
        }
        self.0.shown = OnceLock::from(None);
        self
    }

    /// The text without its secrets.
    pub(crate) fn shown(&self) -> &str {
        let shown = self.0.shown.get_or_init(|| match self.0.clean() {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        });
        shown.as_deref().unwrap_or(&self.0.text)
    }

    /// The text as it came: to be read, never to be shown.
    pub(crate) fn as_it_came(&self) -> &str {
        &self.0.text
    }
}

impl Inner {
    fn clean(&self) -> Cow<'_, str> {
        match self.kind {
            Kind::Words => without(&self.text, Kind::Words),
            Kind::Id => super::in_id(&self.text),
        }
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self(Box::new(Inner {
            text: self.shown().to_owned(),
            kind: self.0.kind,
            shown: OnceLock::from(None),
        }))
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }
}

impl Eq for Kept {}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.shown(), f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Kept {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_secret_and_hands_none_on() {
        let kept = Kept::words("password=hunter2, line\nbreak".to_owned());
        assert_eq!(kept.to_string(), "password=[redacted], line break");
        assert_eq!(format!("{kept:?}"), "\"password=[redacted], line break\"");
        assert!(kept.as_it_came().contains("hunter2"));
        assert!(!kept.clone().as_it_came().contains("hunter2"));
        assert_eq!(kept.clone(), kept);
        assert!(!kept.cleaned().as_it_came().contains("hunter2"));
    }
}
