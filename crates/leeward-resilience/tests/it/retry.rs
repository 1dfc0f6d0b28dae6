//! What is sent again, how often and after which pauses.

use std::{collections::HashSet, time::Duration};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{Backoff, Budget, BudgetConfig, RetryLayer, RetryPolicy};
use tower::{Layer, ServiceExt};

use crate::fault::{Fault, always_failing, book, failing, read};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn retry() -> RetryLayer {
    RetryLayer::new(RetryPolicy::new().with_seed(42)).with_budget(Budget::new(BudgetConfig::new()))
}

#[tokio::test(start_paused = true)]
async fn sends_again_what_may_pass() {
    let (service, attempts) = failing([Fault::lost(), Fault::lost()]);
    let layer = retry();
    assert_eq!(layer.layer(service).oneshot(read()).await.unwrap(), 3);
    let pauses = attempts.pauses();
    // Tokio's timer counts whole milliseconds.
    assert!(pauses[0] <= Duration::from_millis(51), "{pauses:?}");
    assert!(pauses[1] <= Duration::from_millis(101), "{pauses:?}");
    let counters = layer.counters();
    assert_eq!(
        (counters.calls(), counters.retries(), counters.recovered()),
        (1, 2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn gives_up_with_the_last_error() {
    let second = Fault::lost().retry_after(Duration::from_millis(2));
    let (service, attempts) = failing([Fault::lost(), second, Fault::throttled()]);
    let layer = retry();
    let fault = layer.layer(service).oneshot(read()).await.unwrap_err();
    assert_eq!(attempts.count(), 3);
    assert_eq!(fault.facts().stage, Stage::Answered, "the third one's");
    assert_eq!(layer.counters().out_of_attempts(), 1);
}

/// A layer above may send again what was not sent, a router without a budget even.
#[tokio::test(start_paused = true)]
async fn a_call_of_which_one_attempt_may_have_been_sent_is_never_told_as_not_sent() {
    let refused = || Fault::from(Rejected::NotSentInTime { timeout: SECOND });
    for (attempts, told) in [
        (vec![Fault::lost(), refused(), refused()], Stage::MaybeSent),
        (vec![refused(), Fault::lost(), refused()], Stage::MaybeSent),
        (
            vec![Fault::throttled(), refused(), refused()],
            Stage::Answered,
        ),
        // An answer to the second tells nothing of the first.
        (
            vec![Fault::lost(), Fault::throttled(), refused()],
            Stage::MaybeSent,
        ),
        (
            vec![Fault::throttled(), Fault::lost(), refused()],
            Stage::MaybeSent,
        ),
        (vec![refused(), refused(), Fault::lost()], Stage::MaybeSent),
        (vec![refused(), refused(), refused()], Stage::NotSent),
    ] {
        let (service, sent) = failing(attempts);
        let fault = retry().layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!((fault.facts().stage, sent.count()), (told, 3));
    }
}

/// F4 of the facts, the retry's half of it.
#[tokio::test(start_paused = true)]
async fn f4_what_must_be_applied_once_is_never_applied_twice() {
    for (fault, sent) in [
        (Fault::lost(), 1),
        (Fault::not_sent(), 2),
        (Fault::throttled(), 2),
        (Fault::invalid(), 1),
        (Rejected::AttemptTimedOut { timeout: SECOND }.into(), 1),
        (Rejected::CircuitOpen { retry_in: SECOND }.into(), 1),
    ] {
        let name = format!("{fault:?}");
        let (service, attempts) = failing([fault]);
        let _ = retry().layer(service).oneshot(book()).await;
        assert_eq!(attempts.count(), sent, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn honours_the_wish_of_the_service_within_five_seconds() {
    for seed in 0..100 {
        let asked = Duration::from_secs(4);
        let (service, attempts) = failing([Fault::throttled().retry_after(asked)]);
        let policy = RetryPolicy::new().with_seed(seed);
        RetryLayer::new(policy)
            .layer(service)
            .oneshot(read())
            .await
            .unwrap();
        let pause = attempts.pauses()[0];
        assert!(pause >= asked && pause <= 5 * SECOND, "{pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_asks_for_an_hour_gets_five_seconds() {
    let (service, attempts) = failing([Fault::lost().retry_after(3_600 * SECOND)]);
    retry().layer(service).oneshot(read()).await.unwrap();
    let pause = attempts.pauses()[0];
    // Fifty milliseconds of jitter and the timer's millisecond on top.
    assert!(pause >= 5 * SECOND && pause <= 5 * SECOND + Duration::from_millis(51));
}

/// P4 and pitfall 10 of the facts: tower's maker clones its generator, and every first pause is the same.
#[tokio::test(start_paused = true)]
async fn p4_every_call_pauses_for_a_time_of_its_own() {
    let long = Backoff::new()
        .with_base(1_000 * SECOND)
        .with_cap(1_000 * SECOND);
    let layer = RetryLayer::new(RetryPolicy::new().with_backoff(long).with_seed(42))
        .with_budget(Budget::new(BudgetConfig::new().with_floor(200)));
    let mut first_pauses = HashSet::new();
    for _ in 0..100 {
        let (service, attempts) = failing([Fault::lost()]);
        // Clones of one service, too: the layer makes the difference, not the instance.
        layer.layer(service).oneshot(read()).await.unwrap();
        first_pauses.insert(attempts.pauses()[0]);
    }
    assert!(first_pauses.len() > 95, "{}", first_pauses.len());
}

/// Pitfall 10 of the facts: tower-resilience's exponential preset has no jitter unless one asks for it.
#[tokio::test(start_paused = true)]
async fn pitfall_10_pauses_are_drawn_by_lot_unless_told_otherwise() {
    let layer = RetryLayer::new(RetryPolicy::new().with_seed(42));
    let mut pauses = HashSet::new();
    for _ in 0..10 {
        let (service, attempts) = failing([Fault::throttled()]);
        layer.layer(service).oneshot(read()).await.unwrap();
        pauses.insert(attempts.pauses()[0]);
    }
    assert!(pauses.len() > 7, "of a thousand milliseconds: {pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn one_attempt_at_most_means_one() {
    for max_attempts in [0, 1] {
        let (service, attempts) = always_failing(Fault::lost);
        let layer = RetryLayer::new(
            RetryPolicy::new()
                .with_seed(42)
                .with_max_attempts(max_attempts),
        );
        layer.layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!(attempts.count(), 1);
    }
}
