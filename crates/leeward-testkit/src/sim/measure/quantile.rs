/// The value that so large a share of the values does not exceed: the nearest rank, never an average of two.
///
/// Sorts the values; `None` of none at all.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

/// The value in the middle; of an even number of them the upper one.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        for (share, expected) in [
            (0.0, 1.0),
            (0.5, 50.0),
            (0.99, 99.0),
            (0.995, 100.0),
            (1.0, 100.0),
        ] {
            assert_eq!(quantile(&mut values, share), Some(expected), "{share}");
        }
        assert_eq!(quantile(&mut [], 0.5), None);
    }

    #[test]
    fn the_median_of_few_is_no_better_than_the_middle() {
        assert_eq!(median(&[3.0, f64::INFINITY, 1.0]), Some(3.0));
        assert_eq!(median(&[1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[f64::INFINITY]), Some(f64::INFINITY));
        assert_eq!(median(&[]), None);
    }
}
