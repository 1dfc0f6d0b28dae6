//! Aligned plain text tables.

/// On which side the words of a column stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Lays `rows` out under `header`, one line each, columns two spaces apart.
pub(crate) fn render<const N: usize>(header: [(&str, Side); N], rows: &[[String; N]]) -> String {
    let mut widths = header.map(|(title, _)| title.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let titles = header.map(|(title, _)| title.to_owned());
    let rules = widths.map(|width| "-".repeat(width));
    let mut text = String::new();
    for row in [&titles, &rules].into_iter().chain(rows) {
        let mut line = String::new();
        for ((cell, width), (_, side)) in row.iter().zip(widths).zip(header) {
            line += &match side {
                Side::Left => format!("{cell:<width$}  "),
                Side::Right => format!("{cell:>width$}  "),
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [
            ["layers".to_owned(), "0.4".to_owned()],
            ["fmt".to_owned(), "12.0".to_owned()],
        ];
        let table = render([("step", Side::Left), ("seconds", Side::Right)], &rows);
        assert_eq!(
            table,
            "step    seconds\n------  -------\nlayers      0.4\nfmt        12.0\n"
        );
    }
}
