use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    time::Duration,
};

use leeward_resilience::CircuitState;

use super::{
    quantile,
    traffic::{BIN, back, begun, bins, left, millis, peak, served_again},
};
use crate::sim::{Ending, Operation, Scenario, Trace};

const SECOND: Duration = Duration::from_secs(1);

/// How long after the fault a Region that comes back is watched for the peak of what arrives.
const RETURN: Duration = Duration::from_secs(10);

/// How long after the fault callers are watched.
const AFTER: Duration = Duration::from_secs(20);

/// What came of a run, in figures; times in seconds, latencies in milliseconds, what never came is infinite.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// The share of the operations that were answered well.
    pub ok: f64,
    /// The same of those that may be sent again.
    pub ok_of_reads: f64,
    /// And of those that may not.
    pub ok_of_writes: f64,
    /// When the last write that was lost began, after the beginning of the fault.
    pub lost_until: f64,
    /// How often a write was sent again that may have been applied, in the whole run.
    pub sent_again: f64,
    /// What half of the callers waited at most.
    pub p50: f64,
    /// What half of the callers waited at most from five seconds after the beginning of the fault on.
    pub p50_later: f64,
    /// What 99 of 100 callers waited at most, those that got an error included.
    pub p99: f64,
    /// What anybody waited at most, in the whole run.
    pub longest: f64,
    /// How many attempts were made for an operation.
    pub load: f64,
    /// When the traffic had left: for a second, at most one operation in ten tried the first Region first.
    pub left: f64,
    /// When callers were served well: for a second, 99 % of them without an error and 90 % within half a second.
    pub served_again: f64,
    /// How long after the end of the fault at least nine operations in ten tried the first Region first, for a second.
    pub back: f64,
    /// The most that arrived at the first Region in any 200 ms of the ten seconds after the fault, as a share of all traffic.
    pub peak: f64,
    /// What 99 of 100 callers waited at most in the 20 s after the fault.
    pub p99_after: f64,
    /// The share of the operations that were answered well, of those from one second after the fault on.
    pub ok_after: f64,
    /// What 99 of 100 callers waited at most for an error.
    pub p99_of_errors: f64,
    /// The share of the operations that the last Region answered.
    pub overflow: f64,
    /// How often the circuit of the first Region closed again while the fault lasted, in the process where it did most often.
    pub re_entries: f64,
    /// How many attempts went elsewhere than to the first Region, hedges aside, in the whole run.
    pub strays: f64,
    /// How many hedges there were for an operation.
    pub hedges: f64,
}

impl Figures {
    /// Works them out.
    #[must_use]
    pub fn of(trace: &Trace, scenario: &Scenario) -> Self {
        let fault = &scenario.fault;
        let after = |wait: Duration, length: Duration| {
            let from = fault.end + wait;
            from..(from + length).min(scenario.length)
        };
        let rest = after(SECOND, scenario.length);
        let whole = Duration::ZERO..scenario.length;
        let bins = bins(trace, scenario, BIN);
        let rate = scenario.traffic.total_rate(fault.end);
        let errors = |operation: &Operation| operation.served_by.is_none();
        let everybody = |_: &Operation| true;
        let attempts = Attempts::of(trace, fault);
        let operations = begun(trace, fault).count().max(1) as f64;
        let overflow = begun(trace, fault)
            .filter(|(_, operation)| operation.served_by == Some(scenario.regions.len() - 1))
            .count();
        Self {
            ok: ok(trace, fault, everybody),
            ok_of_reads: ok(trace, fault, |operation| !operation.is_write),
            ok_of_writes: ok(trace, fault, |operation| operation.is_write),
            lost_until: lost_until(trace, fault),
            sent_again: attempts.sent_again as f64,
            p50: waited(trace, fault, 0.5, everybody),
            p50_later: waited(
                trace,
                &(fault.start + 5 * SECOND..fault.end),
                0.5,
                everybody,
            ),
            p99: waited(trace, fault, 0.99, everybody),
            longest: waited(trace, &whole, 1.0, everybody),
            load: attempts.within as f64 / operations,
            left: left(&bins, fault),
            served_again: served_again(&bins, fault),
            back: back(&bins, &(fault.end..scenario.length)),
            peak: peak(&bins, &after(Duration::ZERO, RETURN), rate),
            p99_after: waited(trace, &after(Duration::ZERO, AFTER), 0.99, everybody),
            ok_after: ok(trace, &rest, everybody),
            p99_of_errors: waited(trace, fault, 0.99, errors),
            overflow: overflow as f64 / operations,
            re_entries: re_entries(trace, fault) as f64,
            strays: attempts.strays as f64,
            hedges: attempts.hedges as f64 / operations,
        }
    }
}

