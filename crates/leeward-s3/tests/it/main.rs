//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod bounds;
mod broken;
mod buckets;
mod checksums;
mod cloud;
mod configured;
mod copies;
mod corrupt;
mod encryption;
mod keys;
mod lost;
mod objects;
mod options;
mod presigned;
mod ranges;
mod regions;
mod resumed;
mod sealed;
mod signatures;
mod tags;
mod transfers;
