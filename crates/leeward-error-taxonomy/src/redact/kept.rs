use super::{Kind, without};
use std::{borrow::Cow, fmt, sync::OnceLock};

/// A text that is shown without its secrets, which may be taken out only when it is first looked at.
///
/// Most errors are acted upon and never read. A copy holds no more than what is shown.
pub(crate) struct Kept {
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

    const fn new(text: String, kind: Kind) -> Self {
        Self {
            text,
            kind,
            shown: OnceLock::new(),
        }
    }

    /// Takes the secrets out now.
    pub(crate) fn cleaned(self) -> Self {
        let text = self.shown().to_owned();
        let shown = OnceLock::from(None);
        Self {
            text,
            shown,
            ..self
        }
    }

    /// The text without its secrets.
    pub(crate) fn shown(&self) -> &str {
        let shown = self.shown.get_or_init(|| match self.clean() {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        });
        shown.as_deref().unwrap_or(&self.text)
    }

    /// The text as it came: to be read, never to be shown.
    pub(crate) fn as_it_came(&self) -> &str {
        &self.text
    }

    fn clean(&self) -> Cow<'_, str> {
        match self.kind {
            Kind::Words => without(&self.text, Kind::Words),
            Kind::Id => super::in_id(&self.text),
        }
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self {
            text: self.shown().to_owned(),
            kind: self.kind,
            shown: OnceLock::from(None),
        }
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
