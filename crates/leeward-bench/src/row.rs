use crate::{Area, Bar};
use serde::Serialize;

/// One figure: what was measured of whom, and whether it is as good as it has to be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    area: String,
    case: String,
    subject: String,
    value: f64,
    unit: &'static str,
    against: Option<String>,
    ratio: Option<f64>,
    bar: Option<Bar>,
    holds: Option<bool>,
}

/// Another subject, and this subject's figure over that one's.
#[derive(Clone, Debug)]
pub(crate) struct Ratio {
    pub(crate) against: String,
    pub(crate) value: f64,
}

impl Row {
    /// The bar is held against the ratio if there is one, else against the value.
    pub(crate) fn new(
        (area, case, subject): (Area, &str, &str),
        (value, unit): (f64, &'static str),
        ratio: Option<Ratio>,
        bar: Option<Bar>,
    ) -> Self {
        let claimed = ratio.as_ref().map_or(value, |ratio| ratio.value);
        let (against, ratio) = ratio.map(|it| (it.against, it.value)).unzip();
        Self {
            area: area.to_string(),
            case: case.to_owned(),
            subject: subject.to_owned(),
            value,
            unit,
            against,
            ratio,
            bar,
            holds: bar.map(|bar| bar.holds(claimed)),
        }
    }

    /// Which figure this is, in a few words.
    #[must_use]
    pub fn name(&self) -> String {
        let Self {
            area,
            case,
            subject,
            ..
        } = self;
        match &self.against {
            Some(against) => format!("{area}, {case}, {subject} against {against}"),
            None => format!("{area}, {case}, {subject}"),
        }
    }

    /// Whether it keeps to its bar; nothing if it has none.
    #[must_use]
    pub const fn holds(&self) -> Option<bool> {
        self.holds
    }

    /// The cells of the row, as text; those that it lacks are empty.
    pub(crate) fn cells(&self) -> [String; 9] {
        [
            self.area.clone(),
            self.case.clone(),
            self.subject.clone(),
            digits(self.value),
            self.unit.to_owned(),
            self.against.clone().unwrap_or_default(),
            self.ratio.map(digits).unwrap_or_default(),
            self.bar.map(|bar| bar.to_string()).unwrap_or_default(),
            match self.holds {
                Some(true) => "yes".to_owned(),
                Some(false) => "NO".to_owned(),
                None => String::new(),
            },
        ]
    }
}

/// Three digits that count, or all that stand before the point.
fn digits(figure: f64) -> String {
    let places = match figure.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{figure:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ratio: Option<f64>, bar: Option<Bar>) -> Row {
        let against = "floor".to_owned();
        let ratio = ratio.map(|value| Ratio { against, value });
        let subject = (Area::Resilience, "circuit breaker", "leeward");
        Row::new(subject, (41.25, "ns"), ratio, bar)
    }

    #[test]
    fn the_bar_is_held_against_the_ratio_else_the_value() {
        for (ratio, bar, holds) in [
            (Some(0.9), Some(Bar::AtMost(1.0)), Some(true)),
            (Some(1.1), Some(Bar::AtMost(1.0)), Some(false)),
            (None, Some(Bar::AtMost(1.0)), Some(false)),
            (None, Some(Bar::AtMost(50.0)), Some(true)),
            (Some(1.1), None, None),
        ] {
            assert_eq!(row(ratio, bar).holds(), holds, "{ratio:?} {bar:?}");
        }
    }

    #[test]
    fn a_row_is_a_line_of_json_with_every_field() {
        let text = |row: Row| serde_json::to_string(&row).unwrap();
        assert_eq!(
            text(row(Some(0.5), Some(Bar::AtMost(1.0)))),
            r#"{"area":"resilience","case":"circuit breaker","subject":"leeward","value":41.25,"unit":"ns","against":"floor","ratio":0.5,"bar":"<= 1","holds":true}"#
        );
        assert_eq!(
            text(row(None, None)),
            r#"{"area":"resilience","case":"circuit breaker","subject":"leeward","value":41.25,"unit":"ns","against":null,"ratio":null,"bar":null,"holds":null}"#
        );
    }

    #[test]
    fn figures_keep_three_digits_that_count() {
        for (figure, text) in [
            (2613.4, "2613"),
            (41.25, "41.2"),
            (2.839, "2.84"),
            (0.0427, "0.043"),
        ] {
            assert_eq!(digits(figure), text);
        }
    }
}
