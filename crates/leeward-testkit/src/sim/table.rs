/// Lays rows out, the first of them being the header: columns two spaces apart, the first `left` of them flush left.
pub(super) fn table<const N: usize>(left: usize, rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| {
            if column < left {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["S0", "ok"], ["S10", "99.9 %"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(1, &rows), "S0       ok\nS10  99.9 %\n");
    }
}
