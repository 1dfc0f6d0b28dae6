//! One figure of a bench.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::table::{self, Side};

/// What was measured of whom, and whether it is as good as it claims to be.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Row {
    area: String,
    case: String,
    subject: String,
    value: f64,
    unit: String,
    /// The subject that it is compared with.
    against: Option<String>,
    /// This subject's value over the other's.
    ratio: Option<f64>,
    bar: Option<Bar>,
    /// Whether the ratio (or the value) keeps to the bar; a row without a bar claims nothing.
    pub(crate) holds: Option<bool>,
}

/// The claim: a number, or text that tells its direction too (`<= 1.05`).
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Bar {
    Number(f64),
    Text(String),
}

impl Row {
    /// Which figure this is, in a few words.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}, {}", self.area, self.case, self.subject)
    }
}

/// Reads one row a line.
pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<Row>> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).with_context(|| {
                format!(
                    "line {} of the bench's output is no row: `{line}`",
                    number + 1
                )
            })
        })
        .collect()
}

/// Lays the rows out for reading.
pub(crate) fn table(rows: &[Row]) -> String {
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            [
                row.area.clone(),
                row.case.clone(),
                row.subject.clone(),
                figure(row.value),
                row.unit.clone(),
                row.against.clone().unwrap_or_default(),
                row.ratio.map(figure).unwrap_or_default(),
                row.bar.as_ref().map(text).unwrap_or_default(),
                match row.holds {
                    Some(true) => "yes".to_owned(),
                    Some(false) => "NO".to_owned(),
                    None => String::new(),
                },
            ]
        })
        .collect();
    let header = [
        ("area", Side::Left),
        ("case", Side::Left),
        ("subject", Side::Left),
        ("value", Side::Right),
        ("unit", Side::Left),
        ("against", Side::Left),
        ("ratio", Side::Right),
        ("bar", Side::Right),
        ("holds", Side::Left),
    ];
    table::render(header, &cells)
}

fn text(bar: &Bar) -> String {
    match bar {
        Bar::Number(number) => figure(*number),
        Bar::Text(text) => text.clone(),
    }
}

/// Three digits that count, or all that stand before the point.
fn figure(value: f64) -> String {
    let places = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = r#"
{"area":"circuit","case":"closed","subject":"leeward","value":12.34,"unit":"ns","against":"recloser","ratio":0.907,"bar":"<= 1.0","holds":true}
{"area":"circuit","case":"closed","subject":"recloser","value":13.6,"unit":"ns","against":null,"ratio":null,"bar":null,"holds":null}
"#;

    #[test]
    fn rows_survive_the_journey() {
        let rows = parse(ROWS).unwrap();
        let again: Vec<_> = rows
            .iter()
            .map(|row| serde_json::to_string(row).unwrap())
            .collect();
        assert_eq!(again.join("\n"), ROWS.trim());
    }

    #[test]
    fn a_bar_may_be_a_number() {
        let row = ROWS.lines().nth(1).unwrap().replace("\"<= 1.0\"", "1.0");
        assert_eq!(parse(&row).unwrap()[0].bar, Some(Bar::Number(1.0)));
    }

    #[test]
    fn what_is_no_row_is_shown() {
        let error = parse("{\"area\":1}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1 of the bench's output is no row: `{\"area\":1}`"
        );
    }

    #[test]
    fn a_table_lines_them_up() {
        let expected = "\
area     case    subject   value  unit  against   ratio     bar  holds
-------  ------  --------  -----  ----  --------  -----  ------  -----
circuit  closed  leeward    12.3  ns    recloser  0.907  <= 1.0  yes
circuit  closed  recloser   13.6  ns
";
        assert_eq!(table(&parse(ROWS).unwrap()), expected);
    }
}
