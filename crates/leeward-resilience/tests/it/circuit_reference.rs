//! The breaker against a naive one that keeps a full log.

use std::time::Duration;

use leeward_error_taxonomy::{Classify, Rejected};
use leeward_resilience::{Admission, CircuitBreaker, CircuitMode};
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest},
    test_runner::RngSeed,
};

use crate::{
    circuit_log::{Ending, Naive, config},
    fault::Fault,
    manual_clock::ManualClock,
};

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    End(usize, Ending),
    Advance(u64),
    SetMode(CircuitMode),
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    let ending = |success, failure| {
        prop_oneof![
            success => Just(Ending::Success),
            failure => Just(Ending::Failure),
            1 => Just(Ending::TimedOut),
            1 => Just(Ending::Throttled),
            2 => Just(Ending::Dropped),
        ]
    };
    let mode = prop_oneof![
        3 => Just(CircuitMode::Active),
        3 => Just(CircuitMode::ObserveOnly),
        1 => Just(CircuitMode::Disabled),
        1 => Just(CircuitMode::ForcedOpen),
    ];
    prop_oneof![
        200 => Just(Step::Begin),
        100 => (0_usize..4, ending(40, 1)).prop_map(|(which, ending)| Step::End(which, ending)),
        100 => (0_usize..4, ending(3, 4)).prop_map(|(which, ending)| Step::End(which, ending)),
        120 => (0_u64..40).prop_map(Step::Advance),
        20 => (0_u64..400).prop_map(Step::Advance),
        10 => (0_u64..3_000).prop_map(Step::Advance),
        2 => mode.prop_map(Step::SetMode),
        1 => Just(Step::Reset),
    ]
}

fn end(admission: Admission<ManualClock>, ending: Ending) {
    let timeout = Duration::from_secs(1);
    match ending {
        Ending::Success => admission.succeed(),
        Ending::Failure => admission.fail(&Fault::lost().facts()),
        Ending::TimedOut => {
            admission.fail(&Fault::from(Rejected::AttemptTimedOut { timeout }).facts());
        }
        Ending::Throttled => admission.fail(&Fault::throttled().facts()),
        Ending::Dropped => admission.give_up(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(42),
        ..ProptestConfig::default()
    })]

    #[test]
    fn agrees_with_a_full_log(steps in vec(step(), 1..600)) {
        let clock = ManualClock::default();
        let breaker = CircuitBreaker::with_clock(config(), clock.clone());
        let mut naive = Naive::default();
        let mut calls: Vec<Admission<ManualClock>> = Vec::new();
        for step in steps {
            match step {
                Step::Begin => {
                    let admission = breaker.admit().ok();
                    prop_assert_eq!(admission.is_some(), naive.admit().is_some(), "at {}", naive.now);
                    calls.extend(admission);
                }
                Step::End(which, ending) if which < calls.len() => {
                    naive.end(which, ending);
                    end(calls.remove(which), ending);
                }
                Step::End(..) => {}
                Step::Advance(millis) => {
                    clock.advance(Duration::from_millis(millis));
                    naive.now += millis;
                }
                Step::SetMode(mode) => {
                    breaker.set_mode(mode);
                    naive.set_mode(mode);
                }
                Step::Reset => {
                    breaker.reset();
                    naive.reset();
                }
            }
            prop_assert_eq!(breaker.state(), naive.state());
            let snapshot = breaker.snapshot();
            let counts = [snapshot.calls, snapshot.failures, snapshot.slow];
            prop_assert_eq!(counts, naive.tally().map(|count| count as u64));
            let present = [u64::from(snapshot.consecutive_failures), snapshot.overdue, snapshot.in_flight];
            let expected = [naive.consecutive(), naive.overdue(), calls.len()];
            prop_assert_eq!(present, expected.map(|count| count as u64), "at {}", naive.now);
            prop_assert_eq!(snapshot.baseline, naive.baseline().map(Duration::from_nanos));
        }
    }
}
