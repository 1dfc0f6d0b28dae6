use serde::{Serialize, Serializer};
use std::fmt;

/// What a figure has to be to count as good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Bar {
    /// Whether `figure` is as good as that; what is no number is not.
    #[must_use]
    pub fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }
}

/// `<= 0.35`
impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::AtLeast(least) => write!(f, ">= {least}"),
        }
    }
}

impl Serialize for Bar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_itself_is_good_enough() {
        for (bar, figure, holds) in [
            (Bar::AtMost(1.0), 0.99, true),
            (Bar::AtMost(1.0), 1.0, true),
            (Bar::AtMost(1.0), 1.01, false),
            (Bar::AtLeast(0.7), 0.69, false),
            (Bar::AtLeast(0.7), 0.7, true),
            (Bar::AtLeast(0.7), 0.71, true),
        ] {
            assert_eq!(bar.holds(figure), holds, "{figure} {bar}");
        }
    }

    #[test]
    fn what_is_no_number_is_never_good() {
        assert!(!Bar::AtMost(1.0).holds(f64::NAN));
        assert!(!Bar::AtLeast(1.0).holds(f64::NAN));
    }

    #[test]
    fn tells_its_direction() {
        assert_eq!(Bar::AtMost(0.35).to_string(), "<= 0.35");
        assert_eq!(Bar::AtLeast(0.7).to_string(), ">= 0.7");
    }
}
