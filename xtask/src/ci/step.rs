//! The steps, their order, and what each of them runs.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::{examples, tool};
use crate::{cargo, demo, interop, layers, sim, test, tidy};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    Layers,
    Tidy,
    Fmt,
    Clippy,
    Test,
    Loom,
    Docs,
    Features,
    Deny,
    Examples,
    Interop,
    Sim,
    OutageAtStart,
    TwoRegionsDown,
}

impl ValueEnum for Step {
    fn value_variants<'a>() -> &'a [Self] {
        use Step::*;
        &[
            Layers,
            Tidy,
            Fmt,
            Clippy,
            Test,
            Loom,
            Docs,
            Features,
            Deny,
            Examples,
            Interop,
            Sim,
            OutageAtStart,
            TwoRegionsDown,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Layers => ("layers", "What may depend on what"),
            Self::Tidy => ("tidy", "Names, file lengths, manifests, links"),
            Self::Fmt => ("fmt", "The format of the sources"),
            Self::Clippy => ("clippy", "Lints, each of them denied"),
            Self::Test => ("test", "What `cargo xtask test` runs"),
            Self::Loom => (
                "loom",
                "Every interleaving of the lock-free cores: `cargo xtask test --loom`",
            ),
            Self::Docs => ("docs", "The documentation builds without a warning"),
            Self::Features => ("features", "Each feature of each crate alone"),
            Self::Deny => ("deny", "Bans, licences and sources of all dependencies"),
            Self::Examples => ("examples", "Every example builds and runs to its end"),
            Self::Interop => (
                "interop",
                "The official SDKs for Python and Node, ministack, PostgreSQL and MariaDB: `cargo xtask interop`",
            ),
            Self::Sim => (
                "sim",
                "Outages on paused time, with three seeds (twenty with --full)",
            ),
            Self::OutageAtStart => (
                "outage-at-start",
                "The demo with the first Region gone from the start (with --full)",
            ),
            Self::TwoRegionsDown => (
                "two-regions-down",
                "The demo with two of three Regions gone half way (with --full)",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

/// The steps of a run; whoever begins with a long one wants the long ones.
pub(crate) fn plan(full: bool, from: Option<Step>) -> Vec<Step> {
    let full = full || from.is_some_and(Step::is_long);
    let steps = Step::value_variants()
        .iter()
        .copied()
        .filter(|step| full || !step.is_long());
    steps
        .skip_while(|step| from.is_some_and(|from| from != *step))
        .collect()
}

impl Step {
    fn is_long(self) -> bool {
        matches!(self, Self::OutageAtStart | Self::TwoRegionsDown)
    }

    /// The name that the command line knows the step by.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .expect("every step has a name")
            .get_name()
            .to_owned()
    }

    /// Runs the step to its end.
    pub(crate) fn run(self, full: bool) -> anyhow::Result<()> {
        match self {
            Self::Layers => layers::run(),
            Self::Tidy => tidy::run(),
            Self::Fmt => fmt(),
            Self::Clippy => {
                let all = [
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--all-features",
                    "--",
                    "-D",
                    "warnings",
                ];
                cargo::run(cargo::command(all))
            }
            Self::Test => test::run(&test::Options::everything(full)),
            Self::Loom => test::run(&test::Options::models()),
            Self::Docs => {
                let mut doc = cargo::command(["doc", "--workspace", "--no-deps", "--all-features"]);
                doc.env("RUSTDOCFLAGS", "-D warnings");
                cargo::run(doc)
            }
            Self::Features => features(),
            Self::Deny => {
                let mut deny = tool::DENY.command()?;
                // Its warnings are trees of hundreds of lines, under which an error would be lost.
                deny.args(["--log-level", "error", "--workspace", "--all-features"]);
                deny.args(["check", "bans", "licenses", "sources"]);
                cargo::run(deny)
            }
            Self::Examples => examples::run(),
            Self::Interop => interop::run(&interop::Options::default()),
            Self::Sim => cargo::run(sim::checked(full)),
            Self::OutageAtStart => {
                cargo::run(demo::command(false, &["--outage".into(), "start".into()]))
            }
            Self::TwoRegionsDown => {
                cargo::run(demo::command(false, &["--down".into(), "2".into()]))
            }
        }
    }
}

fn fmt() -> anyhow::Result<()> {
    cargo::run(cargo::command(["fmt", "--all", "--check"]))?;
    // Workspaces of their own, which `--all` does not reach.
    for manifest in [
        "crates/leeward-bench/aws-esdk/Cargo.toml",
        "crates/leeward-bench/peers/Cargo.toml",
        "crates/leeward-envelope/fuzz/Cargo.toml",
    ] {
        if cargo::root().join(manifest).exists() {
            cargo::run(cargo::command([
                "fmt",
                "--check",
                "--manifest-path",
                manifest,
            ]))?;
        }
    }
    Ok(())
}

// Clippy rather than check: it costs the same and refuses what only warns when a feature stands alone. Dev-dependencies
// need not be removed for it: without a target that needs them the resolver leaves their features out.
//
// The step of clippy sees all features at once. The umbrella is left out, as `layers` holds it to a list of `pub use`, and
// a `cfg` that names no feature is refused by clippy; so are the private crates, which have no features but for the testkit.
fn features() -> anyhow::Result<()> {
    let published = ["--workspace", "--ignore-private", "--exclude", "leeward"];
    let testkit = ["--package", "leeward-testkit"];
    for packages in [published.as_slice(), &testkit] {
        let mut hack = tool::HACK.command()?;
        hack.arg("clippy").args(packages);
        hack.args(["--each-feature", "--exclude-all-features"]);
        hack.args(["--", "-D", "warnings"]);
        cargo::run(hack)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(full: bool, from: Option<Step>, first: &str, last: &str, count: usize) {
        let names: Vec<_> = plan(full, from).into_iter().map(Step::name).collect();
        let ends = (
            names.first().map(String::as_str),
            names.last().map(String::as_str),
        );
        assert_eq!((ends, names.len()), ((Some(first), Some(last)), count));
    }

    #[test]
    fn the_long_steps_are_for_those_who_ask() {
        check(false, None, "layers", "sim", 12);
        check(true, None, "layers", "two-regions-down", 14);
        check(false, Some(Step::Test), "test", "sim", 8);
        check(true, Some(Step::Deny), "deny", "two-regions-down", 6);
        check(
            false,
            Some(Step::OutageAtStart),
            "outage-at-start",
            "two-regions-down",
            2,
        );
    }
}
