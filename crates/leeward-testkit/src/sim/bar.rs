use std::fmt;

use super::{Figures, Policy};

/// What a scenario demands of a policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Of whom it is demanded.
    pub policy: Policy,
    /// Of which figure.
    pub measure: Measure,
    /// How much or how little it may be.
    pub limit: Limit,
}

/// A figure that a bar may be set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the figure of the same name")]
pub enum Measure {
    Ok,
    OkOfReads,
    OkOfWrites,
    LostUntil,
    SentAgain,
    P50Later,
    P99,
    P99OverBare,
    Longest,
    Load,
    Left,
    ServedAgain,
    Back,
    Peak,
    P99After,
    OkAfter,
    P99OfErrors,
    Overflow,
    ReEntries,
    Strays,
}

/// How much or how little a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// So much at most.
    AtMost(f64),
    /// So much at least.
    AtLeast(f64),
}

/// In which unit a figure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Share,
    Ratio,
    Millis,
    Seconds,
    Count,
}

impl Measure {
    /// Reads the figure; `bare` are the figures of the same calls without any stack.
    #[must_use]
    pub fn of(self, figures: &Figures, bare: Option<&Figures>) -> f64 {
        match self {
            Self::Ok => figures.ok,
            Self::OkOfReads => figures.ok_of_reads,
            Self::OkOfWrites => figures.ok_of_writes,
            Self::LostUntil => figures.lost_until,
            Self::SentAgain => figures.sent_again,
            Self::P50Later => figures.p50_later,
            Self::P99 => figures.p99,
            // Without anything to compare with it must not pass.
            Self::P99OverBare => bare.map_or(f64::INFINITY, |bare| figures.p99 / bare.p99),
            Self::Longest => figures.longest,
            Self::Load => figures.load,
            Self::Left => figures.left,
            Self::ServedAgain => figures.served_again,
            Self::Back => figures.back,
            Self::Peak => figures.peak,
            Self::P99After => figures.p99_after,
            Self::OkAfter => figures.ok_after,
            Self::P99OfErrors => figures.p99_of_errors,
            Self::Overflow => figures.overflow,
            Self::ReEntries => figures.re_entries,
            Self::Strays => figures.strays,
        }
    }

    /// What a reader calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::OkOfReads => "reads ok",
            Self::OkOfWrites => "writes ok",
            Self::LostUntil => "writes lost until",
            Self::SentAgain => "writes sent again",
            Self::P50Later => "p50 after 5 s",
            Self::P99 => "p99",
            Self::P99OverBare => "p99 / bare",
            Self::Longest => "longest",
            Self::Load => "load",
            Self::Left => "left after",
            Self::ServedAgain => "served well after",
            Self::Back => "back after",
            Self::Peak => "peak on return",
            Self::P99After => "p99 after the fault",
            Self::OkAfter => "ok from 1 s after",
            Self::P99OfErrors => "p99 of errors",
            Self::Overflow => "served by the last",
            Self::ReEntries => "re-entries",
            Self::Strays => "attempts elsewhere",
        }
    }

    /// A value as a reader likes it.
    #[must_use]
    pub fn told(self, value: f64) -> String {
        if value.is_infinite() {
            return "never".to_owned();
        }
        match self.unit() {
            Unit::Share => format!("{:.3} %", 100.0 * value),
            Unit::Ratio => format!("{value:.3}"),
            Unit::Millis => format!("{value:.0} ms"),
            Unit::Seconds => format!("{value:.1} s"),
            Unit::Count => format!("{value:.0}"),
        }
    }

    const fn unit(self) -> Unit {
        match self {
            Self::Ok | Self::OkOfReads | Self::OkOfWrites | Self::OkAfter | Self::Overflow => {
                Unit::Share
            }
            Self::Load | Self::Peak | Self::P99OverBare => Unit::Ratio,
            Self::P50Later | Self::P99 | Self::P99After | Self::P99OfErrors | Self::Longest => {
                Unit::Millis
            }
            Self::Left | Self::ServedAgain | Self::Back | Self::LostUntil => Unit::Seconds,
            Self::ReEntries | Self::Strays | Self::SentAgain => Unit::Count,
        }
    }
}

impl Limit {
    /// Whether `value` is within it; what is no number is not.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }

    /// The worst of some values, by its place among them.
    pub(super) fn worst(self, values: &[f64]) -> Option<usize> {
        let by_badness = |one: &usize, other: &usize| {
            let order = values[*one].total_cmp(&values[*other]);
            match self {
                Self::AtMost(_) => order,
                Self::AtLeast(_) => order.reverse(),
            }
        };
        (0..values.len()).max_by(by_badness)
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, value) = match self.limit {
            Limit::AtMost(most) => ("<=", most),
            Limit::AtLeast(least) => (">=", least),
        };
        write!(f, "{sign} {}", self.measure.told(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_part_of_what_it_allows() {
        assert!(Limit::AtMost(1.05).holds(1.05) && !Limit::AtMost(1.05).holds(1.0501));
        assert!(Limit::AtLeast(0.999).holds(0.999) && !Limit::AtLeast(0.999).holds(0.99899));
        for limit in [Limit::AtMost(1.0), Limit::AtLeast(1.0)] {
            assert!(!limit.holds(f64::NAN));
        }
        assert!(!Limit::AtMost(15.0).holds(f64::INFINITY));
    }

    #[test]
    fn the_worst_depends_on_the_side() {
        let values = [2.0, f64::INFINITY, 1.0];
        assert_eq!(Limit::AtMost(3.0).worst(&values), Some(1));
        assert_eq!(Limit::AtLeast(3.0).worst(&values), Some(2));
        assert_eq!(Limit::AtLeast(3.0).worst(&[]), None);
    }

    #[test]
    fn values_are_told_with_their_units() {
        for (measure, value, text) in [
            (Measure::Ok, 0.99951, "99.951 %"),
            (Measure::P99, 214.4, "214 ms"),
            (Measure::Back, 11.6, "11.6 s"),
            (Measure::Back, f64::INFINITY, "never"),
            (Measure::Load, 1.0449, "1.045"),
            (Measure::ReEntries, 3.0, "3"),
        ] {
            assert_eq!(measure.told(value), text);
        }
        let bar = Bar {
            policy: Policy::Leeward,
            measure: Measure::Ok,
            limit: Limit::AtLeast(0.9995),
        };
        assert_eq!(bar.to_string(), ">= 99.950 %");
    }
}
