use super::{Kind, without};
use std::{
    borrow::Cow,
    fmt,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};
use zeroize::Zeroizing;

/// A text that is shown without its secrets, which may be taken out only when it is first looked at.
///
/// Most errors are acted upon and never read. Once it is looked at, the text as it came is wiped if it held a secret, and so it
/// is when nobody ever looks.
///
/// One pointer, so that records stay small.
pub(crate) struct Kept(Box<Inner>);

struct Inner {
    /// Empty from when it is first looked at.
    as_it_came: Mutex<Zeroizing<String>>,
    kind: Kind,
    shown: OnceLock<String>,
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
            as_it_came: Mutex::new(Zeroizing::new(text)),
            kind,
            shown: OnceLock::new(),
        }))
    }

    fn of_shown(text: String, kind: Kind) -> Self {
        Self(Box::new(Inner {
            as_it_came: Mutex::default(),
            kind,
            shown: OnceLock::from(text),
        }))
    }

    /// Takes the secrets out now.
    pub(crate) fn cleaned(self) -> Self {
        self.shown();
        self
    }

    /// The text without its secrets.
    pub(crate) fn shown(&self) -> &str {
        self.0.shown.get_or_init(|| {
            let mut text = self.0.as_it_came();
            let clean = match self.0.kind {
                Kind::Words => without(&text, Kind::Words),
                Kind::Id => super::in_id(&text),
            };
            match clean {
                Cow::Borrowed(_) => std::mem::take(&mut *text),
                Cow::Owned(clean) => {
                    *text = Zeroizing::default();
                    clean
                }
            }
        })
    }
}

impl Inner {
    fn as_it_came(&self) -> MutexGuard<'_, Zeroizing<String>> {
        self.as_it_came
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self::of_shown(self.shown().to_owned(), self.0.kind)
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
        assert_eq!(kept.clone(), kept);
        assert_eq!(kept.clone().to_string(), kept.to_string());
    }

    #[test]
    fn keeps_nothing_as_it_came_once_it_was_looked_at() {
        for text in ["password=hunter2", "plain words"] {
            let kept = Kept::words(text.to_owned());
            assert_eq!(**kept.0.as_it_came(), text);
            assert!(kept.clone().0.as_it_came().is_empty());
            assert!(kept.0.as_it_came().is_empty(), "{text}");
            assert!(kept.cleaned().0.as_it_came().is_empty());
        }
    }
}
