//! The rules about who may depend on whom.

use std::collections::BTreeMap;

use super::model::{Dependency, Graph, Kind, Origin, Package, Violation};
use super::numbers::{FREE_OF_THE_SDK, LEGACY, ONCE, PEERS, PLACES, Place, is_of_the_sdk};
use super::reach::{Features, Reach};

/// Every break of every rule, in the order of the rules.
pub(crate) fn check(graph: &Graph) -> Vec<Violation> {
    [
        places,
        order,
        free_of_the_sdk,
        sdk_defaults,
        testkit,
        one_version,
        legacy,
        peers,
    ]
    .iter()
    .flat_map(|rule| rule(graph))
    .collect()
}

fn place(name: &str) -> Option<Place> {
    PLACES
        .iter()
        .find(|(crate_name, _)| *crate_name == name)
        .map(|(_, place)| *place)
}

/// Each member has its place, and what is off the layers is never published.
fn places(graph: &Graph) -> Vec<Violation> {
    let violation = |what, advice: &str| Violation {
        rule: "every crate has its place",
        what,
        advice: advice.to_owned(),
    };
    let wrong = |package: &Package| match (place(&package.name), package.published) {
        (None, _) => Some(violation(
            format!("{} is not in the table of layers", package.name),
            "add it to PLACES in xtask/src/layers/numbers.rs and to docs/architecture.md",
        )),
        (Some(Place::Unpublished), true) => Some(violation(
            format!(
                "{} stands outside of the layers, yet could be published",
                package.name
            ),
            "write `publish = false` into its Cargo.toml",
        )),
        (Some(Place::Layer(number)), false) => Some(violation(
            format!(
                "{} is on layer {number}, yet says `publish = false`",
                package.name
            ),
            "remove that line, or make it Unpublished in xtask/src/layers/numbers.rs",
        )),
        _ => None,
    };
    graph
        .members()
        .filter_map(|(_, package)| wrong(package))
        .collect()
}

/// A crate depends on smaller numbers only.
fn order(graph: &Graph) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (package, dependency) in
        member_dependencies(graph).filter(|(_, dependency)| dependency.kind != Kind::Dev)
    {
        let (Some(Place::Layer(upper)), Some(lower)) =
            (place(&package.name), place(&dependency.name))
        else {
            continue;
        };
        let advice = match lower {
            Place::Layer(lower) if lower < upper => continue,
            Place::Layer(_) => {
                "move what both need into a crate with a smaller number, or turn the dependency round"
            }
            Place::Unpublished => {
                "make it a dev-dependency, or move what is needed into a published crate"
            }
        };
        let (name, target) = (&package.name, &dependency.name);
        let what = match lower {
            Place::Layer(lower) => {
                format!("{name} (layer {upper}) depends on {target} (layer {lower})")
            }
            Place::Unpublished => {
                format!("{name} (layer {upper}) depends on {target}, which is not published")
            }
        };
        violations.push(Violation {
            rule: "a crate depends on smaller numbers only",
            what,
            advice: advice.to_owned(),
        });
    }
    violations
}

/// The lower layers build without the SDK, whatever features are on (but for the one that is about it).
fn free_of_the_sdk(graph: &Graph) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, exception) in FREE_OF_THE_SDK {
        let Some(root) = graph.member(name) else {
            continue;
        };
        let reach = Reach::from(
            graph,
            &[(root, exception.map_or(Features::All, Features::AllBut))],
        );
        for found in reach
            .packages()
            .filter(|package| is_of_the_sdk(&graph.packages[*package].name))
        {
            violations.push(Violation {
                rule: "the lower layers build without the AWS SDK",
                what: format!(
                    "{name} reaches {} by {}",
                    graph.packages[found].name,
                    reach.path(found)
                ),
                advice: "remove that dependency, or put the code on layer 3 (client-pool) or above"
                    .to_owned(),
            });
        }
    }
    violations
}

/// The default features of the SDK's crates bring a second TLS stack.
fn sdk_defaults(graph: &Graph) -> Vec<Violation> {
    member_dependencies(graph)
        .filter(|(_, dependency)| is_of_the_sdk(&dependency.name) && dependency.default_features)
        .map(|(package, dependency)| Violation {
            rule: "the SDK is taken without its default features",
            what: format!(
                "{} takes {} with default features",
                package.name, dependency.name
            ),
            advice: "say `workspace = true`, with `default-features = false` at the root"
                .to_owned(),
        })
        .collect()
}

