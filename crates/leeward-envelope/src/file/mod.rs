//! Whole files, sealed and opened: written to a temporary file beside the target, which takes its name once all is there.
//!
//! Reading, writing and the cipher are done on a blocking thread of the runtime; only the keyring is awaited.

mod error;
mod open;
mod place;
mod seal;

pub use error::FileError;

use place::{Pipe, off_the_runtime};
