//! The rules about who may depend on whom: a file for what they are about, and each a pure function over the graph.

mod peers;
mod place;
mod published;
mod sdk;

use super::model::{Dependency, Graph, Package, Violation};

/// Every break of every rule, in the order of the rules.
pub(crate) fn check(graph: &Graph) -> Vec<Violation> {
    [
        place::places,
        place::order,
        sdk::free_of_the_sdk,
        sdk::sdk_defaults,
        published::testkit,
        published::one_version,
        published::legacy,
        peers::peers,
    ]
    .iter()
    .flat_map(|rule| rule(graph))
    .collect()
}

fn member_dependencies(graph: &Graph) -> impl Iterator<Item = (&Package, &Dependency)> {
    graph.members().flat_map(|(_, package)| {
        package
            .dependencies
            .iter()
            .map(move |dependency| (package, dependency))
    })
}

#[cfg(test)]
mod tests {
    use crate::layers::model::tests::graph;

    #[track_caller]
    pub(super) fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = super::check(&graph(text))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }
}
