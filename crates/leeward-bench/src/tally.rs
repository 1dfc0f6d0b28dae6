use crate::{Area, Bar, BoxError, MeasureError, Row};
use std::{borrow::Cow, fmt};

/// What is counted once: figures that are the same in every round.
pub struct Tally {
    area: Area,
    name: &'static str,
    counts: Vec<Box<Count>>,
}

type Count = dyn FnOnce() -> Result<Vec<Figure>, BoxError>;

/// One figure of a [`Tally`].
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was counted; names are stable, since scripts read them.
    pub subject: Cow<'static, str>,
    /// How much of it there was.
    pub value: f64,
    /// What the figure counts.
    pub unit: &'static str,
    /// What the figure is held to.
    pub bar: Option<Bar>,
}

impl Tally {
    /// How many callers there are where many are counted.
    pub const CROWD: usize = 1_000;

    /// Counts by `count`, when it is [asked](Self::count) to.
    pub fn new(
        area: Area,
        name: &'static str,
        count: impl FnOnce() -> Result<Vec<Figure>, BoxError> + 'static,
    ) -> Self {
        Self {
            area,
            name,
            counts: Vec::new(),
        }
        .and(count)
    }

    /// Counts the same of somebody else too.
    #[must_use]
    pub fn and(mut self, count: impl FnOnce() -> Result<Vec<Figure>, BoxError> + 'static) -> Self {
        self.counts.push(Box::new(count));
        self
    }

    /// What is counted, once within its area.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Counts: a row for each figure.
    ///
    /// # Errors
    ///
    /// [`MeasureError::Uncounted`] if what is to be counted failed.
    pub fn count(self) -> Result<Vec<Row>, MeasureError> {
        let Self { area, name, counts } = self;
        let row = |figure: Figure| {
            let subject = (area, name, &*figure.subject);
            Row::new(subject, (figure.value, figure.unit), None, figure.bar)
        };
        let mut rows = Vec::new();
        for count in counts {
            let figures = count().map_err(|source| MeasureError::Uncounted { case: name, source });
            rows.extend(figures?.into_iter().map(row));
        }
        Ok(rows)
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tally").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_a_row_that_is_held_to_its_bar() {
        let figure = |value, bar| Figure {
            subject: "ours".into(),
            value,
            unit: "connections",
            bar,
        };
        let figures = vec![
            figure(50.0, Some(Bar::AtMost(50.0))),
            figure(51.0, Some(Bar::AtMost(50.0))),
            figure(1.0, None),
        ];
        let rows = Tally::new(Area::Pool, "crowd", move || Ok(figures)).count();
        let rows = rows.unwrap();
        let holds: Vec<_> = rows.iter().map(Row::holds).collect();
        assert_eq!(holds, [Some(true), Some(false), None]);
        assert_eq!(rows[0].name(), "pool, crowd, ours");
    }

    #[test]
    fn who_joins_is_counted_after() {
        let of = |subject: &'static str| {
            let figure = Figure {
                subject: subject.into(),
                value: 1.0,
                unit: "requests",
                bar: None,
            };
            move || Ok(vec![figure])
        };
        let tally = Tally::new(Area::Secrets, "herd", of("ours")).and(of("theirs"));
        let names: Vec<_> = tally.count().unwrap().iter().map(Row::name).collect();
        assert_eq!(names, ["secrets, herd, ours", "secrets, herd, theirs"]);
    }

    #[test]
    fn what_failed_has_no_figure() {
        let error = Tally::new(Area::Pool, "crowd", || Err("refused".into())).count();
        assert_eq!(error.unwrap_err().to_string(), "crowd could not be counted");
    }
}
