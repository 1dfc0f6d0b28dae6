use crate::printer::Printer;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stdout};

/// Shows how far the work is: a bar where one can be drawn, plain lines elsewhere, nothing beside JSON.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    bar: Option<ProgressBar>,
    lines: Option<&'a Printer>,
}

/// How the progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Bar,
    Lines,
    Nothing,
}

impl Show {
    /// The bar is drawn on standard error, and would be out of place beside lines that go elsewhere.
    const fn choose(json: bool, terminal: bool, drawable: bool) -> Self {
        match (json, terminal && drawable) {
            (true, _) => Self::Nothing,
            (false, true) => Self::Bar,
            (false, false) => Self::Lines,
        }
    }
}

impl<'a> Progress<'a> {
    pub(crate) fn new(json: bool, printer: &'a Printer) -> Self {
        let bar = ProgressBar::no_length();
        let show = Show::choose(json, stdout().is_terminal(), !bar.is_hidden());
        let style =
            ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len} records, {elapsed}");
        let bar = match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self {
            bar: (show == Show::Bar).then_some(bar),
            lines: (show == Show::Lines).then_some(printer),
        }
    }

    /// Begins a stage of so many records.
    pub(crate) fn stage(&self, name: &'static str, records: u64) {
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(records);
            bar.set_message(name);
        }
        if let Some(printer) = self.lines {
            printer.line(format_args!("{name}: {records} records"));
        }
    }

    /// Counts a record; a stage that takes more of them than it said grows with them.
    pub(crate) fn step(&self) {
        if let Some(bar) = &self.bar {
            if bar.length() == Some(bar.position()) {
                bar.inc_length(1);
            }
            bar.inc(1);
        }
    }

    /// Says what happened, above the bar.
    pub(crate) fn say(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.println(text);
        }
        if let Some(printer) = self.lines {
            printer.line(text);
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_in_wherever_no_bar_can_be_drawn() {
        let cases = [
            ((false, true, true), Show::Bar),
            ((false, true, false), Show::Lines),
            ((false, false, true), Show::Lines),
            ((false, false, false), Show::Lines),
            ((true, true, true), Show::Nothing),
            ((true, false, false), Show::Nothing),
        ];
        for ((json, terminal, drawable), shown) in cases {
            assert_eq!(Show::choose(json, terminal, drawable), shown);
        }
    }

    #[test]
    fn the_bar_never_shows_more_than_all() {
        let progress = Progress {
            bar: Some(ProgressBar::hidden()),
            lines: None,
        };
        progress.stage("some", 2);
        let shown: Vec<_> = (0..4)
            .map(|_| {
                progress.step();
                let bar = progress.bar.as_ref().unwrap();
                (bar.position(), bar.length().unwrap())
            })
            .collect();
        assert_eq!(shown, [(1, 2), (2, 2), (3, 3), (4, 4)]);
    }
}
