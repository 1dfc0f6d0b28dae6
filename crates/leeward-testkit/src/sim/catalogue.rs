use std::{ops::Range, time::Duration};

use super::{
    Bar, Bursts, Fault, Limit, Measure, Outage, Policy, RegionModel, Scenario, Traffic,
    bar::Limit::{AtLeast, AtMost},
};
use crate::Latency;

/// Before anything goes wrong, a stack has this long to learn what is normal.
const WARM_UP: Duration = Duration::from_secs(10);

/// The numbers of the Regions.
const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

/// The scenarios that a policy has to stand, with what is demanded of it.
///
/// S0 to S12 are those of the project's promise; S13 to S16 guard what they leave open: a process with little traffic, a
/// Region that only stalls, and callers in a hurry, with writes among their calls and one other Region to go to.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    vec![
        calm("S0", "all is well", 30, vec![])
            .demands(Measure::Load, AtMost(1.005))
            .demands(Measure::Strays, AtMost(0.0))
            .demands(Measure::P99OverBare, AtMost(1.05)),
        calm(
            "S1",
            "A fails 30 % for 30 s",
            30,
            vec![(A, Fault::Fails(0.3))],
        )
        .demands(Measure::Ok, AtLeast(0.9995))
        .demands(Measure::Load, AtMost(1.05))
        .demands(Measure::P99, AtMost(250.0))
        .demands(Measure::Back, AtMost(25.0)),
        calm("S2", "A silent for 30 s", 30, vec![(A, Fault::Silent)])
            .demands(Measure::Ok, AtLeast(0.999))
            .demands(Measure::P99, AtMost(300.0))
            .demands(Measure::Load, AtMost(1.08))
            .demands(Measure::Left, AtMost(1.0))
            .demands(Measure::ServedAgain, AtMost(1.0))
            .demands(Measure::Back, AtMost(15.0))
            .demands_of(Policy::Sequential, Measure::Left, AtMost(3.0))
            .demands_of(Policy::Sequential, Measure::ServedAgain, AtMost(3.0)),
        calm(
            "S3",
            "A ten times slower for 30 s",
            30,
            vec![(A, Fault::Slow(10.0))],
        )
        .demands(Measure::P50Later, AtMost(100.0))
        .demands(Measure::P99, AtMost(250.0))
        .demands(Measure::Load, AtMost(1.08)),
        calm("S4", "A refuses for 30 s", 30, vec![(A, Fault::Refuses)])
            .demands(Measure::Ok, AtLeast(0.9999))
            .demands(Measure::Load, AtMost(1.02))
            .demands(Measure::Back, AtMost(15.0)),
        flapping()
            .demands(Measure::Ok, AtLeast(0.999))
            .demands(Measure::Load, AtMost(1.03))
            .demands(Measure::ReEntries, AtMost(3.0)),
        calm(
            "S6",
            "A at 40 % of its capacity for 30 s",
            30,
            vec![(A, Fault::Capacity(0.4))],
        )
        .demands(Measure::Ok, AtLeast(0.999))
        .demands(Measure::P99, AtMost(300.0))
        .demands(Measure::Load, AtMost(1.2)),
        calm(
            "S7",
            "A, B and C refuse for 20 s",
            20,
            vec![
                (A, Fault::Refuses),
                (B, Fault::Refuses),
                (C, Fault::Refuses),
            ],
        )
        .demands(Measure::Load, AtMost(1.15))
        .demands(Measure::P99OfErrors, AtMost(50.0))
        .demands(Measure::OkAfter, AtLeast(0.999)),
        calm(
            "S8",
            "A silent for 30 s, B takes 80 % of the traffic",
            30,
            vec![(A, Fault::Silent), (B, Fault::Capacity(800.0 / 1_500.0))],
        )
        .demands(Measure::Ok, AtLeast(0.98))
        .demands(Measure::Load, AtMost(1.2))
        .demands(Measure::Overflow, AtLeast(0.1)),
        back_at_half()
            .demands(Measure::P99After, AtMost(300.0))
            .demands(Measure::Peak, AtMost(1.0)),
        calm(
            "S10",
            "B and C ten times slower for 30 s, A is well",
            30,
            vec![(B, Fault::Slow(10.0)), (C, Fault::Slow(10.0))],
        )
        .demands(Measure::Ok, AtLeast(0.9999))
        .demands(Measure::Strays, AtMost(0.0))
        .demands(Measure::Load, AtMost(1.005)),
        rush()
            .demands(Measure::Ok, AtLeast(0.9999))
            .demands(Measure::Strays, AtMost(0.0))
            .demands(Measure::Load, AtMost(1.005))
            .demands(Measure::P99OverBare, AtMost(1.05)),
        seldom()
            .demands(Measure::Ok, AtLeast(1.0))
            .demands(Measure::Longest, AtMost(3_000.0)),
        now_and_then()
            .demands(Measure::Ok, AtLeast(0.999))
            .demands(Measure::Load, AtMost(1.2)),
        stalled()
            .demands(Measure::Ok, AtLeast(0.999))
            .demands(Measure::Strays, AtMost(0.0)),
        hurried(
            "S15",
            "two Regions, 500 ms, writes, bursts: A silent for 30 s",
            Fault::Silent,
        )
        .demands(Measure::OkOfReads, AtLeast(0.999))
        .demands(Measure::OkOfWrites, AtLeast(0.95))
        .demands(Measure::LostUntil, AtMost(2.0))
        .demands(Measure::SentAgain, AtMost(0.0))
        .demands(Measure::Load, AtMost(1.1))
        .demands(Measure::OkAfter, AtLeast(0.999)),
        hurried(
            "S16",
            "two Regions, 500 ms, writes, bursts: A fails 20 % for 30 s",
            Fault::Fails(0.2),
        )
        .demands(Measure::OkOfReads, AtLeast(0.999))
        .demands(Measure::OkOfWrites, AtLeast(0.8))
        .demands(Measure::SentAgain, AtMost(0.0))
        .demands(Measure::P99, AtMost(250.0))
        .demands(Measure::Load, AtMost(1.15)),
    ]
}

