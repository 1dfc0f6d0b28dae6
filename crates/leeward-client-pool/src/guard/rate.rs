use leeward_error_taxonomy::{Category, Classify, Facts, Rejected, Stage, Verdict};
use leeward_resilience::{
    RateLimitLayer, RateLimiter, Switch, TokioClock,
    rate_limit::{RateLimit, RatePass, ResponseFuture},
};
use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};
use tower_layer::Layer;
use tower_service::Service;

/// The rate of one service in one Region, for calls that are let through at one place and end at another.
///
/// The rate limit's layer wants to see a call from its turn to its outcome. It is given a stand-in for the call, which ends when
/// the [`Turn`] is told how the call did.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    limiter: RateLimiter<TokioClock>,
    switch: Switch,
    limit: RateLimit<StandIn, TokioClock>,
}

impl Pace {
    pub(super) fn new(limiter: RateLimiter<TokioClock>, switch: Switch) -> Self {
        let layer = RateLimitLayer::new(limiter.clone());
        Self {
            limiter,
            switch,
            limit: layer.layer(StandIn),
        }
    }

    /// Waits until the rate has room for one call.
    ///
    /// # Errors
    ///
    /// [`Rejected::LimiterFull`] if that takes too long or too many wait, or the refusal of the caller's deadline.
    pub(super) async fn turn(&self) -> Result<Turn, Rejected> {
        if !self.switch.is_on() {
            return Ok(Turn(Way::Free));
        }
        // Nearly always there is nothing to wait for.
        if let Ok(pass) = self.limiter.try_pass() {
            return Ok(Turn(Way::Passed(pass)));
        }
        let call = Arc::new(Call::default());
        let mut limit = self.limit.clone();
        let mut limited = Box::pin(limit.call(Arc::clone(&call)));
        poll_fn(|cx| {
            if call.has_begun.load(Relaxed) {
                return Poll::Ready(Ok(()));
            }
            match limited.as_mut().poll(cx) {
                Poll::Ready(Err(Lesson::Refused(rejected))) => Poll::Ready(Err(rejected)),
                Poll::Pending if !call.has_begun.load(Relaxed) => Poll::Pending,
                _ => Poll::Ready(Ok(())),
            }
        })
        .await?;
        Ok(Turn(Way::Waited { call, limited }))
    }
}

/// A call that was let through.
pub(super) struct Turn(Way);

enum Way {
    /// Nobody asked.
    Free,
    /// At once.
    Passed(RatePass<TokioClock>),
    Waited {
        call: Arc<Call>,
        limited: Pin<Box<ResponseFuture<StandIn, Arc<Call>, TokioClock>>>,
    },
}

impl Turn {
    /// The service answered, and did not ask for fewer calls.
    pub(super) fn answered(self) {
        self.learn(Lesson::Answered);
    }

    /// The service asked for fewer calls, or for none in this time.
    pub(super) fn throttled(self, retry_after: Option<Duration>) {
        self.learn(Lesson::Throttled { retry_after });
    }

    fn learn(self, lesson: Lesson) {
        match self.0 {
            Way::Free => {}
            Way::Passed(pass) => match lesson {
                Lesson::Answered => pass.succeed(),
                lesson => pass.fail(&lesson.facts()),
            },
            Way::Waited { call, mut limited } => {
                *call.lesson() = Some(lesson);
                let mut cx = Context::from_waker(Waker::noop());
                // It is the stand-in that was waited for.
                let learnt = limited.as_mut().poll(&mut cx);
                debug_assert!(learnt.is_ready(), "the call has ended");
            }
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn")
    }
}

/// A call that is made elsewhere.
#[derive(Debug, Default)]
struct Call {
    has_begun: AtomicBool,
    lesson: Mutex<Option<Lesson>>,
}

impl Call {
    fn lesson(&self) -> std::sync::MutexGuard<'_, Option<Lesson>> {
        self.lesson.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug)]
struct StandIn;

impl Service<Arc<Call>> for StandIn {
    type Response = ();
    type Error = Lesson;
    type Future = Ending;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lesson>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Arc<Call>) -> Ending {
        call.has_begun.store(true, Relaxed);
        Ending(call)
    }
}

/// Ends when somebody says how the call did, and then polls.
#[derive(Debug)]
struct Ending(Arc<Call>);

impl Future for Ending {
    type Output = Result<(), Lesson>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Lesson>> {
        match self.0.lesson().take() {
            None => Poll::Pending,
            Some(Lesson::Answered) => Poll::Ready(Ok(())),
            Some(lesson) => Poll::Ready(Err(lesson)),
        }
    }
}

/// What the rate learns of a call.
#[derive(Debug)]
enum Lesson {
    Answered,
    Throttled { retry_after: Option<Duration> },
    Refused(Rejected),
}

impl From<Rejected> for Lesson {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl Classify for Lesson {
    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Answered => Facts::new(Stage::Answered, Category::Unknown, Verdict::Final),
            Self::Throttled { retry_after } => {
                let mut facts =
                    Facts::new(Stage::Answered, Category::RateLimit, Verdict::Throttled);
                facts.retry_after = *retry_after;
                facts
            }
            Self::Refused(rejected) => rejected.facts(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_resilience::{Rate, RateLimitConfig};

    fn pace(config: RateLimitConfig) -> (RateLimiter<TokioClock>, Pace) {
        let limiter = RateLimiter::with_clock(config, TokioClock::new());
        (limiter.clone(), Pace::new(limiter, Switch::new()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_plea_slows_the_calls_that_follow() {
        let (limiter, pace) = pace(RateLimitConfig::adaptive());
        for _ in 0..100 {
            pace.turn().await.unwrap().answered();
        }
        assert_eq!(limiter.throttled_rate(), None);
        pace.turn().await.unwrap().throttled(None);
        assert!(limiter.throttled_rate().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn pleas_that_answer_what_was_sent_before_the_first_slow_it_once() {
        let (limiter, pace) = pace(RateLimitConfig::adaptive());
        let mut turns = Vec::new();
        for _ in 0..100 {
            turns.push(pace.turn().await.unwrap());
        }
        tokio::time::advance(Duration::from_millis(10)).await;
        turns.pop().unwrap().throttled(None);
        let rate = limiter.throttled_rate();
        turns.into_iter().for_each(|turn| turn.throttled(None));
        assert_eq!(limiter.throttled_rate(), rate);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_the_service_names_is_kept() {
        let (_, pace) = pace(RateLimitConfig::adaptive().with_max_wait(Duration::from_secs(5)));
        let wait = Duration::from_secs(2);
        pace.turn().await.unwrap().throttled(Some(wait));
        let before = tokio::time::Instant::now();
        pace.turn().await.unwrap().answered();
        assert!(before.elapsed() >= wait);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_would_wait_too_long_is_refused() {
        let rate = Rate::per_second(1).with_burst(1);
        let (limiter, pace) =
            pace(RateLimitConfig::fixed(rate).with_max_wait(Duration::from_millis(10)));
        pace.turn().await.unwrap().answered();
        let refused = pace.turn().await.unwrap_err();
        assert_eq!(refused.to_string(), "limiter full");
        assert_eq!(limiter.waiting(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_dropped_teaches_nothing() {
        let (limiter, pace) = pace(RateLimitConfig::adaptive());
        drop(pace.turn().await.unwrap());
        assert_eq!(limiter.throttled_rate(), None);
    }
}
