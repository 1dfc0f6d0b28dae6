/// What became of the events of a [`LogWriter`](crate::LogWriter) since it was built.
///
/// Every event that was offered is `shed`, `refused` or `taken`; every one that was taken is `sent`, rejected (`too_old`, `expired`,
/// `too_new`), `lost`, or among the `waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LogWriterStats {
    /// Events that were taken in.
    pub taken: u64,
    /// Events that found the queue full.
    pub shed: u64,
    /// Events that AWS would not take: empty, too long, from before 1970, or after the writer was closed.
    pub refused: u64,
    /// Events that were taken in without their end, because they were too long.
    pub cut: u64,
    /// Events that CloudWatch Logs has.
    pub sent: u64,
    /// Events that it rejected because they are older than 14 days.
    pub too_old: u64,
    /// Events that it rejected because they are older than the group keeps them.
    pub expired: u64,
    /// Events that it rejected because they are more than two hours ahead.
    pub too_new: u64,
    /// Events whose batch was given up.
    pub lost: u64,
    /// Batches that were sent or given up.
    pub batches: u64,
    /// Events that wait, those under way among them; after the end of the writer those that it has not sent.
    pub waiting: u64,
    /// The bytes of those, as AWS counts them.
    pub waiting_bytes: u64,
}

impl LogWriterStats {
    /// Events that CloudWatch Logs rejected for their time.
    #[must_use]
    pub const fn rejected(&self) -> u64 {
        self.too_old + self.expired + self.too_new
    }
}
