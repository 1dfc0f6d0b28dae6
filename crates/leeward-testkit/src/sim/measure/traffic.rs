use std::{ops::Range, time::Duration};

use super::quantile;
use crate::sim::{Operation, Scenario, Trace};

/// How finely a run is divided.
pub(crate) const BIN: Duration = Duration::from_millis(200);

/// A state has come when it lasts for so many bins: a second.
const STEADY: usize = 5;

/// The operations that began in one stretch of a run, and what arrived meanwhile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bin {
    /// How many operations began.
    pub(crate) operations: usize,
    /// How many of them were answered well.
    pub(crate) served: usize,
    /// How long their callers waited, in milliseconds.
    pub(crate) latencies: Vec<f64>,
    /// How many of them sent their first attempt to each Region.
    pub(crate) first: Vec<usize>,
    /// How many attempts arrived at each Region, of whatever operation.
    pub(crate) arrivals: Vec<usize>,
}

/// Divides a run into bins of that width.
pub(crate) fn bins(trace: &Trace, scenario: &Scenario, width: Duration) -> Vec<Bin> {
    let count = scenario.length.as_nanos().div_ceil(width.as_nanos()) as usize;
    let empty = Bin {
        first: vec![0; scenario.regions.len()],
        arrivals: vec![0; scenario.regions.len()],
        ..Bin::default()
    };
    let mut bins = vec![empty; count];
    let number = |at: Duration| (at.as_nanos() / width.as_nanos()) as usize;
    for operation in &trace.operations {
        if let Some(bin) = bins.get_mut(number(operation.began)) {
            bin.operations += 1;
            bin.served += usize::from(operation.served_by.is_some());
            bin.latencies.extend(operation.latency().map(millis));
        }
    }
    let mut seen = vec![false; trace.operations.len()];
    for attempt in &trace.attempts {
        if let Some(bin) = bins.get_mut(number(attempt.began)) {
            bin.arrivals[attempt.region] += 1;
        }
        let first = !std::mem::replace(&mut seen[attempt.operation], true);
        let began = trace.operations[attempt.operation].began;
        if first && let Some(bin) = bins.get_mut(number(began)) {
            bin.first[attempt.region] += 1;
        }
    }
    bins
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

impl Bin {
    /// Which share of the operations tried `region` first.
    fn share_of(&self, region: usize) -> f64 {
        self.first[region] as f64 / self.operations.max(1) as f64
    }

    /// Whether callers are served as they are used to: 99 % well, and nine out of ten within half a second.
    fn is_good(&self) -> bool {
        let in_time = quantile(&mut self.latencies.clone(), 0.9).is_none_or(|p90| p90 < 500.0);
        in_time && self.served as f64 >= 0.99 * self.operations as f64
    }
}

/// How long after `span` begins at most one operation in ten tries the first Region first, for a second at least.
pub(super) fn left(bins: &[Bin], span: &Range<Duration>) -> f64 {
    steady(bins, span, |bin| bin.share_of(0) <= 0.1)
}

/// How long after `span` begins callers are served well again, for a second at least.
pub(super) fn served_again(bins: &[Bin], span: &Range<Duration>) -> f64 {
    steady(bins, span, Bin::is_good)
}

/// How long after `span` begins at least nine operations in ten try the first Region first, for a second at least.
pub(super) fn back(bins: &[Bin], span: &Range<Duration>) -> f64 {
    steady(bins, span, |bin| bin.share_of(0) >= 0.9)
}

/// The most that arrives at the first Region in any bin of `span`, as a share of `rate` attempts a second.
pub(super) fn peak(bins: &[Bin], span: &Range<Duration>, rate: f64) -> f64 {
    let per_bin = rate * BIN.as_secs_f64();
    let arrivals = within(bins, span).iter().map(|bin| bin.arrivals[0] as f64);
    arrivals.fold(0.0, f64::max) / per_bin
}

/// In seconds; infinite if it does not come.
fn steady(bins: &[Bin], span: &Range<Duration>, is_there: impl Fn(&Bin) -> bool) -> f64 {
    let bins = within(bins, span);
    let mut stretches = bins.windows(STEADY.min(bins.len().max(1)));
    let found = stretches.position(|stretch| stretch.iter().all(&is_there));
    found.map_or(f64::INFINITY, |bin| bin as f64 * BIN.as_secs_f64())
}

fn within<'a>(bins: &'a [Bin], span: &Range<Duration>) -> &'a [Bin] {
    let number = |at: Duration| ((at.as_nanos() / BIN.as_nanos()) as usize).min(bins.len());
    &bins[number(span.start)..number(span.end)]
}

/// The operations that began in `span`.
pub(super) fn begun<'a>(
    trace: &'a Trace,
    span: &'a Range<Duration>,
) -> impl Iterator<Item = (usize, &'a Operation)> + 'a {
    let operations = trace.operations.iter().enumerate();
    operations.filter(|(_, operation)| span.contains(&operation.began))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One bin a mark: `a` all begin at the first Region, `h` half of them, `.` none.
    fn bins_of(marks: &str) -> Vec<Bin> {
        let bin = |mark| {
            let at_first = match mark {
                'a' => 100,
                'h' => 50,
                _ => 0,
            };
            Bin {
                operations: 100,
                served: 100,
                latencies: vec![20.0; 100],
                first: vec![at_first, 100 - at_first],
                arrivals: vec![at_first, 100 - at_first],
            }
        };
        marks.chars().map(bin).collect()
    }

    fn span(from: u32, until: u32) -> Range<Duration> {
        BIN * from..BIN * until
    }

    #[test]
    fn a_region_is_left_once_it_is_left_for_a_second() {
        for (marks, expected) in [
            ("..........", 0.0),
            ("aa........", 0.4),
            ("ah....aa.....aaa", 1.6),
            ("aaaaaaaa..", f64::INFINITY),
        ] {
            let bins = bins_of(marks);
            let found = left(&bins, &span(0, bins.len() as u32));
            assert!(
                (found - expected).abs() < 1e-9 || found == expected,
                "{marks}: {found}"
            );
        }
    }

    #[test]
    fn it_is_back_once_nine_in_ten_go_there_for_a_second() {
        let bins = bins_of("aaaaa...hhhaahaaaaaaa");
        assert!((back(&bins, &span(5, 21)) - 1.8).abs() < 1e-9);
        assert_eq!(back(&bins, &span(5, 12)), f64::INFINITY);
    }

    #[test]
    fn the_peak_is_that_of_one_bin() {
        let bins = bins_of("..h.a.");
        assert!((peak(&bins, &span(0, 4), 1_000.0) - 0.25).abs() < 1e-9);
        assert!((peak(&bins, &span(0, 6), 1_000.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn callers_are_not_served_well_while_they_wait() {
        let mut bins = bins_of("aaaaaaaaaa");
        bins[0].latencies = vec![1_050.0; 100];
        bins[1].served = 98;
        assert!((served_again(&bins, &span(0, 10)) - 0.4).abs() < 1e-9);
        bins[1].served = 99;
        assert!((served_again(&bins, &span(0, 10)) - 0.2).abs() < 1e-9);
    }
}
