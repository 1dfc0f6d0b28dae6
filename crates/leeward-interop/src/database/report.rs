use super::scenario::{Outcome, Scenario};
use std::fmt;

/// What came of every scenario.
#[derive(Debug)]
pub(crate) struct Report {
    /// The database, with its version.
    database: String,
    rows: Vec<Vec<String>>,
    failures: Vec<String>,
}

const COLUMNS: [&str; 8] = [
    "rotated under load",
    "queries",
    "failed",
    "rotations",
    "logins",
    "refused",
    "requests",
    "slowest",
];

impl Report {
    pub(super) const fn new(database: String) -> Self {
        Self {
            database,
            rows: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Notes what came of a scenario.
    pub(super) fn tell(&mut self, scenario: &Scenario, outcome: Outcome) {
        let (tally, logins) = (&outcome.tally, outcome.logins);
        self.rows.push(vec![
            scenario.name.to_owned(),
            tally.queries.to_string(),
            tally.failed.to_string(),
            outcome.rotations.to_string(),
            logins.admitted.to_string(),
            logins.refused.to_string(),
            outcome.requests.to_string(),
            format!("{:.2} s", tally.slowest.as_secs_f64()),
        ]);
        let mut fail = |why: String| self.failures.push(format!("{}: {why}", scenario.name));
        if scenario.is_lossless && tally.failed > 0 {
            let failure = tally.failure.as_deref().unwrap_or_default();
            fail(format!(
                "{} queries failed, the first: {failure}",
                tally.failed
            ));
        }
        if tally.queries == 0 {
            fail("nothing was asked".to_owned());
        }
        if logins.refused < scenario.min_refused {
            fail(format!(
                "{} logins were refused, where {} would have to be at least: this shows nothing",
                logins.refused, scenario.min_refused
            ));
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) const fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The table, and the failures.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.rows.iter().map(|row| row[0].chars().count());
        let width = names.chain([COLUMNS[0].len()]).max().unwrap_or_default();
        let titles: Vec<_> = COLUMNS.map(str::to_owned).into();
        for row in [&titles].into_iter().chain(&self.rows) {
            write!(f, "{:<width$}", row[0])?;
            for (cell, title) in row.iter().zip(COLUMNS).skip(1) {
                write!(f, "  {cell:>0$}", title.len())?;
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "\nwith {}; logins and refusals as it counts them itself",
            self.database
        )?;
        for failure in &self.failures {
            writeln!(f, "FAILED: {failure}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{engine::Logins, load::Tally, scenario};
    use std::time::Duration;

    fn outcome(failed: u64, refused: u64) -> Outcome {
        Outcome {
            tally: Tally {
                queries: 120,
                failed,
                slowest: Duration::from_millis(250),
                failure: (failed > 0).then(|| "refused".to_owned()),
            },
            rotations: 2,
            logins: Logins {
                admitted: 121,
                refused,
            },
            requests: 9,
        }
    }

    #[test]
    fn lost_queries_fail_and_so_does_what_shows_nothing() {
        let [single, .., comparison] = scenario::ALL;
        let mut report = Report::new("PostgreSQL 15.18".to_owned());
        report.tell(&single, outcome(0, 5));
        report.tell(&comparison, outcome(7, 7));
        assert!(report.is_good());
        report.tell(&single, outcome(2, 5));
        report.tell(&single, outcome(0, 1));
        assert!(!report.is_good());
        let expected = "\
rotated under load                                queries  failed  rotations  logins  refused  requests  slowest
single user, a connection for each query              120       0          2     121        5         9   0.25 s
for comparison: single user, without with_secret      120       7          2     121        7         9   0.25 s
single user, a connection for each query              120       2          2     121        5         9   0.25 s
single user, a connection for each query              120       0          2     121        1         9   0.25 s

with PostgreSQL 15.18; logins and refusals as it counts them itself
FAILED: single user, a connection for each query: 2 queries failed, the first: refused
FAILED: single user, a connection for each query: 1 logins were refused, where 2 would have to be at least: this shows nothing
";
        assert_eq!(report.to_string(), expected);
    }
}
