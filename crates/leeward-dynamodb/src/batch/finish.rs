//! The one loop that batches are finished by, whatever they send.

use super::pace::{Pace, Trouble};
use futures_util::stream::{FuturesUnordered, StreamExt};
use leeward_error_taxonomy::{AwsError, Classify, Rejected, Verdict};
use leeward_resilience::Budget;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout_at};

/// The bounds of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// What one call takes at the most.
    pub(super) chunk: usize,
    pub(super) max_in_flight: usize,
    pub(super) timeout: Duration,
}

/// What a call has answered: what it did, and what it left undone.
pub(super) struct Answer<R, W> {
    pub(super) done: R,
    pub(super) left: Vec<W>,
}

/// What was not done, and the failure that ended it; none if the time was over.
pub(super) struct Unfinished<W> {
    pub(super) rest: Vec<W>,
    pub(super) cause: Option<AwsError>,
    pub(super) timed_out: bool,
}

/// Sends all of `work` by `send`, in chunks, and what is left of one again, until nothing is left; gives each answer to `done`.
///
/// A call that fails leaves its whole chunk. A failure that is final lets the calls under way end and begins no other one. At the deadline
/// the calls under way are dropped: their chunks are among the rest.
///
/// Where a call has done nothing the next is a retry, which `budget` pays for, or which waits until it can. What goes on with the rest of
/// a chunk is none: it gets somewhere.
pub(super) async fn finish<W, R, Fut>(
    bounds: Bounds,
    budget: &Budget,
    work: Vec<W>,
    mut send: impl FnMut(Vec<W>) -> Fut,
    mut done: impl FnMut(R),
) -> Result<(), Unfinished<W>>
where
    W: Clone,
    Fut: Future<Output = Result<Answer<R, W>, AwsError>>,
{
    let deadline = Instant::now() + bounds.timeout;
    let mut pace = Pace::new(bounds.max_in_flight);
    let mut waiting = VecDeque::from(work);
    let mut flights = FuturesUnordered::new();
    let mut chunks: HashMap<u64, Vec<W>> = HashMap::new();
    let mut number = 0;
    let mut resume = Instant::now();
    let mut cause = None;
    let mut is_final = false;
    let mut retries_due = 0_usize;
    loop {
        let now = Instant::now();
        while !is_final && resume <= now && flights.len() < pace.width() && !waiting.is_empty() {
            if retries_due > 0 {
                let Some(token) = budget.withdraw() else {
                    resume = now + pace.held_back();
                    break;
                };
                token.spend();
                retries_due -= 1;
            }
            let size = waiting.len().min(bounds.chunk);
            let chunk: Vec<W> = waiting.drain(..size).collect();
            number += 1;
            chunks.insert(number, chunk.clone());
            let (flight, answer) = (number, send(chunk));
            flights.push(async move { (flight, answer.await) });
        }
        if flights.is_empty() && (is_final || waiting.is_empty() || resume >= deadline) {
            break;
        }
        let may_begin = !is_final && !waiting.is_empty() && flights.len() < pace.width();
        let until = match may_begin {
            true => resume.min(deadline),
            false => deadline,
        };
        let landed = match flights.is_empty() {
            true => {
                sleep_until(until).await;
                None
            }
            false => timeout_at(until, flights.next()).await.ok().flatten(),
        };
        let Some((flight, answer)) = landed else {
            if Instant::now() >= deadline {
                break;
            }
            continue;
        };
        let chunk = chunks.remove(&flight).unwrap_or_default();
        let trouble = match answer {
            Ok(answer) => {
                let (size, left) = (chunk.len(), answer.left.len());
                waiting.extend(answer.left);
                done(answer.done);
                if !is_final {
                    // What has passed is not what ends it.
                    cause = None;
                }
                match left {
                    0 => {
                        pace.went_well();
                        continue;
                    }
                    left if left < size => Trouble::Rest,
                    _ => Trouble::All {
                        verdict: Verdict::Transient,
                        retry_after: None,
                    },
                }
            }
            Err(error) => {
                let facts = error.facts();
                let trouble = Trouble::All {
                    verdict: facts.verdict,
                    retry_after: facts.retry_after,
                };
                waiting.extend(chunk);
                // The first final failure is the one that ended it.
                if !is_final {
                    is_final = !may_pass(&error);
                    cause = Some(error);
                }
                trouble
            }
        };
        if let Trouble::All { .. } = trouble {
            retries_due += 1;
        }
        // Those that were under way together meet one trouble together.
        if resume <= now {
            resume = Instant::now() + pace.met(trouble);
        }
    }
    drop(flights);
    let rest: Vec<W> = waiting
        .into_iter()
        .chain(chunks.into_values().flatten())
        .collect();
    match rest.is_empty() {
        true => Ok(()),
        false => Err(Unfinished {
            rest,
            cause,
            timed_out: !is_final,
        }),
    }
}