/// What the attempts of a run were for.
#[derive(Debug, Default)]
struct Attempts {
    // Of operations that began in the span.
    within: usize,
    hedges: usize,
    // In the whole run.
    strays: usize,
    sent_again: usize,
}

impl Attempts {
    fn of(trace: &Trace, span: &Range<Duration>) -> Self {
        let mut counted = Self::default();
        // Until when an attempt of the operation has been in flight; for ever, if no end was noted.
        let mut in_flight: HashMap<usize, Duration> = HashMap::new();
        let mut perhaps_applied = HashSet::new();
        for attempt in &trace.attempts {
            let operation = &trace.operations[attempt.operation];
            let is_within = span.contains(&operation.began);
            let ends = attempt.ended.map_or(Duration::MAX, |(at, _)| at);
            let end = in_flight.entry(attempt.operation).or_default();
            let is_hedge = *end > attempt.began;
            *end = ends.max(*end);
            counted.within += usize::from(is_within);
            counted.hedges += usize::from(is_within && is_hedge);
            counted.strays += usize::from(attempt.region != 0 && !is_hedge);
            let is_again = perhaps_applied.contains(&attempt.operation);
            counted.sent_again += usize::from(operation.is_write && is_again);
            if !matches!(attempt.ended, Some((_, Ending::Refused))) {
                perhaps_applied.insert(attempt.operation);
            }
        }
        counted
    }
}

/// The share of them that was answered well, zero if there is nobody.
fn ok(trace: &Trace, span: &Range<Duration>, whose: impl Fn(&Operation) -> bool) -> f64 {
    let (mut count, mut served) = (0, 0);
    for (_, operation) in begun(trace, span).filter(|(_, operation)| whose(operation)) {
        count += 1;
        served += usize::from(operation.served_by.is_some());
    }
    served as f64 / count.max(1) as f64
}

/// In seconds after the beginning of the span; zero if none was lost.
fn lost_until(trace: &Trace, span: &Range<Duration>) -> f64 {
    let operations = begun(trace, span).map(|(_, operation)| operation);
    let lost = operations.filter(|operation| operation.is_write && operation.served_by.is_none());
    let last = lost.map(|operation| operation.began - span.start).max();
    last.unwrap_or_default().as_secs_f64()
}

/// What so large a share of them waited at most, zero if there is nobody; whoever got no answer at all waits for ever.
fn waited(
    trace: &Trace,
    span: &Range<Duration>,
    share: f64,
    whom: impl Fn(&Operation) -> bool,
) -> f64 {
    let operations = begun(trace, span).filter(|(_, operation)| whom(operation));
    let mut waits: Vec<f64> = operations
        .map(|(_, operation)| operation.latency().map_or(f64::INFINITY, millis))
        .collect();
    quantile(&mut waits, share).unwrap_or_default()
}

