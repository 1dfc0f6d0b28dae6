use leeward_error_taxonomy::{AwsError, Rejected};
use std::{future::Future, time::Duration};
use tokio::time::sleep;

/// So long a call is held back at the most before it is given up.
const MAX_HELD_BACK: Duration = Duration::from_secs(30);

/// The pause where the circuit says that any later call may pass.
const MIN_PAUSE: Duration = Duration::from_millis(100);

/// Makes a call as soon as the circuit lets it through: the failures that an upload ended with may have opened it, and what is left to do
/// then has to be done all the same.
pub(super) async fn once_let_through<T, F>(mut call: impl FnMut() -> F) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let mut held_back = Duration::ZERO;
    loop {
        let error = match call().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(Rejected::CircuitOpen { retry_in }) = error.rejected() else {
            return Err(error);
        };
        let pause = (*retry_in).max(MIN_PAUSE);
        held_back = held_back.saturating_add(pause);
        if held_back > MAX_HELD_BACK {
            return Err(error);
        }
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    const SECOND: Duration = Duration::from_secs(1);

    /// What comes of a call that is held back so often, for so long each time: how often it was made, and how long that took.
    async fn held_back(times: u32, retry_in: Duration) -> (bool, u32, Duration) {
        let (mut calls, begun) = (0, Instant::now());
        let done = once_let_through(|| {
            calls += 1;
            let is_open = calls <= times;
            async move {
                match is_open {
                    true => Err(AwsError::new(Rejected::CircuitOpen { retry_in })),
                    false => Ok(()),
                }
            }
        })
        .await;
        (done.is_ok(), calls, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_is_waited_for_and_not_for_ever() {
        for (times, retry_in, expected) in [
            (0, SECOND, (true, 1, Duration::ZERO)),
            (2, 5 * SECOND, (true, 3, 10 * SECOND)),
            (3, Duration::ZERO, (true, 4, 3 * MIN_PAUSE)),
            (9, 10 * SECOND, (false, 4, 30 * SECOND)),
            // It is held open by somebody.
            (9, Duration::MAX, (false, 1, Duration::ZERO)),
        ] {
            let found = held_back(times, retry_in).await;
            assert_eq!(found, expected, "{times} times {retry_in:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn other_failures_are_told_at_once() {
        let mut calls = 0;
        let error = once_let_through(|| {
            calls += 1;
            async { Err::<(), _>(AwsError::new(Rejected::LimiterFull)) }
        })
        .await
        .unwrap_err();
        assert!(matches!(error.rejected(), Some(Rejected::LimiterFull)));
        assert_eq!(calls, 1);
    }
}
