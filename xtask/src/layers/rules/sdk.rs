//! Who takes the AWS SDK, and how.

use super::member_dependencies;
use crate::layers::{
    model::{Graph, Violation},
    numbers::{FREE_OF_THE_SDK, is_of_the_sdk},
    reach::{Features, Reach},
};

/// The lower layers build without the SDK, whatever features are on (but for the one that is about it).
pub(super) fn free_of_the_sdk(graph: &Graph) -> Vec<Violation> {
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
pub(super) fn sdk_defaults(graph: &Graph) -> Vec<Violation> {
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

#[cfg(test)]
mod tests {
    use super::super::tests::check;

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
}
