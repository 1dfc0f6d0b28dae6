/// A share of a whole, from nothing to all of it, kept in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(u32);

impl Ratio {
    /// One whole, in the unit that ratios and tokens are kept in.
    pub(crate) const WHOLE: u64 = 1_000_000;

    /// Takes whole per cents, for constants.
    ///
    /// ```
    /// use leeward_resilience::Ratio;
    /// const TENTH: Ratio = Ratio::percent(10);
    /// assert_eq!(TENTH, Ratio::new(0.1)?);
    /// # Ok::<(), leeward_resilience::InvalidRatio>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there are more than 100; in a constant that is a compile error.
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        assert!(percent <= 100, "a ratio is 100 per cent at most");
        Self(percent * 10_000)
    }

    /// Takes `part` of `whole`, for constants; what is below a millionth is lost.
    ///
    /// # Panics
    ///
    /// If the part is more than the whole, or the whole is nothing; in a constant that is a compile error.
    #[must_use]
    pub const fn of(part: u32, whole: u32) -> Self {
        assert!(
            part <= whole && whole > 0,
            "a part is no more than the whole"
        );
        Self((part as u64 * Self::WHOLE / whole as u64) as u32)
    }

    /// Takes a fraction and rounds it to the nearest millionth.
    ///
    /// # Errors
    ///
    /// [`InvalidRatio`] if it does not lie between 0 and 1.
    pub fn new(fraction: f64) -> Result<Self, InvalidRatio> {
        if (0.0..=1.0).contains(&fraction) {
            Ok(Self((fraction * Self::WHOLE as f64).round() as u32))
        } else {
            Err(InvalidRatio { fraction })
        }
    }

    /// The share in millionths, as it is kept.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0 as u64
    }
}

/// Says that a number is no share of a whole.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{fraction} is no ratio: write a fraction from 0 to 1, as in 0.1 for ten per cent")]
pub struct InvalidRatio {
    fraction: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_fractions_that_whole_per_cents_would_lose() {
        assert_eq!(Ratio::new(0.004).unwrap().millionths(), 4_000);
        assert_eq!(Ratio::new(0.75).unwrap(), Ratio::percent(75));
        assert_eq!(Ratio::new(1.0).unwrap(), Ratio::percent(100));
        assert_eq!(Ratio::of(5, 14).millionths(), 357_142);
        assert_eq!(Ratio::of(3, 3), Ratio::percent(100));
    }

    #[test]
    fn says_how_a_ratio_is_written() {
        for fraction in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Ratio::new(fraction).is_err(), "{fraction}");
        }
        assert_eq!(
            Ratio::new(10.0).unwrap_err().to_string(),
            "10 is no ratio: write a fraction from 0 to 1, as in 0.1 for ten per cent"
        );
    }
}