/// Ten processes with a hundred operations a second each; something is wrong for so many seconds from the tenth on.
fn calm(
    name: &'static str,
    title: &'static str,
    seconds: u64,
    faults: Vec<(usize, Fault)>,
) -> Scenario {
    let fault = WARM_UP..WARM_UP + Duration::from_secs(seconds);
    let outages = faults
        .into_iter()
        .map(|(region, kind)| outage(region, &fault, kind));
    Scenario {
        name,
        title,
        regions: regions(),
        traffic: Traffic::steady(10, 100.0),
        outages: outages.collect(),
        length: fault.end + Duration::from_secs(40),
        fault,
        bars: Vec::new(),
    }
}

fn regions() -> Vec<RegionModel> {
    let region = |name, median| RegionModel {
        name,
        latency: Latency::log_normal(Duration::from_millis(median), 0.35),
        capacity: 1_500.0,
        max_wait: Duration::from_secs(1),
    };
    vec![
        region("us-east-1", 20),
        region("us-west-2", 90),
        region("eu-west-1", 120),
    ]
}

const fn outage(region: usize, during: &Range<Duration>, fault: Fault) -> Outage {
    Outage {
        region,
        from: during.start,
        until: during.end,
        fault,
    }
}

/// Down is a Region that refuses connections: the fastest way to win a caller's trust back and to lose it again.
fn flapping() -> Scenario {
    let scenario = calm("S5", "A 2 s down and 2 s up for 40 s", 40, vec![]);
    let downs = (0..10).map(|turn| {
        let from = scenario.fault.start + turn * Duration::from_secs(4);
        outage(A, &(from..from + Duration::from_secs(2)), Fault::Refuses)
    });
    Scenario {
        outages: downs.collect(),
        ..scenario
    }
}

fn back_at_half() -> Scenario {
    let title = "A silent for 30 s, then back at half of its capacity";
    let mut scenario = calm("S9", title, 30, vec![(A, Fault::Silent)]);
    let after = scenario.fault.end..scenario.length + scenario.traffic.deadline;
    scenario
        .outages
        .push(outage(A, &after, Fault::Capacity(0.5)));
    scenario
}

