use super::peer::Peer;
use leeward_envelope::AlgorithmSuite;
use std::fmt;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    To,
    From,
}

/// What came of every case.
#[derive(Debug)]
pub(crate) struct Report {
    columns: Vec<String>,
    versions: Vec<String>,
    rows: Vec<Row>,
    failures: Vec<String>,
}

#[derive(Debug)]
struct Row {
    case: [String; 3],
    cells: Vec<&'static str>,
}

impl Report {
    pub(crate) fn new(peers: &[Peer]) -> Self {
        let versions = peers.iter().map(|peer| peer.version.clone()).collect();
        Self::of(peers.iter().map(|peer| peer.name), versions)
    }

    fn of<'a>(names: impl Iterator<Item = &'a str>, versions: Vec<String>) -> Self {
        Self {
            columns: names
                .flat_map(|name| [format!("to {name}"), format!("from {name}")])
                .collect(),
            versions,
            rows: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Notes what came of one message.
    pub(crate) fn tell(
        &mut self,
        group: &str,
        suite: AlgorithmSuite,
        size: usize,
        peer: usize,
        way: Way,
        outcome: Result<(), String>,
    ) {
        let case = [
            group.to_owned(),
            format!("{:04x}", suite.id()),
            size.to_string(),
        ];
        let column = 2 * peer + usize::from(way == Way::From);
        if self.rows.last().is_none_or(|row| row.case != case) {
            let cells = vec!["-"; self.columns.len()];
            let case = case.clone();
            self.rows.push(Row { case, cells });
        }
        let row = self.rows.last_mut().expect("pushed above");
        row.cells[column] = if outcome.is_ok() { "ok" } else { "FAILED" };
        if let Err(why) = outcome {
            let [group, suite, size] = case;
            let way = &self.columns[column];
            let failure = format!("{group}, suite {suite}, {size} bytes, {way}: {why}");
            self.failures.push(failure);
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) const fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The table, the failures by name, and their number.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.rows.iter().map(|row| row.case[0].chars().count());
        let width = groups.max().unwrap_or_default();
        write!(f, "{:<width$}  suite    bytes", "keyring")?;
        for column in &self.columns {
            write!(f, "  {column}")?;
        }
        writeln!(f)?;
        for Row { case, cells } in &self.rows {
            let [group, suite, size] = case;
            write!(f, "{group:<width$}  {suite:>5}  {size:>7}")?;
            for (cell, column) in cells.iter().zip(&self.columns) {
                write!(f, "  {cell:>0$}", column.len())?;
            }
            writeln!(f)?;
        }
        let cells = self.rows.iter().flat_map(|row| &row.cells);
        let played = cells.filter(|cell| **cell != "-").count();
        let failed = self.failures.len();
        writeln!(f, "\nwith {}", self.versions.join(" and "))?;
        writeln!(f, "{played} messages, {failed} failed")?;
        for failure in &self.failures {
            writeln!(f, "FAILED: {failure}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_failed_and_leaves_out_what_was_not_played() {
        let mut report = Report::of(["A", "B"].into_iter(), vec!["a 1".into(), "b 2".into()]);
        let suite = AlgorithmSuite::Aes256Gcm;
        report.tell("raw AES", suite, 1, 0, Way::To, Ok(()));
        report.tell("raw AES", suite, 1, 0, Way::From, Err("it is old".into()));
        report.tell("raw AES", suite, 4096, 1, Way::To, Ok(()));
        assert!(!report.is_good());
        let expected = "\
keyring  suite    bytes  to A  from A  to B  from B
raw AES   0078        1    ok  FAILED     -       -
raw AES   0078     4096     -       -    ok       -

with a 1 and b 2
3 messages, 1 failed
FAILED: raw AES, suite 0078, 1 bytes, from A: it is old
";
        assert_eq!(report.to_string(), expected);
    }
}
