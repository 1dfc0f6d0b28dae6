use leeward_resilience::hedge::Histogram;

/// How long the calls took that the threads of a lane made and that succeeded.
///
/// A lane has cache lines of its own, so that threads on different lanes do not meet.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Lane {
    pub(super) latencies: Histogram,
}
