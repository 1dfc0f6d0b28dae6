use crate::{
    Area, Bar, BoxError, Pace, Row, Subject, Unit,
    row::Ratio,
    samples::{Samples, order},
};
use std::num::NonZeroU32;

/// A contest of subjects that do the same thing.
#[derive(Debug)]
pub struct Case {
    area: Area,
    name: &'static str,
    unit: Unit,
    subjects: Vec<(&'static str, Subject)>,
    claims: Vec<Claim>,
    max_rounds: Option<NonZeroU32>,
}

/// A figure that is to be shown of a subject.
#[derive(Clone, Copy, Debug)]
struct Claim {
    subject: &'static str,
    against: Option<&'static str>,
    bar: Option<Bar>,
    /// Whose figure has to be how good for the bar to stand.
    given: Option<(&'static str, Bar)>,
}

impl Claim {
    /// Whom it takes beside its subject.
    fn others(&self) -> impl Iterator<Item = &'static str> {
        let given = self.given.map(|(other, _)| other);
        self.against.into_iter().chain(given)
    }
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// A claim names a subject that is not there.
    #[error("{case} has no subject {subject:?}: add it, or correct the claim; there are {known}")]
    NoSuchSubject {
        /// The case.
        case: &'static str,
        /// Who is missing.
        subject: &'static str,
        /// Who is there.
        known: String,
    },
    /// A subject failed, so that its time says nothing.
    #[error("{subject} failed in {case}")]
    Failed {
        /// The case.
        case: &'static str,
        /// Whose operation failed.
        subject: &'static str,
        /// What it met.
        source: BoxError,
    },
    /// What was to be counted failed.
    #[error("{case} could not be counted")]
    Uncounted {
        /// What was to be counted.
        case: &'static str,
        /// What it met.
        source: BoxError,
    },
}

impl Case {
    /// Starts a contest without subjects.
    #[must_use]
    pub const fn new(area: Area, name: &'static str, unit: Unit) -> Self {
        Self {
            area,
            name,
            unit,
            subjects: Vec::new(),
            claims: Vec::new(),
            max_rounds: None,
        }
    }

    /// Measures in so many rounds at the most: of what takes far longer than a turn. Default: as the pace says.
    #[must_use]
    pub const fn with_max_rounds(mut self, rounds: NonZeroU32) -> Self {
        self.max_rounds = Some(rounds);
        self
    }

    /// Adds a subject; names are stable, since scripts read them.
    #[must_use]
    pub fn with(mut self, name: &'static str, subject: Subject) -> Self {
        self.subjects.push((name, subject));
        self
    }

    /// Shows the subject's figure over that of another, and holds it to a bar if there is one.
    #[must_use]
    pub fn compare(
        mut self,
        subject: &'static str,
        against: &'static str,
        bar: impl Into<Option<Bar>>,
    ) -> Self {
        self.claims.push(Claim {
            subject,
            against: Some(against),
            bar: bar.into(),
            given: None,
        });
        self
    }

    /// Holds the subject's own figure to a bar.
    #[must_use]
    pub fn claim(mut self, subject: &'static str, bar: Bar) -> Self {
        self.claims.push(Claim {
            subject,
            against: None,
            bar: Some(bar),
            given: None,
        });
        self
    }

    /// Holds the subject's own figure to a bar on machines where another subject's figure is as good as `given`.
    #[must_use]
    pub fn claim_where(
        mut self,
        subject: &'static str,
        bar: Bar,
        (other, given): (&'static str, Bar),
    ) -> Self {
        self.claims.push(Claim {
            subject,
            against: None,
            bar: Some(bar),
            given: Some((other, given)),
        });
        self
    }

    /// What the contest is about, once within its area.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Lets the subjects run in turns: a row for each claim, and one for each subject of which nothing is claimed.
    ///
    /// # Errors
    ///
    /// [`MeasureError`] if an operation fails, or if a claim names nobody.
    pub fn measure(&mut self, pace: &Pace) -> Result<Vec<Row>, MeasureError> {
        for claim in &self.claims {
            self.position(claim.subject)?;
            for other in claim.others() {
                self.position(other)?;
            }
        }
        let samples = self.sample(pace)?;
        let mut rows = Vec::new();
        for (at, (name, _)) in self.subjects.iter().enumerate() {
            let value = (samples.value(at), self.unit.name());
            let subject = (self.area, self.name, *name);
            let mut claims: Vec<_> = self
                .claims
                .iter()
                .filter(|it| it.subject == *name)
                .collect();
            let nothing = Claim {
                subject: name,
                against: None,
                bar: None,
                given: None,
            };
            if claims.is_empty() {
                claims.push(&nothing);
            }
            for claim in claims {
                let ratio = match claim.against {
                    None => None,
                    Some(against) => Some(Ratio {
                        against: against.to_owned(),
                        value: samples.ratio(at, self.position(against)?),
                    }),
                };
                let stands = match claim.given {
                    None => true,
                    Some((other, given)) => given.holds(samples.value(self.position(other)?)),
                };
                let bar = claim.bar.filter(|_| stands);
                rows.push(Row::new(subject, value, ratio, bar));
            }
        }
        Ok(rows)
    }

    fn sample(&mut self, pace: &Pace) -> Result<Samples, MeasureError> {
        let case = self.name;
        let failed = |subject| {
            move |source| MeasureError::Failed {
                case,
                subject,
                source,
            }
        };
        let mut operations = Vec::new();
        for (name, subject) in &mut self.subjects {
            operations.push(pace.calibrate(subject).map_err(failed(name))?);
        }
        let mut samples = Samples::default();
        let max_rounds = self.max_rounds.map_or(u32::MAX, NonZeroU32::get);
        for round in 0..pace.rounds().min(max_rounds) {
            let mut figures = vec![0.0; self.subjects.len()];
            for at in order(round, self.subjects.len()) {
                let (name, subject) = &mut self.subjects[at];
                let took = subject.run(operations[at]).map_err(failed(name))?;
                figures[at] = self.unit.figure(operations[at], took);
            }
            samples.push(figures);
        }
        Ok(samples)
    }

    fn position(&self, subject: &'static str) -> Result<usize, MeasureError> {
        let names = || self.subjects.iter().map(|(name, _)| *name);
        names()
            .position(|name| name == subject)
            .ok_or_else(|| MeasureError::NoSuchSubject {
                case: self.name,
                subject,
                known: names().collect::<Vec<_>>().join(", "),
            })
    }
}
