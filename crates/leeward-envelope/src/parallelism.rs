use crate::pace::TURN;
use aws_lc_rs::error::Unspecified;
use leeward_resilience::{Clock, TscClock};
use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// How many threads one message has by default, at most: the others are for other messages.
const DEFAULT_MAX: NonZeroUsize = NonZeroUsize::new(4).expect("not zero");
/// More threads than this are for no message.
const MAX: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");
/// How long a message is that is worth a second thread, in bytes that the cipher would do: there the gain is a quarter, and
/// at half of it nothing, since a thread takes as long to start as the cipher for a tenth.
const WORTH: usize = 2 << 20;
/// The same if it is signed, and the hash, which takes much longer, hides how a thread starts.
const WORTH_SIGNED: usize = 1 << 20;
/// What each thread does in one turn, in such bytes: threads are started anew for every turn, which is to be a few per cent.
const SHARE: usize = 8 * TURN;
/// What a thread takes at a time, in such bytes: little enough for all to end at once.
const JOB: usize = 256 << 10;

/// Threads that work on one message: that of the caller, and others that do not outlive the turn.
#[derive(Clone, Debug)]
pub(crate) struct Parallelism {
    threads: NonZeroUsize,
    patience: Arc<Mutex<Patience>>,
    clock: TscClock,
}

impl Parallelism {
    /// So many threads, 64 at the most, or by default as many as there are processors, but not more than four.
    ///
    /// Its clock measures how long threads wait and nothing that a caller sees.
    pub(crate) fn new(threads: Option<NonZeroUsize>) -> Self {
        let default =
            || thread::available_parallelism().map_or(NonZeroUsize::MIN, |it| it.min(DEFAULT_MAX));
        Self {
            threads: threads.unwrap_or_else(default).min(MAX),
            patience: Arc::default(),
            clock: TscClock::new(),
        }
    }

    /// Whether a message is for several threads that takes the cipher as long as so many bytes.
    pub(crate) const fn is_for(&self, cost: usize, is_signed: bool) -> bool {
        let worth = if is_signed { WORTH_SIGNED } else { WORTH };
        self.threads.get() > 1 && cost >= worth
    }

    /// The threads for the next turn.
    pub(crate) fn for_a_turn(&self) -> Threads<'_> {
        let is_alone = self.threads.get() == 1 || self.patience().is_alone();
        Threads {
            count: if is_alone { 1 } else { self.threads.get() },
            parallelism: self,
        }
    }

    fn patience(&self) -> MutexGuard<'_, Patience> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads of one turn.
#[derive(Debug)]
pub(crate) struct Threads<'a> {
    count: usize,
    parallelism: &'a Parallelism,
}

impl Threads<'_> {
    pub(crate) const fn is_one(&self) -> bool {
        self.count == 1
    }

    /// How many pieces of so much each these threads do in one turn, of those that are `left`: one each, at least.
    ///
    /// The turns are alike, so that none starts threads for a rest.
    pub(crate) fn turn(&self, piece_cost: usize, left: usize) -> usize {
        let share = if self.is_one() { TURN } else { SHARE };
        let most = (share / piece_cost.max(1))
            .max(1)
            .saturating_mul(self.count);
        left.div_ceil(left.div_ceil(most).max(1))
    }

    /// Works off `jobs`, of which each thread takes the next once it is free; this one does `first` before, and up to
    /// `others` more do not wait for that.
    ///
    /// A thread that cannot be started is not missed: the rest do its work. After a failure no more jobs are begun.
    pub(crate) fn share<J: Send>(
        &self,
        others: usize,
        jobs: impl Iterator<Item = J> + Send,
        work: impl Fn(J) -> Result<(), Unspecified> + Sync,
        first: impl FnOnce(),
    ) -> Result<(), Unspecified> {
        let jobs = Mutex::new(jobs);
        let has_failed = AtomicBool::new(false);
        let next = || {
            let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            (!has_failed.load(Relaxed)).then(|| jobs.next()).flatten()
        };
        let work = || {
            while let Some(job) = next() {
                if work(job).is_err() {
                    has_failed.store(true, Relaxed);
                }
            }
        };
        let Parallelism { clock, .. } = self.parallelism;
        let started = clock.now();
        let wanted = others.min(self.count - 1);
        let (others, worked) = thread::scope(|scope| {
            let start = |_| {
                let thread = thread::Builder::new().name("leeward-cipher".to_owned());
                thread.spawn_scoped(scope, work).ok()
            };
            let others = (0..wanted).map_while(start).count();
            first();
            work();
            (others, clock.now())
        });
        let (worked, waited) = (worked.since(started), clock.now().since(worked));
        if others < wanted {
            self.parallelism.patience().learn_of_none();
        } else if wanted > 0 {
            self.parallelism.patience().learn(worked, waited);
        }
        match has_failed.into_inner() {
            true => Err(Unspecified),
            false => Ok(()),
        }
    }
}

/// Whether other threads are worth waiting for.
///
/// On processors that are busy they begin late or are held up, and a turn cannot end before them. Then the next turns are
/// made alone, and twice as many each time that others are late again.
#[derive(Debug)]
struct Patience {
    /// How many turns are to be made alone.
    alone: u32,
    /// How many will be, if others are late.
    next: u32,
}

impl Patience {
    const LEAST: u32 = 4;
    const MOST: u32 = 1024;

