use super::{UnreadableReason, fields::Fields};
use serde::de::DeserializeOwned;
use std::{any::Any, sync::OnceLock};
use zeroize::Zeroizing;

/// What a value was read into: one of each type, in the order in which they were asked for.
pub(super) struct Parsed(OnceLock<Box<Node>>);

struct Node {
    value: Box<dyn Any + Send + Sync>,
    next: Parsed,
}

impl Parsed {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// What `text` was read into, or is now.
    pub(super) fn read<T>(&self, text: &str) -> Result<&T, UnreadableReason>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let mut place = self;
        let mut made = None;
        loop {
            if place.0.get().is_none() {
                let value = match made.take() {
                    Some(value) => value,
                    None => Node::read::<T>(text)?,
                };
                // Another thread may have been faster; then this one goes on to the next place.
                made = place.0.set(value).err();
            }
            let Some(node) = place.0.get() else { continue };
            if let Some(value) = node.value.downcast_ref() {
                return Ok(value);
            }
            place = &node.next;
        }
    }
}

impl Node {
    fn read<T>(text: &str) -> Result<Box<Self>, UnreadableReason>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let value: T = serde_json::from_str(text).map_err(|error| unreadable(text, &error))?;
        Ok(Box::new(Self {
            value: Box::new(value),
            next: Parsed::new(),
        }))
    }
}

/// Says what is wrong, with the name of a field that is missing.
fn unreadable(text: &str, error: &serde_json::Error) -> UnreadableReason {
    let message = Zeroizing::new(error.to_string());
    let missing = message.strip_prefix("missing field `");
    let missing = missing.and_then(|rest| rest.split_once('`'));
    // What occurs in the text may be a value, whoever wrote the message.
    match (missing, Fields::read(text)) {
        (Some((name, _)), Ok(fields)) if !text.contains(name) => fields.without(name),
        _ => UnreadableReason::json(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{ptr, sync::Barrier, thread};

    #[test]
    fn threads_that_read_at_once_get_one_and_the_same() {
        let parsed = Parsed::new();
        let start = Barrier::new(8);
        thread::scope(|scope| {
            let read = |kind: usize| {
                let (parsed, start) = (&parsed, &start);
                scope.spawn(move || {
                    start.wait();
                    if kind.is_multiple_of(2) {
                        ptr::from_ref(parsed.read::<Vec<u8>>("[1]").unwrap()).addr()
                    } else {
                        ptr::from_ref(parsed.read::<Vec<u64>>("[1]").unwrap()).addr()
                    }
                })
            };
            let threads: Vec<_> = (0..8).map(read).collect();
            let places: Vec<_> = threads.into_iter().map(|one| one.join().unwrap()).collect();
            for (nth, place) in places.iter().enumerate() {
                assert_eq!(*place, places[nth % 2]);
            }
        });
    }

    #[test]
    fn what_cannot_be_read_is_told_without_quoting_it() {
        let parsed = Parsed::new();
        let error = parsed.read::<Vec<u8>>(r#"["hunter2"]"#).unwrap_err();
        assert_eq!(
            error,
            UnreadableReason::Json {
                line: 1,
                column: 10
            }
        );
        assert!(!error.to_string().contains("hunter"));
        assert!(parsed.read::<Vec<String>>(r#"["hunter2"]"#).is_ok());
    }

    #[test]
    fn a_field_that_is_missing_is_named_unless_that_may_be_a_value() {
        #[derive(Debug, serde::Deserialize)]
        struct Login {
            #[serde(rename = "password")]
            _password: String,
        }
        let parsed = Parsed::new();
        let error = parsed.read::<Login>(r#"{"user":"hunter2"}"#).unwrap_err();
        let field = "password".to_owned();
        let fields = vec!["user".to_owned()];
        assert_eq!(error, UnreadableReason::NoField { field, fields });
        let error = parsed.read::<Login>(r#"{"user":"password"}"#).unwrap_err();
        assert!(matches!(error, UnreadableReason::Json { .. }), "{error}");
    }
}
