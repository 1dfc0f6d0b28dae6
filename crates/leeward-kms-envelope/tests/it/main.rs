//! Messages under KMS keys of emulated Regions.

#![allow(clippy::unwrap_used, reason = "a test may")]