    const fn is_alone(&mut self) -> bool {
        let is_alone = self.alone > 0;
        self.alone = self.alone.saturating_sub(1);
        is_alone
    }

    /// Learns that there were no others, or too late: a turn for all was long for one.
    fn learn_of_none(&mut self) {
        self.alone = self.next;
        self.next = (self.next * 2).min(Self::MOST);
    }

    /// Learns how long a thread worked, and how long it waited for the others then.
    fn learn(&mut self, worked: Duration, waited: Duration) {
        if waited > worked {
            self.learn_of_none();
        } else {
            self.next = Self::LEAST;
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            alone: 0,
            next: Self::LEAST,
        }
    }
}

/// How many pieces of so much each make a job.
pub(crate) fn job(piece_cost: usize) -> usize {
    (JOB / piece_cost.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Barrier, atomic::AtomicUsize};

    fn parallelism(threads: usize) -> Parallelism {
        Parallelism::new(NonZeroUsize::new(threads))
    }

    #[test]
    fn every_job_is_done_once_and_the_first_thing_too() {
        for threads in [1, 2, 3, 8] {
            for others in [0, 1, 7] {
                let done: Vec<_> = (0..100).map(|_| AtomicUsize::new(0)).collect();
                let mut first = 0;
                let work = |job: &AtomicUsize| {
                    job.fetch_add(1, Relaxed);
                    Ok(())
                };
                let threads = parallelism(threads);
                let threads = threads.for_a_turn();
                let shared = threads.share(others, done.iter(), work, || first += 1);
                assert!(shared.is_ok() && first == 1);
                assert!(done.iter().all(|done| done.load(Relaxed) == 1));
            }
        }
    }

    #[test]
    fn threads_work_at_the_same_time() {
        // None goes on before the other is there.
        let (parallelism, both) = (parallelism(2), Barrier::new(2));
        let meet = |_| {
            both.wait();
            Ok(())
        };
        let threads = parallelism.for_a_turn();
        assert!(threads.share(1, 0..2, meet, || ()).is_ok());
        let meet_once = || {
            both.wait();
        };
        assert!(threads.share(1, 0..1, meet, meet_once).is_ok());
    }

    #[test]
    fn after_a_failure_no_job_is_begun() {
        let parallelism = parallelism(1);
        let begun = AtomicUsize::new(0);
        let work = |job| {
            begun.fetch_add(1, Relaxed);
            if job == 3 { Err(Unspecified) } else { Ok(()) }
        };
        let threads = parallelism.for_a_turn();
        assert!(threads.share(0, 0..100, work, || ()).is_err());
        assert_eq!(begun.into_inner(), 4);
    }

    #[test]
    fn where_others_come_too_late_the_next_turns_are_made_alone() {
        let mut patience = Patience::default();
        let [short, long] = [1, 2].map(Duration::from_micros);
        for (worked, waited, alone) in [
            (long, short, 0),
            (long, long, 0),
            (short, long, 4),
            (short, long, 8),
            (short, long, 16),
            (long, short, 0),
            (short, long, 4),
        ] {
            patience.learn(worked, waited);
            let made = (0..1000).take_while(|_| patience.is_alone()).count();
            assert_eq!(made, alone);
        }
        for _ in 0..10 {
            patience.learn(short, long);
        }
        assert_eq!(patience.alone, Patience::MOST);
    }

    #[test]
    fn no_message_has_more_threads_than_pay() {
        assert_eq!(parallelism(1000).threads, MAX);
    }

    #[test]
    fn a_clone_has_the_same_patience() {
        let parallelism = parallelism(2);
        assert!(!parallelism.for_a_turn().is_one());
        parallelism
            .clone()
            .patience()
            .learn(Duration::ZERO, Duration::MAX);
        assert!(parallelism.for_a_turn().is_one());
    }

    #[test]
    fn a_message_is_shared_from_two_mebibytes_on_or_one_if_it_is_signed() {
        for (cost, is_signed, is_shared) in [
            ((2 << 20) - 1, false, false),
            (2 << 20, false, true),
            ((1 << 20) - 1, true, false),
            (1 << 20, true, true),
        ] {
            assert_eq!(parallelism(2).is_for(cost, is_signed), is_shared);
            assert!(!parallelism(1).is_for(cost, is_signed));
        }
        assert!(Parallelism::new(None).threads <= DEFAULT_MAX);
    }

    #[test]
    fn a_turn_has_a_piece_for_each_thread_at_least() {
        let parallelism = parallelism(3);
        let threads = parallelism.for_a_turn();
        assert_eq!(threads.turn(TURN, 1000), 24);
        assert_eq!(threads.turn(64 << 20, 1000), 3);
        assert_eq!(threads.turn(usize::MAX, 1000), 3);
    }

    #[test]
    fn the_turns_of_a_message_are_alike() {
        let parallelism = parallelism(2);
        let threads = parallelism.for_a_turn();
        for (left, turn) in [(0, 0), (1, 1), (16, 16), (17, 9), (30, 15), (33, 11)] {
            assert_eq!(threads.turn(TURN, left), turn, "{left}");
        }
    }

    #[test]
    fn a_job_is_a_small_part_of_a_turn() {
        assert_eq!((job(1024), job(64 << 10), job(64 << 20)), (256, 4, 1));
    }
}
