//! Every area measures, so that no bench can rot unseen.

use leeward_bench::{Area, Pace, Plan, Row};
use serde_json::Value;
use std::{collections::HashSet, num::NonZeroU32, time::Duration};

/// As little as can be: what is measured is of no interest here.
fn glance() -> Pace {
    Pace::new(NonZeroU32::new(2).unwrap(), Duration::from_micros(50))
}

#[track_caller]
fn measures(area: Area) {
    let mut names = HashSet::new();
    let plan = Plan {
        program: env!("CARGO_BIN_EXE_leeward-bench").into(),
        crowd: 20,
        movers: &[],
    };
    let cases = area.cases(&plan).unwrap();
    let measured = cases.into_iter().map(|mut case| case.measure(&glance()));
    let measured: Vec<Vec<Row>> = measured.map(Result::unwrap).collect();
    let tallies = area.tallies(&plan);
    let counted = tallies.into_iter().map(|tally| tally.count());
    let counted: Vec<Vec<Row>> = counted.map(Result::unwrap).collect();
    let measured = measured.into_iter().flatten().map(|row| (row, 1e-9));
    // There may be nothing of what is counted.
    let counted = counted.into_iter().flatten().map(|row| (row, 0.0));
    for (row, least) in measured.chain(counted) {
        assert!(names.insert(row.name()), "twice: {}", row.name());
        let row = serde_json::to_value(&row).unwrap();
        assert_eq!(row["area"], area.to_string());
        assert!(
            row["value"].as_f64().is_some_and(|value| value >= least),
            "{row}"
        );
        assert_eq!(
            row["ratio"].is_number(),
            row["against"].is_string(),
            "{row}"
        );
        assert_eq!(
            row["holds"] == Value::Null,
            row["bar"] == Value::Null,
            "{row}"
        );
    }
    assert!(!names.is_empty());
}

#[test]
fn the_layers_are_measured() {
    measures(Area::Resilience);
}

#[test]
fn the_router_is_measured() {
    measures(Area::Router);
}

#[test]
fn messages_are_measured() {
    measures(Area::Envelope);
}

#[test]
fn clients_are_measured() {
    measures(Area::Pool);
}

#[test]
fn secrets_are_measured() {
    measures(Area::Secrets);
}

#[test]
fn errors_are_measured() {
    measures(Area::Taxonomy);
}

#[test]
fn facades_are_measured() {
    measures(Area::Facades);
}
