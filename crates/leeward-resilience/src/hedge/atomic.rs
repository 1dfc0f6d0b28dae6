//! What the histogram is made of: std's, or loom's while a model runs.

#[cfg(leeward_loom)]
pub(super) use loom::sync::atomic::{AtomicU16, AtomicU64, Ordering};
#[cfg(not(leeward_loom))]
pub(super) use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
