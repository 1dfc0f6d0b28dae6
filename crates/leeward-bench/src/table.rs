use crate::Row;

const HEADER: [&str; 9] = [
    "area", "case", "subject", "value", "unit", "against", "ratio", "bar", "holds",
];

/// The columns that are numbers, and stand on the right.
const NUMBERS: [bool; 9] = [false, false, false, true, false, false, true, true, false];

/// Lays the rows out as a table, aligned for a terminal and in Markdown for a page.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    let mut widths = HEADER.map(str::len);
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut lines = vec![line(&HEADER.map(str::to_owned), &widths), rule(&widths)];
    lines.extend(cells.iter().map(|row| line(row, &widths)));
    lines.concat()
}

fn line(cells: &[String; 9], widths: &[usize; 9]) -> String {
    let cells = cells.iter().zip(widths).zip(NUMBERS);
    let cells = cells.map(|((cell, width), number)| match number {
        true => format!(" {cell:>width$} |"),
        false => format!(" {cell:<width$} |"),
    });
    format!("|{}\n", cells.collect::<String>())
}

fn rule(widths: &[usize; 9]) -> String {
    let cells = widths.iter().zip(NUMBERS).map(|(width, number)| {
        let end = if number { ':' } else { '-' };
        format!("{}{end}|", "-".repeat(width + 1))
    });
    format!("|{}\n", cells.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Area, Bar, row::Ratio};

    #[test]
    fn columns_line_up() {
        let (against, value) = ("leeward".to_owned(), 5.6);
        let rows = [
            Row::new(
                (Area::Router, "healthy call", "leeward"),
                (41.26, "ns"),
                None,
                Some(Bar::AtMost(250.0)),
            ),
            Row::new(
                (Area::Router, "healthy call", "other"),
                (231.4, "ns"),
                Some(Ratio { against, value }),
                None,
            ),
        ];
        let expected = "\
| area   | case         | subject | value | unit | against | ratio |    bar | holds |
|--------|--------------|---------|------:|------|---------|------:|-------:|-------|
| router | healthy call | leeward |  41.3 | ns   |         |       | <= 250 | yes   |
| router | healthy call | other   |   231 | ns   | leeward |  5.60 |        |       |
";
        assert_eq!(table(&rows), expected);
    }
}
