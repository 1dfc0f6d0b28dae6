//! What the rounds brought, and the arithmetic on it.

/// The figures of every subject in every round.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    rounds: Vec<Vec<f64>>,
}

impl Samples {
    /// Adds a round: one figure for each subject, in the subjects' order.
    pub(crate) fn push(&mut self, round: Vec<f64>) {
        self.rounds.push(round);
    }

    /// The median of the subject's figures.
    pub(crate) fn value(&self, subject: usize) -> f64 {
        median(self.rounds.iter().map(|round| round[subject]).collect())
    }

    /// The median of the subject's figures, each over the other subject's of the same round.
    pub(crate) fn ratio(&self, subject: usize, against: usize) -> f64 {
        let ratios = self
            .rounds
            .iter()
            .map(|round| round[subject] / round[against]);
        median(ratios.collect())
    }
}

/// In which order the subjects run: each begins some round, and every other round goes backwards, so that none is always
/// measured after the same neighbour.
pub(crate) fn order(round: u32, subjects: usize) -> Vec<usize> {
    let start = (round / 2) as usize;
    let mut order: Vec<_> = (0..subjects).map(|at| (at + start) % subjects).collect();
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// The figure in the middle, or the mean of the two there; no number if there is none.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rounds: &[[f64; 2]], value: f64, ratio: f64) {
        let mut samples = Samples::default();
        for round in rounds {
            samples.push(round.to_vec());
        }
        assert_eq!((samples.value(0), samples.ratio(0, 1)), (value, ratio));
    }

    #[test]
    fn the_median_lies_in_the_middle() {
        check(&[[3.0, 1.0]], 3.0, 3.0);
        check(&[[3.0, 1.0], [1.0, 1.0], [2.0, 1.0]], 2.0, 2.0);
        check(&[[4.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.0]], 2.5, 2.5);
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        // The machine was ten times slower in two rounds, for both: the ratio of the medians would say 10.
        check(&[[20.0, 10.0], [2.0, 1.0], [20.0, 10.0]], 20.0, 2.0);
        check(&[[2.0, 1.0], [20.0, 10.0], [2.0, 100.0]], 2.0, 2.0);
    }

    #[test]
    fn nothing_has_no_median() {
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn every_subject_runs_once_in_each_round() {
        for round in 0..9 {
            let mut order = order(round, 4);
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3], "round {round}");
        }
    }

    #[test]
    fn every_subject_is_the_first_and_the_last_of_some_round() {
        let ends = |at: fn(&[usize]) -> usize| {
            let mut ends: Vec<_> = (0..8).map(|round| at(&order(round, 4))).collect();
            ends.sort_unstable();
            ends.dedup();
            ends
        };
        assert_eq!(ends(|order| order[0]), [0, 1, 2, 3]);
        assert_eq!(ends(|order| order[3]), [0, 1, 2, 3]);
    }
}
