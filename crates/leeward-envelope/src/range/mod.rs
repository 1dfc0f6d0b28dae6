//! Parts of a message, without the rest: each frame has its place in the message, by arithmetic, and a tag that proves it.

mod error;
mod reader;
mod source;

pub use error::RangeError;
pub use reader::RangeReader;
pub use source::{ReadAt, ReadAtFn, read_at_fn};
