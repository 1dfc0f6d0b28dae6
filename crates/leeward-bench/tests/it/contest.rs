//! How a contest is held, told with subjects whose times are known.

use leeward_bench::{Area, Bar, BoxError, Case, Pace, Subject, Unit};
use std::{
    collections::HashSet,
    convert::Infallible,
    num::{NonZeroU32, NonZeroUsize},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

const MILLISECOND: Duration = Duration::from_millis(1);

fn pace(rounds: u32) -> Pace {
    Pace::new(NonZeroU32::new(rounds).unwrap(), MILLISECOND)
}

fn case() -> Case {
    Case::new(Area::Router, "case", Unit::Nanoseconds)
}

/// Takes so many nanoseconds for each operation.
fn steady(nanos: u64) -> Subject {
    Subject::new(move |operations| Ok(Duration::from_nanos(nanos * operations)))
}

fn rows(case: &mut Case) -> Vec<serde_json::Value> {
    let rows = case.measure(&pace(3)).unwrap();
    rows.iter()
        .map(|row| serde_json::to_value(row).unwrap())
        .collect()
}

#[test]
fn a_ratio_is_this_figure_over_the_other() {
    let mut case = case()
        .with("other", steady(200))
        .with("this", steady(50))
        .compare("this", "other", Bar::AtMost(0.3));
    let rows = rows(&mut case);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["subject"], &rows[0]["ratio"]),
        (&"other".into(), &().into())
    );
    assert_eq!(
        (&rows[1]["value"], &rows[1]["ratio"]),
        (&50.0.into(), &0.25.into())
    );
    assert_eq!(
        (&rows[1]["bar"], &rows[1]["holds"]),
        (&"<= 0.3".into(), &true.into())
    );
}

#[test]
fn throughput_is_compared_as_throughput() {
    let mut case = Case::new(
        Area::Envelope,
        "case",
        Unit::MegabytesPerSecond { bytes: 1000 },
    )
    .with("limit", steady(500))
    .with("half as fast", steady(1000))
    .compare("half as fast", "limit", Bar::AtLeast(0.7));
    let row = &rows(&mut case)[1];
    assert_eq!(
        (&row["value"], &row["unit"]),
        (&1000.0.into(), &"MB/s".into())
    );
    assert_eq!((&row["ratio"], &row["holds"]), (&0.5.into(), &false.into()));
}

#[test]
fn a_claim_on_the_figure_itself_needs_nobody_else() {
    let mut case = case()
        .with("this", steady(50))
        .claim("this", Bar::AtMost(40.0));
    let row = &rows(&mut case)[0];
    assert_eq!((&row["against"], &row["ratio"]), (&().into(), &().into()));
    assert_eq!(
        (&row["bar"], &row["holds"]),
        (&"<= 40".into(), &false.into())
    );
}

#[test]
fn a_claim_that_depends_on_the_machine_stands_where_the_machine_is_as_good() {
    for (limit, holds) in [(100, Some(false)), (101, None)] {
        let mut case = case()
            .with("limit", steady(limit))
            .with("this", steady(50))
            .claim_where("this", Bar::AtMost(40.0), ("limit", Bar::AtMost(100.0)));
        let row = &rows(&mut case)[1];
        assert_eq!(row["holds"].as_bool(), holds, "{limit}");
        assert_eq!(row["bar"].as_str(), holds.map(|_| "<= 40"), "{limit}");
        assert_eq!(row["value"], 50.0);
    }
}

#[test]
fn by_the_wall_a_subject_s_own_count_is_of_no_interest() {
    const HOUR: Duration = Duration::from_secs(3600);
    let boasting = || Subject::new(|_| Ok(HOUR));
    let mut case = case()
        .with("as it says", boasting())
        .with("by the wall", boasting().by_the_wall());
    let rows = rows(&mut case);
    let [said, seen] = [&rows[0], &rows[1]].map(|row| row["value"].as_f64().unwrap());
    assert_eq!(said, HOUR.as_nanos() as f64);
    assert!(seen < said, "{seen}");
}

#[test]
fn every_claim_has_a_row_of_its_own() {
    let mut case = case()
        .with("this", steady(50))
        .with("one", steady(100))
        .with("two", steady(25))
        .compare("this", "one", None)
        .compare("this", "two", None);
    let ratios: Vec<_> = rows(&mut case)
        .iter()
        .map(|row| row["ratio"].as_f64())
        .collect();
    assert_eq!(ratios, [Some(0.5), Some(2.0), None, None]);
}

/// Notes its name each time that it has a turn.
fn noting(name: &'static str, turns: &Arc<Mutex<Vec<&'static str>>>) -> Subject {
    let turns = Arc::clone(turns);
    Subject::new(move |_| {
        turns.lock().unwrap().push(name);
        Ok(MILLISECOND)
    })
}

#[test]
fn subjects_take_turns() {
    let turns = Arc::default();
    let mut case = case()
        .with("a", noting("a", &turns))
        .with("b", noting("b", &turns));
    case.measure(&pace(4)).unwrap();
    // Once each to calibrate, then four rounds.
    assert_eq!(turns.lock().unwrap().concat(), "ababbabaab");
}

#[test]
fn one_thread_is_the_caller_s_own() {
    let present = HashSet::from([thread::current().id()]);
    for threads in [1, 2] {
        let noted = Arc::new(Mutex::new(HashSet::new()));
        let (one, other) = (Arc::clone(&noted), Arc::clone(&noted));
        let note = move |noted: &Mutex<HashSet<_>>| {
            noted.lock().unwrap().insert(thread::current().id());
            Ok::<_, Infallible>(())
        };
        let threads = NonZeroUsize::new(threads).unwrap();
        let mut case = case()
            .with("repeated", Subject::repeat_by(threads, move || note(&one)))
            .with(
                "awaited",
                Subject::awaited_by(threads, async move || note(&other)).unwrap(),
            );
        case.measure(&pace(1)).unwrap();
        let noted = noted.lock().unwrap();
        assert_eq!(*noted == present, threads.get() == 1);
        assert_eq!(noted.is_disjoint(&present), threads.get() > 1);
    }
}

#[test]
fn a_failing_subject_has_no_figure() {
    let failing = Subject::repeat(|| Err::<(), BoxError>("circuit open".into()));
    let error = case().with("this", failing).measure(&pace(1)).unwrap_err();
    assert_eq!(error.to_string(), "this failed in case");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "circuit open"
    );
}

#[test]
fn a_claim_on_nobody_names_those_who_are_there() {
    let mut case = case()
        .with("a", steady(1))
        .with("b", steady(1))
        .compare("a", "c", None);
    assert_eq!(
        case.measure(&pace(1)).unwrap_err().to_string(),
        "case has no subject \"c\": add it, or correct the claim; there are a, b"
    );
}
