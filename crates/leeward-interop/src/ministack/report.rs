use super::case::{Case, Lacking, Trouble};
use crate::error::told;
use std::{fmt, time::Duration};

/// What came of every case.
#[derive(Debug)]
pub(crate) struct Report {
    title: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Ok,
    /// The other side does not do what this is about.
    Lacking(String),
    Failed(String),
}

impl Report {
    pub(super) const fn new(title: &'static str) -> Self {
        let rows = Vec::new();
        Self { title, rows }
    }

    /// Notes what came of a case. What the other side lacks must be known, so that a case does not end in silence.
    pub(super) fn tell<S>(&mut self, case: &Case<S>, played: Result<(), Trouble>, took: Duration) {
        let outcome = match played {
            Ok(()) => Outcome::Ok,
            Err(error) if !error.is::<Lacking>() => Outcome::Failed(told(&*error)),
            Err(lacking) if case.may_lack => Outcome::Lacking(lacking.to_string()),
            Err(lacking) => Outcome::Failed(format!("it used to do this: {lacking}")),
        };
        self.rows.push(Row {
            name: case.name,
            took,
            outcome,
        });
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn is_good(&self) -> bool {
        let is_good = |row: &Row| !matches!(row.outcome, Outcome::Failed(_));
        self.rows.iter().all(is_good)
    }
}

/// The table, and how many cases came to what.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.rows.iter().map(|row| row.name.chars().count());
        let width = names.max().unwrap_or_default();
        writeln!(f, "{:<width$}  seconds  outcome", self.title)?;
        let (mut lacking, mut failed) = (0, 0);
        for row in &self.rows {
            let seconds = row.took.as_secs_f64();
            write!(f, "{:<width$}  {seconds:>7.1}  ", row.name)?;
            match &row.outcome {
                Outcome::Ok => writeln!(f, "ok")?,
                Outcome::Lacking(what) => {
                    lacking += 1;
                    writeln!(f, "ministack cannot: {what}")?;
                }
                Outcome::Failed(why) => {
                    failed += 1;
                    writeln!(f, "FAILED: {why}")?;
                }
            }
        }
        let cases = self.rows.len();
        writeln!(
            f,
            "\n{cases} cases, {lacking} that ministack cannot, {failed} failed"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &'static str, may_lack: bool) -> Case<()> {
        Case {
            name,
            may_lack,
            play: |_| Box::pin(std::future::ready(Ok(()))),
        }
    }

    fn lacking() -> Result<(), Trouble> {
        Err(Lacking("it has no replicas").into())
    }

    #[test]
    fn what_is_lacking_is_told_and_fails_where_it_is_new() {
        let mut report = Report::new("secrets over ministack");
        let took = Duration::from_millis(1_250);
        report.tell(&case("text", false), Ok(()), took);
        report.tell(&case("denied", true), lacking(), took);
        assert!(report.is_good());
        report.tell(&case("replica", false), lacking(), took);
        report.tell(&case("names", false), Err("two fetches".into()), took);
        assert!(!report.is_good());
        let expected = "\
secrets over ministack  seconds  outcome
text         1.2  ok
denied       1.2  ministack cannot: it has no replicas
replica      1.2  FAILED: it used to do this: it has no replicas
names        1.2  FAILED: two fetches

4 cases, 1 that ministack cannot, 2 failed
";
        assert_eq!(report.to_string(), expected);
    }
}
