use std::{
    io,
    ops::RangeInclusive,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{Figures, Policy, Scenario, Trace, play};

/// One scenario as one policy went through it, once for each seed.
#[derive(Debug)]
pub struct Season {
    /// What happened.
    pub scenario: Scenario,
    /// To whom.
    pub policy: Policy,
    /// The seeds and what came of them, in the order of the seeds.
    pub runs: Vec<(u64, Figures)>,
    /// All that happened with the first seed, for a picture.
    pub trace: Trace,
}

/// Plays every scenario with every policy that is asked for it and with every seed, on so many threads.
///
/// Each thread has a run of its own at a time, so what comes of it does not depend on how many there are.
///
/// # Errors
///
/// What the operating system says if it gives no runtime.
pub fn season(
    plan: Vec<(Scenario, Policy)>,
    seeds: &RangeInclusive<u64>,
    threads: usize,
) -> io::Result<Vec<Season>> {
    let runs: Vec<(usize, u64)> = (0..plan.len())
        .flat_map(|entry| seeds.clone().map(move |seed| (entry, seed)))
        .collect();
    let next = AtomicUsize::new(0);
    let ended = Mutex::new(Vec::with_capacity(runs.len()));
    let work = || {
        while let Some((entry, seed)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (scenario, policy) = &plan[*entry];
            let run = play(scenario, *policy, *seed).map(|trace| {
                let figures = Figures::of(&trace, scenario);
                let trace = (seed == seeds.start()).then_some(trace);
                (*entry, *seed, figures, trace)
            });
            let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
            ended.push(run);
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut seasons: Vec<Season> = plan
        .into_iter()
        .map(|(scenario, policy)| Season {
            scenario,
            policy,
            runs: Vec::new(),
            trace: Trace::default(),
        })
        .collect();
    for run in ended.into_inner().unwrap_or_else(PoisonError::into_inner) {
        let (entry, seed, figures, trace) = run?;
        let season = &mut seasons[entry];
        season.runs.push((seed, figures));
        if let Some(trace) = trace {
            season.trace = trace;
        }
    }
    for season in &mut seasons {
        season.runs.sort_by_key(|(seed, _)| *seed);
    }
    Ok(seasons)
}
