//! Which events of a batch AWS did not take.

use aws_sdk_cloudwatchlogs::types::RejectedLogEventsInfo;

/// How many events of one batch were rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rejection {
    /// Older than 14 days.
    pub(super) too_old: u64,
    /// Older than the group keeps events.
    pub(super) expired: u64,
    /// More than two hours ahead.
    pub(super) too_new: u64,
}

impl Rejection {
    /// Reads the indices of an answer to a batch of so many events: what is old is at its front, what is new at its end.
    pub(super) fn of(info: Option<&RejectedLogEventsInfo>, events: usize) -> Self {
        let Some(info) = info else {
            return Self::default();
        };
        let index = |index: Option<i32>| {
            index
                .and_then(|index| usize::try_from(index).ok())
                .map(|index| index.min(events))
        };
        let too_old = index(info.too_old_log_event_end_index()).unwrap_or(0);
        let old = index(info.expired_log_event_end_index())
            .unwrap_or(0)
            .max(too_old);
        let new = index(info.too_new_log_event_start_index())
            .unwrap_or(events)
            .max(old);
        Self {
            too_old: too_old as u64,
            expired: (old - too_old) as u64,
            too_new: (events - new) as u64,
        }
    }

    pub(super) const fn total(self) -> u64 {
        self.too_old + self.expired + self.too_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Indices as AWS gives them for a batch of ten, and what is too old, expired and too new by them.
    #[track_caller]
    fn check(old: Option<i32>, expired: Option<i32>, new: Option<i32>, counts: [u64; 3]) {
        let info = RejectedLogEventsInfo::builder()
            .set_too_old_log_event_end_index(old)
            .set_expired_log_event_end_index(expired)
            .set_too_new_log_event_start_index(new)
            .build();
        let Rejection {
            too_old,
            expired,
            too_new,
        } = Rejection::of(Some(&info), 10);
        assert_eq!([too_old, expired, too_new], counts);
    }

    #[test]
    fn both_ends_of_a_batch_may_be_rejected() {
        check(None, None, None, [0, 0, 0]);
        check(Some(3), None, None, [3, 0, 0]);
        check(Some(3), Some(5), Some(8), [3, 2, 2]);
        check(None, Some(10), None, [0, 10, 0]);
        check(None, None, Some(0), [0, 0, 10]);
    }

    #[test]
    fn indices_that_cannot_be_count_nothing_twice() {
        check(Some(-1), Some(99), Some(-7), [0, 10, 0]);
        check(Some(6), Some(2), Some(4), [6, 0, 4]);
    }

    #[test]
    fn nothing_said_is_nothing_rejected() {
        assert_eq!(Rejection::of(None, 10).total(), 0);
    }
}
