use std::{ops::Range, time::Duration};

use crate::Latency;

use super::{Bar, Measure, Outage};

/// What befalls a fleet.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called: `S2`.
    pub name: &'static str,
    /// What happens, in a few words.
    pub title: &'static str,
    /// The Regions, the preferred one first.
    pub regions: Vec<RegionModel>,
    /// Who calls, and how often.
    pub traffic: Traffic,
    /// What goes wrong.
    pub outages: Vec<Outage>,
    /// From when until when there is something wrong; the whole run but for its beginning where nothing is.
    pub fault: Range<Duration>,
    /// How long calls are made.
    pub length: Duration,
    /// What must hold.
    pub bars: Vec<Bar>,
}

impl Scenario {
    /// Whether a bar compares with the same calls without any stack.
    #[must_use]
    pub fn compares(&self) -> bool {
        let mut bars = self.bars.iter();
        bars.any(|bar| bar.measure == Measure::P99OverBare)
    }

    /// Whether something befalls the preferred Region, so that it may be left and come back.
    #[must_use]
    pub fn strikes_the_first(&self) -> bool {
        self.outages.iter().any(|outage| outage.region == 0)
    }
}

/// A Region as the simulation has it.
#[derive(Clone, Debug)]
pub struct RegionModel {
    /// Its name.
    pub name: &'static str,
    /// How long an answer takes when nobody waits in line.
    pub latency: Latency,
    /// How many attempts it serves each second.
    pub capacity: f64,
    /// How long an attempt waits in line at most before it is turned away.
    pub max_wait: Duration,
}

/// Who calls, and how often.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// How many processes there are, each with a stack of its own.
    pub processes: usize,
    /// How many operations each of them begins in a second on average, from which moment on; the first from the beginning.
    pub rates: Vec<(Duration, f64)>,
    /// What each of them begins at once besides, now and then.
    pub bursts: Option<Bursts>,
    /// The share of the operations that are writes: they may not be sent again once they may have been applied.
    pub writes: f64,
    /// How long a caller waits, retries and other Regions included.
    pub deadline: Duration,
}

/// Operations that a process begins all at once.
#[derive(Clone, Copy, Debug)]
pub struct Bursts {
    /// How many.
    pub calls: usize,
    /// How long from one burst to the next; when the first one comes is each process's own.
    pub every: Duration,
}

impl Traffic {
    /// So many processes with so many operations a second each, all of them reads, for which callers wait three seconds.
    #[must_use]
    pub fn steady(processes: usize, rate: f64) -> Self {
        Self {
            processes,
            rates: vec![(Duration::ZERO, rate)],
            bursts: None,
            writes: 0.0,
            deadline: Duration::from_secs(3),
        }
    }

    /// How many operations all processes together begin each second at `now`, those of bursts on average.
    #[must_use]
    pub fn total_rate(&self, now: Duration) -> f64 {
        let bursts = self.bursts.map_or(0.0, |bursts| {
            bursts.calls as f64 / bursts.every.as_secs_f64()
        });
        self.processes as f64 * (self.rate(now) + bursts)
    }

    /// How many operations a process begins each second at `now`.
    #[must_use]
    pub fn rate(&self, now: Duration) -> f64 {
        let begun = self.rates.iter().take_while(|(from, _)| *from <= now);
        begun.last().map_or(0.0, |(_, rate)| *rate)
    }

    /// When the rate changes next after `now`.
    pub(super) fn next_change(&self, now: Duration) -> Option<Duration> {
        let mut changes = self.rates.iter().map(|(from, _)| *from);
        changes.find(|from| *from > now)
    }
}
