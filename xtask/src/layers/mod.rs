//! `cargo xtask layers`: what may depend on what.
//!
//! `read` turns the output of `cargo metadata` into the small graph of `model`; `reach` finds what a crate pulls in
//! with given features; `rules` are pure functions over the two, and `numbers` is the data that they go by.

use anyhow::bail;

use crate::cargo;

mod model;
mod numbers;
mod reach;
mod read;
mod rules;
mod umbrella;

/// Checks the workspace; the violations go to standard error.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = cargo::root();
    let graph = read::graph()?;
    let mut violations = rules::check(&graph);
    violations.extend(umbrella::check(&graph, &read::umbrella_sources(&root)?));
    if violations.is_empty() {
        let members = graph.members().count();
        println!(
            "layers: {members} crates of this workspace and {} others keep the rules",
            graph.packages.len() - members
        );
        return Ok(());
    }
    for violation in &violations {
        eprintln!("{violation}");
    }
    bail!(
        "{} against the rules of the layers (docs/architecture.md)",
        violations.len()
    )
}