/// From one operation a second and process to a hundred.
fn rush() -> Scenario {
    let scenario = calm(
        "S11",
        "all is well, 100 times the traffic at once",
        30,
        vec![],
    );
    let before = Duration::from_secs(30);
    let fault = before..before + Duration::from_secs(30);
    Scenario {
        traffic: Traffic {
            rates: vec![(Duration::ZERO, 1.0), (before, 100.0)],
            ..scenario.traffic
        },
        length: fault.end + Duration::from_secs(10),
        fault,
        ..scenario
    }
}

/// One operation a minute in each of ten processes, which therefore never learn what is normal.
fn seldom() -> Scenario {
    let title = "one call a minute, A silent for half an hour";
    let scenario = calm("S12", title, 1_800, vec![(A, Fault::Silent)]);
    Scenario {
        traffic: Traffic {
            rates: vec![(Duration::ZERO, 1.0 / 60.0)],
            ..scenario.traffic
        },
        ..scenario
    }
}

/// Too few calls for the shares of a window, and enough of them for hedges to spend a budget on a Region that is gone.
fn now_and_then() -> Scenario {
    let title = "five calls a second, A silent for 30 s";
    let scenario = calm("S13", title, 30, vec![(A, Fault::Silent)]);
    Scenario {
        traffic: Traffic {
            rates: vec![(Duration::ZERO, 5.0)],
            ..scenario.traffic
        },
        ..scenario
    }
}

/// A hiccup, which hedges carry callers over, and no reason to leave.
fn stalled() -> Scenario {
    let scenario = calm("S14", "A answers nothing for 300 ms", 5, vec![]);
    let stall = scenario.fault.start..scenario.fault.start + Duration::from_millis(300);
    Scenario {
        outages: vec![outage(A, &stall, Fault::Silent)],
        ..scenario
    }
}

/// Callers that wait for less than an attempt may take, a third of whose calls may not be sent again. A process that makes few
/// calls makes fifty at once now and then, and there are two Regions only.
///
/// What the bars may ask: a read can be answered in the other Region, always. A write that was sent into silence is lost, and so is
/// one that A has failed; none may be sent again. Five slow calls in a row, which it takes to tell silence from a hiccup (S14), come
/// within a second on average and within two of the unluckiest of ten processes: so long writes are lost, a thirtieth of them or a
/// fifteenth. A share of failures of 20 % is below that at which a Region is left, so of the writes four in five is what there is;
/// reads that fail there, two thirds of a fifth of the calls, are sent once more.
fn hurried(name: &'static str, title: &'static str, fault: Fault) -> Scenario {
    let scenario = calm(name, title, 30, vec![(A, fault)]);
    Scenario {
        regions: regions().drain(..=B).collect(),
        traffic: Traffic {
            bursts: Some(Bursts {
                calls: 50,
                every: Duration::from_secs(5),
            }),
            writes: 1.0 / 3.0,
            deadline: Duration::from_millis(500),
            ..Traffic::steady(10, 5.0)
        },
        ..scenario
    }
}

impl Scenario {
    fn demands(self, measure: Measure, limit: Limit) -> Self {
        self.demands_of(Policy::Leeward, measure, limit)
    }

    fn demands_of(mut self, policy: Policy, measure: Measure, limit: Limit) -> Self {
        self.bars.push(Bar {
            policy,
            measure,
            limit,
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_demands_something_and_leaves_time_to_see_it() {
        let scenarios = scenarios();
        let names: Vec<_> = scenarios.iter().map(|scenario| scenario.name).collect();
        let expected: Vec<_> = (0..=16).map(|number| format!("S{number}")).collect();
        assert_eq!(names, expected);
        for Scenario {
            name,
            bars,
            fault,
            length,
            ..
        } in &scenarios
        {
            assert!(!bars.is_empty(), "{name}");
            assert!(fault.start >= WARM_UP && fault.end < *length, "{name}");
        }
    }

    #[test]
    fn a_flapping_region_is_down_for_half_of_the_time() {
        let scenario = flapping();
        let down: Duration = scenario
            .outages
            .iter()
            .map(|outage| outage.until - outage.from)
            .sum();
        assert_eq!(down, Duration::from_secs(20));
        assert_eq!(scenario.fault.end - scenario.fault.start, 2 * down);
    }
}