/// What is published leaves the testkit behind: cargo drops a dev-dependency by path without a version.
fn testkit(graph: &Graph) -> Vec<Violation> {
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
fn one_version(graph: &Graph) -> Vec<Violation> {
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

fn legacy(graph: &Graph) -> Vec<Violation> {
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

/// Peers to compare with stay out of this lock file, dev-dependencies included.
fn peers(graph: &Graph) -> Vec<Violation> {
    let is_peer = |package: &&Package| {
        PEERS.iter().any(|peer| {
            package.name == *peer
                || package
                    .name
                    .strip_prefix(peer)
                    .is_some_and(|rest| rest.starts_with('-'))
        })
    };
    graph
        .packages
        .iter()
        .filter(is_peer)
        .map(|package| Violation {
            rule: "peers stay out of this lock file",
            what: format!("{} {} is in it", package.name, package.version),
            advice: "compare with it in crates/leeward-bench/peers; a real dependency leaves PEERS in xtask/src/layers/numbers.rs"
                .to_owned(),
        })
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
    use super::super::model::tests::graph;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = super::check(&graph(text))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn smaller_numbers_are_welcome() {
        check(
            "leeward-region-router 0.1.0
               needs leeward-resilience
               tests-with leeward-testkit
             leeward-resilience 0.1.0
               needs leeward-error-taxonomy
             leeward-error-taxonomy 0.1.0
             leeward-testkit 0.1.0 unpublished
               needs leeward-region-router",
            &[],
        );
    }

    #[test]
    fn a_larger_number_is_refused() {
        check(
            "leeward-resilience 0.1.0
               needs leeward-client-pool
             leeward-client-pool 0.1.0",
            &[
                "a crate depends on smaller numbers only: leeward-resilience (layer 2) depends on leeward-client-pool (layer 3); \
               move what both need into a crate with a smaller number, or turn the dependency round",
            ],
        );
    }

    #[test]
    fn the_same_number_is_refused_even_to_build_with() {
        check(
            "leeward-region-router 0.1.0
               builds-with leeward-client-pool optional
             leeward-client-pool 0.1.0",
            &[
                "a crate depends on smaller numbers only: leeward-region-router (layer 3) depends on leeward-client-pool (layer 3); \
               move what both need into a crate with a smaller number, or turn the dependency round",
            ],
        );
    }

    #[test]
    fn the_testkit_is_for_tests() {
        check(
            "leeward-resilience 0.1.0
               needs leeward-testkit
             leeward-client-pool 0.1.0
               tests-with leeward-testkit versioned
             leeward-testkit 0.1.0 unpublished",
            &[
                "a crate depends on smaller numbers only: leeward-resilience (layer 2) depends on leeward-testkit, which is not \
                 published; make it a dev-dependency, or move what is needed into a published crate",
                "the testkit is taken by path without a version: leeward-client-pool takes leeward-testkit with a version; \
                 say `leeward-testkit.workspace = true` under [dev-dependencies], with only a path at the root",
            ],
        );
    }

    #[test]
    fn a_crate_without_a_place_is_told_where_to_go() {
        check(
            "leeward-surprise 0.1.0
             leeward-demo 0.1.0
             leeward-envelope 0.1.0 unpublished",
            &[
                "every crate has its place: leeward-surprise is not in the table of layers; \
                 add it to PLACES in xtask/src/layers/numbers.rs and to docs/architecture.md",
                "every crate has its place: leeward-demo stands outside of the layers, yet could be published; \
                 write `publish = false` into its Cargo.toml",
                "every crate has its place: leeward-envelope is on layer 3, yet says `publish = false`; \
                 remove that line, or make it Unpublished in xtask/src/layers/numbers.rs",
            ],
        );
    }

    #[test]
    fn the_sdk_is_found_however_deep_it_hides() {
        check(
            "leeward-region-router 0.1.0
               needs leeward-resilience
             leeward-resilience 0.1.0
               needs innocent
             innocent 1.0.0
               needs aws-smithy-types
             aws-smithy-types 1.0.0",
            &[
                "the lower layers build without the AWS SDK: leeward-resilience reaches aws-smithy-types \
                 by leeward-resilience -> innocent -> aws-smithy-types; \
                 remove that dependency, or put the code on layer 3 (client-pool) or above",
                "the lower layers build without the AWS SDK: leeward-region-router reaches aws-smithy-types \
                 by leeward-region-router -> leeward-resilience -> innocent -> aws-smithy-types; \
                 remove that dependency, or put the code on layer 3 (client-pool) or above",
            ],
        );
    }

    #[test]
    fn only_the_sdk_feature_of_error_taxonomy_may_bring_the_sdk() {
        let taxonomy = "leeward-error-taxonomy 0.1.0
               feature sdk = dep:aws-types
               needs aws-types optional
             aws-types 1.3.0\n";
        check(taxonomy, &[]);
        check(
            &format!("leeward-client-pool 0.1.0\n needs leeward-error-taxonomy +sdk\n{taxonomy}"),
            &[],
        );
        check(
            &format!("leeward-resilience 0.1.0\n needs leeward-error-taxonomy +sdk\n{taxonomy}"),
            &[
                "the lower layers build without the AWS SDK: leeward-resilience reaches aws-types \
               by leeward-resilience -> leeward-error-taxonomy -> aws-types; \
               remove that dependency, or put the code on layer 3 (client-pool) or above",
            ],
        );
    }

    #[test]
    fn the_sdk_comes_without_its_defaults_even_in_tests() {
        check(
            "leeward-client-pool 0.1.0
               needs aws-sdk-kms
               tests-with aws-config defaults
             aws-sdk-kms 1.0.0
             aws-config 1.0.0
             winterbaume-kms 0.2.1
               needs aws-sdk-kms defaults",
            &[
                "the SDK is taken without its default features: leeward-client-pool takes aws-config with default features; \
               say `workspace = true`, with `default-features = false` at the root",
            ],
        );
    }

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

    #[test]
    fn peers_are_refused_even_for_tests() {
        check(
            "leeward-resilience 0.1.0
               tests-with tower-resilience-retry
             tower-resilience-retry 0.13.0",
            &[
                "peers stay out of this lock file: tower-resilience-retry 0.13.0 is in it; compare with it in \
               crates/leeward-bench/peers; a real dependency leaves PEERS in xtask/src/layers/numbers.rs",
            ],
        );
    }
}
