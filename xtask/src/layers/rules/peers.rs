//! What is compared with stays apart.

use crate::layers::{
    model::{Graph, Package, Violation},
    numbers::PEERS,
};

/// Peers to compare with stay out of this lock file, dev-dependencies included.
pub(super) fn peers(graph: &Graph) -> Vec<Violation> {
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

#[cfg(test)]
mod tests {
    use super::super::tests::check;

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
