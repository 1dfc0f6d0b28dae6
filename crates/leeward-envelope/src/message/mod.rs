//! The message format: parsers that take any bytes, and their counterparts.
//!
//! A message is a header, a body of frames (or, from old writers, one block), and under signing suites a footer. Nothing
//! here waits, and nothing allocates more than the bytes at hand call for: lengths in a message are claims until a tag
//! has proved them. What takes long goes in steps, so that the caller may let others run in between.
//!
//! Where the AWS Encryption SDK Specification says how something is to be, its page and section are named.

mod body;
mod content_key;
mod cursor;
mod extent;
mod footer;
mod frames;
mod header;
mod malformed;
mod open;
mod parse;
mod plaintext;
mod read;
mod seal;
mod serialise;
mod unlock;
mod whole;

pub(crate) use body::PIECE_COST;
pub(crate) use extent::HeaderExtent;
pub(crate) use frames::{FrameOpener, Layout};
pub(crate) use header::{Content, Header};
pub use malformed::MalformedMessage;
pub(crate) use open::Opener;
pub(crate) use parse::{Parser, parse_header};
pub(crate) use plaintext::{Place, make_room};
pub(crate) use read::Reader;
pub(crate) use seal::{FrameError, Sealer, frame_count};
pub(crate) use unlock::{Unlocked, unlock};
pub(crate) use whole::WholeSealer;
