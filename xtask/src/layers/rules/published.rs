//! What the published crates bring along.

use super::member_dependencies;
use crate::layers::{
    model::{Graph, Origin, Violation},
    numbers::{LEGACY, ONCE},
    reach::{Features, Reach},
};
use std::collections::BTreeMap;

/// What is published leaves the testkit behind: cargo drops a dev-dependency by path without a version.
pub(super) fn testkit(graph: &Graph) -> Vec<Violation> {
    member_dependencies(graph)
        .filter(|(_, dependency)| dependency.name == "leeward-testkit" && dependency.origin == Origin::Version)
        .map(|(package, dependency)| Violation {
            rule: "the testkit is taken by path without a version",
            what: format!("{} takes {} with a version", package.name, dependency.name),
            advice: "say `leeward-testkit.workspace = true` under [dev-dependencies], with only a path at the root".to_owned(),
        })
        .collect()
}

/// One TLS stack, one HTTP stack, one crypto provider, one runtime in what is published.
pub(super) fn one_version(graph: &Graph) -> Vec<Violation> {
    let reach = published(graph);
    let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in reach
        .packages()
        .filter(|index| ONCE.contains(&graph.packages[*index].name.as_str()))
    {
        found
            .entry(&graph.packages[index].name)
            .or_default()
            .push(index);
    }
    found.retain(|_, versions| versions.len() > 1);
    let way = |index: &usize| {
        format!(
            "{} by {}",
            graph.packages[*index].version,
            reach.path(*index)
        )
    };
    found
        .iter()
        .map(|(name, versions)| Violation {
            rule: "one version in the published tree",
            what: format!(
                "{name} is there {} times: {}",
                versions.len(),
                versions.iter().map(way).collect::<Vec<_>>().join(", ")
            ),
            advice: "update or drop what brings the older one".to_owned(),
        })
        .collect()
}

/// Never there at all, whoever brings it.
pub(super) fn legacy(graph: &Graph) -> Vec<Violation> {
    let reach = published(graph);
    let mut violations = Vec::new();
    for index in reach.packages() {
        let package = &graph.packages[index];
        let is_it = |(name, version, _): &&(&str, &str, &str)| {
            package.name == *name && package.version.starts_with(version)
        };
        let Some((name, _, reason)) = LEGACY.iter().find(is_it) else {
            continue;
        };
        violations.push(Violation {
            rule: "one TLS stack and one crypto provider in the published tree",
            what: format!(
                "{name} {} ({reason}) comes by {}",
                package.version,
                reach.path(index)
            ),
            advice: "switch off the feature that brings it".to_owned(),
        });
    }
    violations
}

fn published(graph: &Graph) -> Reach<'_> {
    let roots: Vec<_> = graph
        .members()
        .filter(|(_, package)| package.published)
        .map(|(index, _)| (index, Features::All))
        .collect();
    Reach::from(graph, &roots)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_second_http_stack_is_shown_with_the_way_it_came() {
        check(
            "leeward-client-pool 0.1.0
               needs hyper@1
               needs smithy
             leeward-testkit 0.1.0 unpublished
               needs ring
             hyper 1.6.0
             smithy 1.0.0
               needs hyper@0.14
             ring 0.17.0
             hyper 0.14.32",
            &[
                "one version in the published tree: hyper is there 2 times: 1.6.0 by leeward-client-pool -> hyper, \
                 0.14.32 by leeward-client-pool -> smithy -> hyper; update or drop what brings the older one",
                "one TLS stack and one crypto provider in the published tree: hyper 0.14.32 (the SDK's legacy HTTP stack) comes by \
                 leeward-client-pool -> smithy -> hyper; switch off the feature that brings it",
            ],
        );
    }
}
