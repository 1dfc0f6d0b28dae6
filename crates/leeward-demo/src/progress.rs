use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stdout};

/// Shows how far the work is: a bar on a terminal, plain lines elsewhere, nothing beside JSON.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
}

impl Progress {
    pub(crate) fn new(json: bool) -> Self {
        let terminal = stdout().is_terminal();
        let bar = (terminal && !json).then(|| {
            let style =
                ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len} records, {elapsed}");
            let bar = ProgressBar::no_length();
            style
                .map(|style| bar.clone().with_style(style))
                .unwrap_or(bar)
        });
        Self {
            bar,
            lines: !terminal && !json,
        }
    }

    /// Begins a stage of so many records.
    pub(crate) fn stage(&self, name: &'static str, records: u64) {
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(records);
            bar.set_message(name);
        }
        if self.lines {
            println!("{name}: {records} records");
        }
    }

    pub(crate) fn step(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Says what happened, above the bar.
    pub(crate) fn say(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.println(text);
        }
        if self.lines {
            println!("{text}");
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
