//! Where a crate stands, and on whom it may depend.

use super::member_dependencies;
use crate::layers::{
    model::{Graph, Kind, Package, Violation},
    numbers::{PLACES, Place},
};

/// Each member has its place, and what is off the layers is never published.
pub(super) fn places(graph: &Graph) -> Vec<Violation> {
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
pub(super) fn order(graph: &Graph) -> Vec<Violation> {
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

fn place(name: &str) -> Option<Place> {
    PLACES
        .iter()
        .find(|(crate_name, _)| *crate_name == name)
        .map(|(_, place)| *place)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

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
}
