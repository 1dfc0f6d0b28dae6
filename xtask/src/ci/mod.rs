//! `cargo xtask ci`: every check in order, each timed, up to the first that fails.

use std::time::{Duration, Instant};

use anyhow::bail;
use clap::builder::EnumValueParser;
use clap::{Arg, ArgMatches, Command};

use crate::flag;
use crate::table::{self, Side};

mod examples;
mod step;
mod tool;

use step::Step;

/// Which steps to run.
#[derive(Debug)]
pub(crate) struct Options {
    full: bool,
    from: Option<Step>,
    only: Option<Step>,
}

/// The command line.
pub(crate) fn arguments() -> Command {
    let step = |name| {
        Arg::new(name)
            .long(name)
            .value_name("STEP")
            .value_parser(EnumValueParser::<Step>::new())
    };
    Command::new("ci")
        .about("Runs every check in order, times each, and stops at the first that fails")
        .arg(flag("full").help(
            "Adds what is long: raised counts in the tests, more seeds of the simulation, and the demo through two more outages",
        ))
        .arg(step("from").help("Begins with this step"))
        .arg(
            step("only")
                .help("Runs this step alone")
                .conflicts_with("from"),
        )
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        let step = |name| matches.get_one::<Step>(name).copied();
        Self {
            full: matches.get_flag("full"),
            from: step("from"),
            only: step("only"),
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Passed(Duration),
    Failed(Duration),
    NotRun,
}

/// Runs the steps, and prints the table of them in any case.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let plan = match options.only {
        Some(step) => vec![step],
        None => step::plan(options.full, options.from),
    };
    let mut outcomes: Vec<_> = plan
        .into_iter()
        .map(|step| (step, Outcome::NotRun))
        .collect();
    let mut failure = None;
    for (step, outcome) in &mut outcomes {
        eprintln!("\n== {} ==", step.name());
        let start = now();
        match step.run(options.full) {
            Ok(()) => *outcome = Outcome::Passed(start.elapsed()),
            Err(error) => {
                *outcome = Outcome::Failed(start.elapsed());
                failure = Some((*step, error));
                break;
            }
        }
    }
    println!("\n{}", report(&outcomes));
    match failure {
        None => Ok(()),
        Some((step, error)) => bail!(
            "{error:#}\nrepeat this step with `{}`",
            again(step, options.full)
        ),
    }
}

// The steps are other processes: what they take is time on the wall.
#[allow(
    clippy::disallowed_methods,
    reason = "measures other processes; nothing here runs on a paused clock"
)]
fn now() -> Instant {
    Instant::now()
}

fn again(step: Step, full: bool) -> String {
    let full = if full { " --full" } else { "" };
    format!("cargo xtask ci{full} --only {}", step.name())
}

fn report(outcomes: &[(Step, Outcome)]) -> String {
    let seconds = |duration: Duration| format!("{:.1}", duration.as_secs_f64());
    let total = outcomes.iter().map(|(_, outcome)| match outcome {
        Outcome::Passed(took) | Outcome::Failed(took) => *took,
        Outcome::NotRun => Duration::ZERO,
    });
    let total = ["total".to_owned(), String::new(), seconds(total.sum())];
    let rows: Vec<_> = outcomes
        .iter()
        .map(|(step, outcome)| {
            let (word, took) = match outcome {
                Outcome::Passed(took) => ("passed", seconds(*took)),
                Outcome::Failed(took) => ("FAILED", seconds(*took)),
                Outcome::NotRun => ("not run", String::new()),
            };
            [step.name(), word.to_owned(), took]
        })
        .chain([total])
        .collect();
    table::render(
        [
            ("step", Side::Left),
            ("outcome", Side::Left),
            ("seconds", Side::Right),
        ],
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_was_not_run() {
        let outcomes = [
            (Step::Layers, Outcome::Passed(Duration::from_millis(420))),
            (Step::Tidy, Outcome::Failed(Duration::from_millis(80))),
            (Step::Fmt, Outcome::NotRun),
        ];
        let expected = "step    outcome  seconds\n\
                        ------  -------  -------\n\
                        layers  passed       0.4\n\
                        tidy    FAILED       0.1\n\
                        fmt     not run\n\
                        total                0.5\n";
        assert_eq!(report(&outcomes), expected);
    }

    #[test]
    fn a_step_can_be_repeated() {
        assert_eq!(
            again(Step::OutageAtStart, false),
            "cargo xtask ci --only outage-at-start"
        );
        assert_eq!(again(Step::Test, true), "cargo xtask ci --full --only test");
    }
}
