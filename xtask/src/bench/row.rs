//! One figure of a bench.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::metadata::text;
use crate::table::{self, Side};

/// What was measured of whom, and whether it is as good as it claims to be.
///
/// The fields are `area`, `case`, `subject` and `unit` (texts), `value` (a number), `against` (the subject that it is
/// compared with), `ratio` (this subject's value over the other's), `bar` (the claim: a number, or a text that tells its
/// direction too, such as `<= 1.05`) and `holds`. The last four may be null: such a row claims nothing.
#[derive(Debug, PartialEq)]
pub(crate) struct Row(Value);

impl Row {
    /// Which figure this is, in a few words.
    pub(crate) fn name(&self) -> String {
        format!(
            "{}, {}, {}",
            text(&self.0, "area"),
            text(&self.0, "case"),
            text(&self.0, "subject")
        )
    }

    /// Whether the row makes a claim and misses it.
    pub(crate) fn misses_its_bar(&self) -> bool {
        self.0["holds"] == false
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
            row(line).with_context(|| {
                format!(
                    "line {} of the bench's output is no row: `{line}`",
                    number + 1
                )
            })
        })
        .collect()
}

fn row(line: &str) -> anyhow::Result<Row> {
    let row: Value = serde_json::from_str(line)?;
    for name in ["area", "case", "subject", "unit"] {
        ensure!(row[name].is_string(), "`{name}` must be a text");
    }
    ensure!(row["value"].is_number(), "`value` must be a number");
    for (name, fits) in [
        ("against", Value::is_string as fn(&Value) -> bool),
        ("ratio", Value::is_number),
        ("bar", |bar| bar.is_number() || bar.is_string()),
        ("holds", Value::is_boolean),
    ] {
        let value = row
            .get(name)
            .with_context(|| format!("`{name}` is missing: write null if it claims nothing"))?;
        ensure!(
            value.is_null() || fits(value),
            "`{name}` cannot be `{value}`"
        );
    }
    Ok(Row(row))
}

/// The rows as one JSON array.
pub(crate) fn json(rows: Vec<Row>) -> Value {
    rows.into_iter().map(|row| row.0).collect()
}

/// Lays the rows out for reading.
pub(crate) fn table(rows: &[Row]) -> String {
    const COLUMNS: [(&str, Side); 9] = [
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
    let cells: Vec<_> = rows
        .iter()
        .map(|row| COLUMNS.map(|(name, _)| cell(&row.0[name])))
        .collect();
    table::render(COLUMNS, &cells)
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "NO".to_owned(),
        _ => value.as_f64().map(figure).unwrap_or_default(),
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
{"against":"recloser","area":"circuit","bar":"<= 1.0","case":"closed","holds":true,"ratio":0.907,"subject":"leeward","unit":"ns","value":12.34}
{"against":null,"area":"circuit","bar":null,"case":"closed","holds":null,"ratio":null,"subject":"recloser","unit":"ns","value":13.6}
"#;

    #[test]
    fn rows_survive_the_journey() {
        let array = json(parse(ROWS).unwrap());
        let again: Vec<_> = array
            .as_array()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(again.join("\n"), ROWS.trim());
    }

    #[test]
    fn a_row_without_a_bar_cannot_miss_it() {
        let check = |text: &str| {
            parse(text)
                .unwrap()
                .iter()
                .map(Row::misses_its_bar)
                .collect::<Vec<_>>()
        };
        assert_eq!(check(ROWS), [false, false]);
        assert_eq!(check(&ROWS.replace("true", "false")), [true, false]);
    }

    #[track_caller]
    fn is_no_row(part: &str, instead: &str, reason: &str) {
        let line = ROWS.lines().nth(1).unwrap().replace(part, instead);
        let error = parse(&line).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            format!("line 1 of the bench's output is no row: `{line}`: {reason}")
        );
    }

    #[test]
    fn what_is_no_row_is_shown() {
        is_no_row("\"circuit\"", "1", "`area` must be a text");
        is_no_row("12.34", "\"12.34\"", "`value` must be a number");
        is_no_row(
            "\"holds\":true,",
            "",
            "`holds` is missing: write null if it claims nothing",
        );
        is_no_row("\"<= 1.0\"", "[1.0]", "`bar` cannot be `[1.0]`");
    }

    #[test]
    fn a_bar_may_be_a_number() {
        assert!(parse(&ROWS.replace("\"<= 1.0\"", "1.0")).is_ok());
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
