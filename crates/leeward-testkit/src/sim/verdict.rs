use super::{Bar, Figures, Policy, Season, measure::median};

/// How a bar stands.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The scenario that demands it.
    pub scenario: &'static str,
    /// What is demanded.
    pub bar: Bar,
    /// The median over the seeds, which the bar is for.
    pub median: f64,
    /// The worst of the seeds, and what it gave.
    pub worst: (u64, f64),
}

impl Verdict {
    /// Whether the median is within the bar.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.bar.limit.holds(self.median)
    }
}

/// Holds what was played against the bars of its scenarios.
///
/// A bar of a policy that did not play has no verdict; one that compares with the bare call does not hold where that did
/// not play.
#[must_use]
pub fn verdicts(seasons: &[Season]) -> Vec<Verdict> {
    let played = |scenario, policy| {
        let mut seasons = seasons.iter();
        seasons.find(|season| season.scenario.name == scenario && season.policy == policy)
    };
    let of = |season: &Season, bar: &Bar| {
        let bare = played(season.scenario.name, Policy::Bare);
        let of_seed = |seed: u64| -> Option<&Figures> {
            let run = bare?.runs.iter().find(|(other, _)| *other == seed);
            run.map(|(_, figures)| figures)
        };
        let values = season.runs.iter();
        let values: Vec<f64> = values
            .map(|(seed, figures)| bar.measure.of(figures, of_seed(*seed)))
            .collect();
        let worst = bar.limit.worst(&values)?;
        Some(Verdict {
            scenario: season.scenario.name,
            bar: *bar,
            median: median(&values)?,
            worst: (season.runs[worst].0, values[worst]),
        })
    };
    let bars = seasons.iter().flat_map(|season| {
        let bars = season.scenario.bars.iter();
        bars.filter(|bar| bar.policy == season.policy)
            .filter_map(|bar| of(season, bar))
    });
    bars.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Trace, scenarios};

    fn season(policy: Policy, p99s: &[f64]) -> Season {
        let scenario = scenarios().remove(0);
        let nothing = Figures::of(&Trace::default(), &scenario);
        let runs = p99s.iter().zip(1..).map(|(p99, seed)| {
            let figures = Figures {
                p99: *p99,
                load: 1.0,
                ..nothing.clone()
            };
            (seed, figures)
        });
        Season {
            runs: runs.collect(),
            scenario,
            policy,
            trace: Trace::default(),
        }
    }

    #[test]
    fn the_median_decides_and_the_worst_seed_is_named() {
        let seasons = [
            season(Policy::Leeward, &[40.0, 42.0, 80.0]),
            season(Policy::Bare, &[40.0, 40.0, 40.0]),
        ];
        let verdicts = verdicts(&seasons);
        let p99 = verdicts.last().unwrap();
        assert_eq!((p99.median, p99.worst), (1.05, (3, 2.0)));
        assert!(verdicts.iter().all(Verdict::holds));
    }

    #[test]
    fn a_bar_that_has_nothing_to_compare_with_does_not_hold() {
        let verdicts = verdicts(&[season(Policy::Leeward, &[40.0])]);
        let held: Vec<_> = verdicts.iter().map(Verdict::holds).collect();
        assert_eq!(held, [true, true, false]);
    }

    #[test]
    fn nothing_is_demanded_of_others() {
        assert!(verdicts(&[season(Policy::Sdk, &[40.0])]).is_empty());
    }
}
