use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

/// How long an attempt may stand in line, where its client has less time than the pool's line.
///
/// The SDK takes the end of an attempt's time for one of the network, and tries again. So the line is left before, with a
/// refusal that says that nothing was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience(pub(super) Duration);

impl Patience {
    /// Half of what a client, or the call itself, gives an attempt or the whole call, if that is less than the line's `max_wait`.
    ///
    /// A deadline of which so much is `left` the line knows itself: the time that the call is given because of it counts not.
    pub(crate) fn of(
        timeouts: Option<&TimeoutConfig>,
        left: impl FnOnce() -> Option<Duration>,
        max_wait: Duration,
    ) -> Option<Self> {
        let timeouts = timeouts?;
        let in_a_hurry = |half: &Duration| *half < max_wait;
        let half =
            |timeout: Option<Duration>| timeout.map(|timeout| timeout / 2).filter(in_a_hurry);
        let attempt = half(timeouts.operation_attempt_timeout());
        let whole = timeouts.operation_timeout();
        // The clock is not looked at for a time that does not count.
        let call = half(whole).filter(|_| left().is_none_or(|left| whole < Some(left)));
        attempt.into_iter().chain(call).min().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_in_a_hurry_stands_in_line_for_half_of_its_time() {
        let seconds = Duration::from_secs;
        for (attempt, operation, left, patience) in [
            (None, None, None, None),
            (Some(20), Some(60), None, None),
            (Some(4), Some(60), None, Some(2)),
            (Some(20), Some(6), None, Some(3)),
            (None, Some(6), None, Some(3)),
            (None, Some(6), Some(7), Some(3)),
            (None, Some(6), Some(6), None),
            (Some(4), Some(6), Some(6), Some(2)),
        ] {
            let timeouts = TimeoutConfig::builder()
                .set_operation_attempt_timeout(attempt.map(seconds))
                .set_operation_timeout(operation.map(seconds))
                .clone();
            let found = Patience::of(Some(&timeouts.build()), || left.map(seconds), seconds(10));
            assert_eq!(found.map(|found| found.0), patience.map(seconds));
        }
        assert!(Patience::of(None, || None, seconds(10)).is_none());
    }
}
