//! Plays outages against the real router: `cargo xtask sim --help`.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use clap::Parser;
use leeward_testkit::sim::{self, Policy, Scenario};

/// Plays outages on paused time against the real router, and holds it to what the project promises.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim", bin_name = "cargo xtask sim")]
#[command(
    after_help = "Exit codes: 0 if all was played and, with --check, every bar held; 1 if a bar was missed; 2 if there is nothing \
                  to play, to check or to write to, or if a run failed"
)]
struct Arguments {
    /// The scenarios to play, such as `S2`; all of them by default.
    scenarios: Vec<String>,
    /// Plays this seed alone.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Plays so many seeds, from 1 on.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Plays this policy instead of Leeward's: leeward, sequential, bare, sdk, next-region, consecutive.
    #[arg(long)]
    policy: Option<Policy>,
    /// Plays beside it what others do: sdk, next-region, consecutive.
    #[arg(long, conflicts_with = "policy")]
    compare: bool,
    /// Fails if a bar is missed, or if whoever plays has none.
    #[arg(long)]
    check: bool,
    /// Where the pictures go, from the root of the repository; made if need be.
    #[arg(long, default_value = "target/sim")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprint!("error: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprint!(": {error}");
                source = error.source();
            }
            eprintln!();
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let seeds = match arguments.seed {
        Some(seed) => seed..=seed,
        None => 1..=arguments.seeds,
    };
    let scenarios = chosen(&arguments.scenarios)?;
    let plan = scenarios.iter().flat_map(|scenario| {
        let policies = policies(arguments, scenario);
        policies
            .into_iter()
            .map(|policy| (scenario.clone(), policy))
    });
    let plan: Vec<_> = plan.collect();
    if arguments.check {
        has_bars(&plan)?;
    }
    // Before all is played, which takes its time.
    can_write(&arguments.folder)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let seasons = sim::season(plan, &seeds, threads)?;
    let verdicts = sim::verdicts(&seasons);
    print(&sim::report(&seasons, &verdicts))?;

    for season in &seasons {
        let name = format!("{}-{}.svg", season.scenario.name, season.policy);
        sim::draw(season, &arguments.folder.join(name))?;
    }
    eprintln!(
        "pictures of seed {} in {}",
        seeds.start(),
        arguments.folder.display()
    );

    let missed = verdicts.iter().filter(|verdict| !verdict.holds()).count();
    if arguments.check && missed > 0 {
        eprintln!("error: {missed} of {} bars are missed", verdicts.len());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(names: &[String]) -> Result<Vec<Scenario>, String> {
    let all = sim::scenarios();
    let known = |name: &String| {
        all.iter()
            .any(|scenario| scenario.name.eq_ignore_ascii_case(name))
    };
    if let Some(name) = names.iter().find(|name| !known(name)) {
        let names: Vec<_> = all.iter().map(|scenario| scenario.name).collect();
        return Err(format!(
            "there is no scenario `{name}`; there are {}",
            names.join(", ")
        ));
    }
    let is_chosen = |scenario: &Scenario| {
        names.is_empty()
            || names
                .iter()
                .any(|name| scenario.name.eq_ignore_ascii_case(name))
    };
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// Fails if nothing is demanded of anybody who is to play.
fn has_bars(plan: &[(Scenario, Policy)]) -> Result<(), String> {
    let is_held = |(scenario, policy): &(Scenario, Policy)| {
        let mut bars = scenario.bars.iter();
        bars.any(|bar| bar.policy == *policy)
    };
    if plan.iter().any(is_held) {
        return Ok(());
    }
    let mut who: Vec<_> = plan.iter().map(|(_, policy)| policy.to_string()).collect();
    who.sort_unstable();
    who.dedup();
    Err(format!(
        "--check has nothing to hold: no bar of these scenarios is for {}; leave out --check or --policy",
        who.join(", ")
    ))
}

/// Makes the folder, and fails if no file can be written there.
fn can_write(folder: &Path) -> Result<(), String> {
    let trial = folder.join(format!(".trial-{}", std::process::id()));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&trial, []))
        .and_then(|()| fs::remove_file(&trial))
        .map_err(|error| {
            format!(
                "no picture can be written into {}: {error}; name another folder with --folder",
                folder.display()
            )
        })
}

/// Whoever is asked for, and whoever the bars of the scenario need.
fn policies(arguments: &Arguments, scenario: &Scenario) -> Vec<Policy> {
    let mut policies = match arguments.policy {
        Some(policy) => vec![policy],
        None => scenario.bars.iter().map(|bar| bar.policy).collect(),
    };
    if policies.contains(&Policy::Leeward) && scenario.compares() {
        policies.push(Policy::Bare);
    }
    if arguments.compare {
        policies.extend(Policy::NAIVE);
    }
    policies.sort_unstable();
    policies.dedup();
    policies
}

fn print(text: &str) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(text.as_bytes())
}
