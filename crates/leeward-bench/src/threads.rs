//! Work on several threads at once.

use crate::{BoxError, processor, stopwatch};
use std::{panic, sync::Barrier, thread, time::Duration};

/// What one side alone writes to, in cache lines of its own: neighbours in a list would wait for each other's.
#[derive(Clone, Debug)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

/// Does the work on every side at the same time, each on a processor of its own, and says how long it took on average.
pub(crate) fn time<T: Send>(
    sides: &mut [T],
    work: impl Fn(&mut T) -> Result<(), BoxError> + Sync,
) -> Result<Duration, BoxError> {
    let threads = sides.len().max(1) as u32;
    let start = Barrier::new(sides.len());
    let side = |nth, side| {
        processor::stay_on(nth);
        start.wait();
        let (done, took) = stopwatch::time(|| work(side));
        done.map(|()| took)
    };
    let took: Vec<_> = thread::scope(|scope| {
        // None is the caller's thread, which is to stay free to run anywhere.
        let spawn = |(nth, it)| scope.spawn(move || side(nth, it));
        let running: Vec<_> = sides.iter_mut().enumerate().map(spawn).collect();
        running
            .into_iter()
            .map(|it| it.join().unwrap_or_else(|it| panic::resume_unwind(it)))
            .collect()
    });
    let total: Duration = took.into_iter().sum::<Result<_, _>>()?;
    Ok(total / threads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::ThreadId;

    #[test]
    fn the_sides_run_at_the_same_time_on_two_threads() {
        let mut sides = [None::<ThreadId>, None];
        let meet = Barrier::new(2);
        time(&mut sides, |side| {
            // Who ran alone would wait here for ever.
            meet.wait();
            *side = Some(thread::current().id());
            Ok(())
        })
        .unwrap();
        assert!(sides[0].is_some() && sides[1].is_some() && sides[0] != sides[1]);
    }

    #[test]
    fn a_failure_of_either_side_comes_out() {
        for failing in [0, 1] {
            let outcome = time(&mut [0, 1], |side| match *side {
                side if side == failing => Err("refused".into()),
                _ => Ok(()),
            });
            assert_eq!(outcome.unwrap_err().to_string(), "refused");
        }
    }
}
