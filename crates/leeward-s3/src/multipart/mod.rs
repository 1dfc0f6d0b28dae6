//! Uploads by parts, from their beginning to their end, whatever comes between.
//!
//! An upload is begun (`begin.rs`), known by its id (`id.rs`), and aborted unless it is seen through (`unfinished.rs`). Its parts are cut from a
//! source (`cut.rs`) and sent several at once (`send.rs`); what S3 has of it is asked in `started.rs`, and it is put together in
//! `complete.rs`, also when the answer to that is lost. What has to be done after failures waits for the circuit that they may have opened
//! (`patience.rs`). Copies by parts go the same way.

mod begin;
mod complete;
mod cut;
mod id;
mod patience;
mod send;
mod started;
mod unfinished;

pub use id::UploadId;

pub(crate) use begin::create;
pub(crate) use started::Started;
pub(crate) use unfinished::Unfinished;