/// Whether the same call may succeed a little later.
fn may_pass(error: &AwsError) -> bool {
    match error.rejected() {
        Some(Rejected::Unavailable { .. }) => false,
        Some(_) => true,
        None => error.facts().verdict != Verdict::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;
    use leeward_error_taxonomy::{Category, Facts, Stage};
    use leeward_resilience::{BudgetConfig, Ratio};
    use std::cell::{Cell, RefCell};

    const BOUNDS: Bounds = Bounds {
        chunk: 10,
        max_in_flight: 3,
        timeout: Duration::from_secs(60),
    };

    #[derive(Debug, thiserror::Error)]
    #[error("no")]
    struct No(Verdict);

    impl Classify for No {
        fn facts(&self) -> Facts<'_> {
            Facts::new(Stage::Answered, Category::Validation, self.0)
        }
    }

    /// A table that does a part of each chunk at random, and counts what it has done.
    async fn some(
        work: Vec<u32>,
        random: &RefCell<Rng>,
    ) -> Result<Answer<Vec<u32>, u32>, AwsError> {
        let (pause, keep) = {
            let mut random = random.borrow_mut();
            (random.u64(0..40), random.usize(0..=work.len()))
        };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if pause == 7 {
            return Err(AwsError::new(No(Verdict::Throttled)));
        }
        let left = work[keep..].to_vec();
        Ok(Answer {
            done: work[..keep].to_vec(),
            left,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_is_left_everything_is_done_once() {
        for seed in 0..100 {
            let random = RefCell::new(Rng::with_seed(seed));
            let flying = Cell::new(0_usize);
            let mut all = Vec::new();
            let bounds = Bounds {
                timeout: Duration::from_secs(3_600),
                ..BOUNDS
            };
            let finished = finish(
                bounds,
                &Budget::default(),
                (0..137).collect(),
                |chunk| {
                    assert!(chunk.len() <= 10);
                    let (flying, random) = (&flying, &random);
                    async move {
                        flying.set(flying.get() + 1);
                        assert!(flying.get() <= 3);
                        let answer = some(chunk, random).await;
                        flying.set(flying.get() - 1);
                        answer
                    }
                },
                |done: Vec<u32>| all.extend(done),
            )
            .await;
            assert!(finished.is_ok(), "seed {seed}");
            all.sort_unstable();
            assert_eq!(all, (0..137).collect::<Vec<_>>(), "seed {seed}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_done_is_given_back() {
        for verdict in [Verdict::Final, Verdict::Transient] {
            let mut calls = 0;
            let refused = finish(
                BOUNDS,
                &Budget::default(),
                (0..50_u32).collect(),
                |chunk| {
                    calls += 1;
                    async move {
                        match chunk.contains(&25) {
                            true => Err(AwsError::new(No(verdict))),
                            false => Ok(Answer {
                                done: chunk,
                                left: Vec::new(),
                            }),
                        }
                    }
                },
                drop,
            )
            .await;
            let Err(Unfinished {
                rest,
                cause,
                timed_out,
            }) = refused
            else {
                panic!("it cannot be finished")
            };
            assert!(rest.contains(&25) && cause.is_some());
            assert_eq!(timed_out, verdict != Verdict::Final);
            assert_eq!(calls > 5, timed_out, "{calls} calls");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_at_the_deadline_with_all_that_was_under_way() {
        let began = Instant::now();
        let ended = finish(
            BOUNDS,
            &Budget::default(),
            (0..50_u32).collect(),
            |chunk| async move {
                if chunk.contains(&0) {
                    return Ok(Answer {
                        done: (),
                        left: Vec::new(),
                    });
                }
                std::future::pending().await
            },
            |()| {},
        )
        .await;
        let mut rest = ended.err().unwrap().rest;
        rest.sort_unstable();
        assert_eq!(rest, (10..50).collect::<Vec<_>>());
        assert_eq!(began.elapsed(), BOUNDS.timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_has_passed_is_not_what_ended_it() {
        let calls = Cell::new(0_u32);
        let ended = finish(
            BOUNDS,
            &Budget::default(),
            vec![1_u32],
            |chunk| {
                calls.set(calls.get() + 1);
                let is_first = calls.get() == 1;
                async move {
                    match is_first {
                        true => Err(AwsError::new(No(Verdict::Transient))),
                        false => Ok(Answer {
                            done: (),
                            left: chunk,
                        }),
                    }
                }
            },
            |()| {},
        )
        .await;
        let unfinished = ended.err().unwrap();
        assert!(unfinished.timed_out && unfinished.cause.is_none());
    }

    /// Sends fifty to a table that leaves one of so many parts of each chunk; tells the calls, and how many are left in the end.
    async fn fifty(budget: &Budget, parts: usize) -> (u32, usize) {
        let mut calls = 0;
        let ended = finish(
            BOUNDS,
            budget,
            (0..50_u32).collect(),
            |mut chunk| {
                calls += 1;
                chunk.truncate(chunk.len() / parts);
                async move {
                    Ok(Answer {
                        done: (),
                        left: chunk,
                    })
                }
            },
            |()| {},
        )
        .await;
        let rest = ended.err().map_or(0, |unfinished| unfinished.rest.len());
        (calls, rest)
    }

    #[tokio::test(start_paused = true)]
    async fn what_got_nowhere_is_sent_again_within_the_budget() {
        // With all of a chunk left each call but the first three is a retry, with half of it none is.
        for (parts, expected, left) in [(1, 3..=3, 50), (2, 8..=200, 0)] {
            let empty = BudgetConfig::new().with_floor(0);
            let empty = Budget::new(empty.with_ratio(Ratio::percent(0)));
            let (calls, rest) = fifty(&empty, parts).await;
            assert!(expected.contains(&calls), "{calls} calls");
            assert_eq!(rest, left);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_table_that_takes_nothing_is_not_hurried() {
        let (calls, rest) = fifty(&Budget::default(), 1).await;
        assert_eq!(rest, 50);
        assert!((8..40).contains(&calls), "{calls} calls");
    }
}
