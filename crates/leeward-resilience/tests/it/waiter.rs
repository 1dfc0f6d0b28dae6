use std::{
    cell::Cell,
    future::{pending, ready},
    ops::ControlFlow,
    time::Duration,
};

use leeward_error_taxonomy::{
    AwsError, Category, Classify, Facts, Obstacle, Rejected, Stage, Verdict,
};
use leeward_resilience::{WaitTimedOut, Waiter};
use tokio::time::{Instant, timeout};

const WAITER: Waiter = Waiter::new(Duration::from_secs(60)).with_seed(7);

type Looked = Result<ControlFlow<&'static str, &'static str>, AwsError>;

/// Waits while the looks give what `answers` says, the last one for ever; tells how it ended and after how many looks.
async fn wait(waiter: Waiter, answers: &[fn() -> Looked]) -> (Result<&'static str, AwsError>, u32) {
    let looks = Cell::new(0);
    let look = || {
        let at = looks.replace(looks.get() + 1) as usize;
        ready(answers[at.min(answers.len() - 1)]())
    };
    let ended = waiter.wait(look, |_, _| ()).await;
    (ended, looks.get())
}

fn creating() -> Looked {
    Ok(ControlFlow::Continue("CREATING"))
}

fn active() -> Looked {
    Ok(ControlFlow::Break("ACTIVE"))
}

#[derive(Debug, thiserror::Error)]
#[error("the service failed")]
struct Failed(Category, Verdict);

impl Classify for Failed {
    fn facts(&self) -> Facts<'_> {
        let mut facts = Facts::new(Stage::Answered, self.0, self.1);
        facts.retry_after = Some(Duration::from_secs(8));
        facts
    }
}

fn throttled() -> Looked {
    Err(AwsError::new(Failed(
        Category::RateLimit,
        Verdict::Throttled,
    )))
}

fn denied() -> Looked {
    Err(AwsError::new(Failed(
        Category::Authorization,
        Verdict::Final,
    )))
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_given_at_once() {
    let began = Instant::now();
    let (ended, looks) = wait(WAITER, &[active]).await;
    assert_eq!((ended.unwrap(), looks), ("ACTIVE", 1));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_comes_is_waited_for_and_each_state_told() {
    let mut looks = 0;
    let mut told = Vec::new();
    let look = || {
        looks += 1;
        ready(if looks < 4 { creating() } else { active() })
    };
    let ended = WAITER.wait(look, |state, waited| told.push((*state, waited)));
    assert_eq!(ended.await.unwrap(), "ACTIVE");
    let states: Vec<_> = told.iter().map(|(state, _)| *state).collect();
    assert_eq!(states, ["CREATING"; 3]);
    assert!(told.is_sorted_by(|(_, one), (_, next)| one < next));
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_one_more_look() {
    let refusals: [fn() -> Looked; 4] = [
        throttled,
        || Err(Rejected::LimiterFull.into()),
        || {
            let (timeout, stage) = (Duration::from_secs(1), Stage::MaybeSent);
            Err(Rejected::DeadlineExceeded { timeout, stage }.into())
        },
        active,
    ];
    let (ended, looks) = wait(WAITER, &refusals).await;
    assert_eq!((ended.unwrap(), looks), ("ACTIVE", 4));
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_a_pause_gets_it() {
    let began = Instant::now();
    wait(WAITER, &[throttled, active]).await.0.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(8));
}

#[tokio::test(start_paused = true)]
async fn what_is_final_ends_it() {
    for failed in [denied as fn() -> Looked, || {
        Err(Rejected::unavailable_for(Obstacle::Credentials, "no credentials").into())
    }] {
        let (ended, looks) = wait(WAITER, &[creating, failed]).await;
        assert_eq!(looks, 2);
        assert!(ended.unwrap_err().downcast_ref::<WaitTimedOut>().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_the_last_state_is_told() {
    let began = Instant::now();
    let (ended, looks) = wait(WAITER, &[creating]).await;
    assert!(began.elapsed() <= WAITER.timeout());
    assert!(looks > 6, "{looks}");
    let error = ended.unwrap_err();
    assert_eq!(
        (error.category(), error.verdict()),
        (Category::Timeout, Verdict::Transient)
    );
    let timed_out = error.downcast_ref::<WaitTimedOut>().unwrap();
    assert_eq!(timed_out.state(), Some("CREATING"));
    assert!(timed_out.waited() > WAITER.timeout() - Duration::from_secs(1));
    let text = timed_out.to_string();
    assert!(text.starts_with("still CREATING after 59."), "{text}");
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_the_last_failure_is_told() {
    let (ended, _) = wait(WAITER, &[throttled]).await;
    let error = ended.unwrap_err();
    let timed_out = error.downcast_ref::<WaitTimedOut>().unwrap();
    assert_eq!(timed_out.failure().unwrap().category(), Category::RateLimit);
    assert!(
        timed_out.to_string().starts_with("no answer for 59."),
        "{timed_out}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_that_hangs_is_dropped_when_the_time_is_over() {
    let began = Instant::now();
    let waited = WAITER.wait(pending::<Looked>, |_, _| ());
    let error = waited.await.unwrap_err();
    assert_eq!(began.elapsed(), WAITER.timeout());
    assert_eq!(error.stage(), Stage::MaybeSent);
}

#[tokio::test(start_paused = true)]
async fn without_an_end_it_waits_until_it_is_dropped() {
    let waiter = Waiter::new(Duration::MAX);
    let waited = waiter.wait(|| ready(creating()), |_, _| ());
    timeout(Duration::from_secs(86_400), waited)
        .await
        .unwrap_err();
}