fn re_entries(trace: &Trace, span: &Range<Duration>) -> usize {
    let mut of_process: HashMap<usize, usize> = HashMap::new();
    for change in &trace.changes {
        if change.region == 0 && change.to == CircuitState::Closed && span.contains(&change.at) {
            *of_process.entry(change.process).or_default() += 1;
        }
    }
    of_process.into_values().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Attempt, Change, scenarios};

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn operation(began: u64, ended: u64, served_by: Option<usize>) -> Operation {
        Operation {
            process: 0,
            is_write: false,
            began: at(began),
            ended: Some(at(ended)),
            served_by,
        }
    }

    fn attempt(operation: usize, region: usize, began: u64, ended: u64, ending: Ending) -> Attempt {
        Attempt {
            operation,
            region,
            began: at(began),
            ended: Some((at(ended), ending)),
        }
    }

    /// Of a scenario whose fault lasts from 10 s to 40 s.
    fn figures(trace: &Trace) -> Figures {
        let scenario = scenarios()
            .into_iter()
            .find(|scenario| scenario.name == "S2");
        Figures::of(trace, &scenario.unwrap())
    }

    #[test]
    fn only_what_began_while_the_fault_lasted_counts() {
        let trace = Trace {
            operations: vec![
                operation(9_999, 12_999, None),
                operation(10_000, 10_100, Some(1)),
                operation(20_000, 21_000, None),
                operation(39_999, 40_299, Some(2)),
                operation(39_999, 40_199, Some(1)),
                operation(41_000, 41_050, Some(0)),
                operation(41_000, 41_060, None),
            ],
            ..Trace::default()
        };
        let figures = figures(&trace);
        assert_eq!((figures.ok, figures.ok_after), (0.75, 0.5));
        assert_eq!((figures.p50, figures.p99), (200.0, 1_000.0));
        assert_eq!((figures.p50_later, figures.longest), (300.0, 3_000.0));
        assert_eq!((figures.p99_of_errors, figures.p99_after), (1_000.0, 60.0));
        assert_eq!(figures.overflow, 0.25);
    }

    #[test]
    fn a_hedge_runs_beside_another_attempt_and_a_fail_over_follows_it() {
        let trace = Trace {
            operations: vec![
                operation(10_000, 10_150, Some(1)),
                operation(10_000, 10_150, Some(1)),
                operation(10_000, 10_020, Some(0)),
            ],
            attempts: vec![
                attempt(0, 0, 10_000, 10_150, Ending::Dropped),
                attempt(1, 0, 10_000, 10_050, Ending::Failed),
                attempt(2, 0, 10_000, 10_020, Ending::Served),
                attempt(1, 1, 10_050, 10_150, Ending::Served),
                attempt(0, 1, 10_060, 10_150, Ending::Served),
            ],
            ..Trace::default()
        };
        let figures = figures(&trace);
        assert!((figures.load - 5.0 / 3.0).abs() < 1e-9);
        assert!((figures.hedges - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(figures.strays, 1.0);
    }

    fn write(began: u64, ended: u64, served_by: Option<usize>) -> Operation {
        Operation {
            is_write: true,
            ..operation(began, ended, served_by)
        }
    }

    #[test]
    fn reads_and_writes_are_told_apart() {
        let trace = Trace {
            operations: vec![
                write(9_000, 9_500, None),
                operation(10_000, 10_020, Some(0)),
                operation(39_000, 39_500, None),
                write(10_500, 11_000, None),
                write(11_500, 12_000, None),
                write(12_000, 12_090, Some(1)),
                write(39_000, 39_090, Some(1)),
            ],
            ..Trace::default()
        };
        let figures = figures(&trace);
        assert_eq!((figures.ok_of_reads, figures.ok_of_writes), (0.5, 0.5));
        assert_eq!(figures.lost_until, 1.5);
    }

    #[test]
    fn a_write_is_sent_again_unless_it_was_refused_before() {
        let trace = Trace {
            operations: vec![
                operation(10_000, 10_150, Some(1)),
                write(10_000, 10_100, Some(1)),
                write(10_000, 10_150, Some(1)),
                write(10_000, 10_150, Some(1)),
            ],
            attempts: vec![
                attempt(0, 0, 10_000, 10_050, Ending::Failed),
                attempt(1, 0, 10_000, 10_001, Ending::Refused),
                attempt(2, 0, 10_000, 10_050, Ending::Failed),
                attempt(3, 0, 10_000, 10_150, Ending::Dropped),
                attempt(0, 1, 10_050, 10_150, Ending::Served),
                attempt(1, 1, 10_001, 10_100, Ending::Served),
                attempt(2, 1, 10_050, 10_150, Ending::Served),
                attempt(3, 1, 10_060, 10_150, Ending::Served),
            ],
            ..Trace::default()
        };
        assert_eq!(figures(&trace).sent_again, 2.0);
    }

    #[test]
    fn an_operation_without_an_end_waits_for_ever_and_is_not_served() {
        let mut endless = operation(10_000, 0, None);
        endless.ended = None;
        let trace = Trace {
            operations: vec![endless],
            ..Trace::default()
        };
        let figures = figures(&trace);
        assert_eq!((figures.ok, figures.p50), (0.0, f64::INFINITY));
    }

    #[test]
    fn re_entries_are_those_of_the_process_with_most() {
        let change = |process, region, second: u64, to| Change {
            at: at(1_000 * second),
            process,
            region,
            to,
        };
        use CircuitState::{Closed, Open};
        let trace = Trace {
            changes: vec![
                change(0, 0, 11, Open),
                change(0, 0, 15, Closed),
                change(1, 0, 15, Closed),
                change(1, 0, 20, Closed),
                change(2, 1, 20, Closed),
                change(2, 0, 41, Closed),
            ],
            ..Trace::default()
        };
        assert_eq!(figures(&trace).re_entries, 2.0);
    }
}
