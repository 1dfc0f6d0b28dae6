use super::Report;
use crate::plan::MIN_RECORDS;
use serde::Serialize;

/// Something that has to hold, or the run proves nothing.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    pub(super) name: &'static str,
    pub(super) bar: String,
    /// Nothing if it did not come to pass.
    pub(super) value: Option<Figure>,
    /// Of both the value and the bar; the name tells it where something is counted.
    pub(super) unit: &'static str,
    pub(super) holds: bool,
}

/// A number as JSON has it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Figure {
    Count(u64),
    Measure(f64),
}

impl Bar {
    fn at_least(name: &'static str, least: u64, count: u64, unit: &'static str) -> Self {
        Self {
            name,
            bar: format!(">= {least}"),
            value: Some(Figure::Count(count)),
            unit,
            holds: count >= least,
        }
    }

    fn none(name: &'static str, count: u64, unit: &'static str) -> Self {
        Self {
            name,
            bar: "0".to_owned(),
            value: Some(Figure::Count(count)),
            unit,
            holds: count == 0,
        }
    }
}

impl Report {
    /// Judges the run: what it must show to be honest about the outage, and what the project promises.
    pub(crate) fn judge(&mut self) {
        let (fail_over, back) = (self.fail_over_ms, self.first_region_back_after_ms);
        let (changed, saved) = (self.changed_files.len() as u64, self.kms.saved_percent);
        self.bars = vec![
            Bar::at_least("records", MIN_RECORDS, self.records, "records"),
            Bar::none("failed records", self.failed_records, "records"),
            Bar::none("files with another SHA-256", changed, "files"),
            Bar::at_least(
                "KMS calls begun in the outage",
                5,
                self.kms.calls_in_outage,
                "calls",
            ),
            Bar {
                name: "time to fail over",
                bar: "< 1000".to_owned(),
                value: fail_over.map(Figure::Measure),
                unit: "ms",
                holds: fail_over.is_some_and(|ms| ms < 1000.0),
            },
            Bar {
                name: "KMS calls saved",
                bar: ">= 95".to_owned(),
                value: Some(Figure::Measure(saved)),
                unit: "%",
                holds: saved >= 95.0,
            },
            Bar {
                name: "first Region used again after",
                bar: "any".to_owned(),
                value: back.map(Figure::Measure),
                unit: "ms",
                holds: back.is_some(),
            },
        ];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbers_to_a_script() {
        let bar = Bar::none("failed records", 7, "records");
        let json = serde_json::to_value(&bar).unwrap();
        let expected = serde_json::json!({
            "name": "failed records", "bar": "0", "value": 7, "unit": "records", "holds": false
        });
        assert_eq!(json, expected);
        let measured = serde_json::to_value(Figure::Measure(99.5)).unwrap();
        assert_eq!(measured, serde_json::json!(99.5));
    }

    #[test]
    fn the_bar_itself_is_enough() {
        assert!(Bar::at_least("x", 5, 5, "calls").holds);
        assert!(!Bar::at_least("x", 5, 4, "calls").holds);
        assert!(Bar::none("x", 0, "files").holds);
    }
}
