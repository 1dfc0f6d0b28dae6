//! How enums of the SDK are written by serde.

use serde::{Serialize, Serializer};

/// An enum of the SDK as AWS writes it.
pub(crate) fn text<T: AsRef<str>, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.as_ref())
}

pub(crate) fn maybe_text<T: AsRef<str>, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(AsRef::as_ref).serialize(serializer)
}

/// Several of them.
pub(crate) fn texts<T: AsRef<str>, S: Serializer>(
    values: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(AsRef::as_ref))
}
