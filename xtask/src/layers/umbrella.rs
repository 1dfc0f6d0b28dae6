//! The umbrella crate is a list of names: `pub use`, docs, one feature per crate, and features that pass on those of the crates.

use std::collections::BTreeSet;

use super::model::{Graph, Package, Violation};
use crate::source::{self, Separated};

const UMBRELLA: &str = "leeward";

/// A source file of the umbrella.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Checks the features and the `sources` of the umbrella, if the workspace has one.
pub(crate) fn check(graph: &Graph, sources: &[Source]) -> Vec<Violation> {
    let Some(umbrella) = graph.member(UMBRELLA) else {
        return Vec::new();
    };
    let published = graph
        .members()
        .filter(|(index, package)| package.published && *index != umbrella);
    let short: BTreeSet<&str> = published
        .filter_map(|(_, package)| package.name.strip_prefix("leeward-"))
        .collect();
    let mut violations = features(&graph.packages[umbrella], &short);
    violations.extend(sources.iter().flat_map(only_reexports));
    violations
}

fn features(umbrella: &Package, crates: &BTreeSet<&str>) -> Vec<Violation> {
    let violation = |what, advice| Violation {
        rule: "the umbrella has one feature per crate",
        what,
        advice,
    };
    let mut violations = Vec::new();
    for name in crates {
        let brings = format!("dep:leeward-{name}");
        match umbrella.features.get(*name) {
            Some(values) if values.contains(&brings) => {}
            _ => violations.push(violation(
                format!("{UMBRELLA} has no feature that brings leeward-{name}"),
                format!("make it an optional dependency and write `{name} = [\"{brings}\"]`"),
            )),
        }
    }
    let passes_on = |name: &str| {
        let values = umbrella.features.get(name).into_iter().flatten();
        !crates.contains(name)
            && values.clone().next().is_some()
            && values.clone().all(is_passed_on)
    };
    for name in umbrella.features.keys().map(String::as_str) {
        if !crates.contains(name) && name != "default" && name != "full" && !passes_on(name) {
            violations.push(violation(
                format!(
                    "the feature {name} of {UMBRELLA} is named like no published crate and brings more than features of crates"
                ),
                "remove it, name it like the crate without `leeward-`, or let it have values such as `leeward-x?/serde` only"
                    .to_owned(),
            ));
        }
    }
    if umbrella
        .features
        .get("default")
        .is_none_or(|values| !values.is_empty())
    {
        violations.push(violation(
            format!("the default of {UMBRELLA} is not empty"),
            "write `default = []`".to_owned(),
        ));
    }
    let full: BTreeSet<&str> = umbrella
        .features
        .get("full")
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let has_all = crates.is_subset(&full);
    if !has_all || !full.difference(crates).all(|name| passes_on(name)) {
        let passed_on = full.difference(crates).filter(|name| passes_on(name));
        let all = crates
            .iter()
            .chain(passed_on)
            .map(|name| format!("{name:?}"))
            .collect::<Vec<_>>()
            .join(", ");
        violations.push(violation(
            format!("full of {UMBRELLA} is not all crates"),
            format!("write `full = [{all}]`"),
        ));
    }
    violations
}

/// Whether it turns on a feature of a crate that is there for another reason, as in `leeward-envelope?/serde`.
fn is_passed_on(value: impl AsRef<str>) -> bool {
    let value = value.as_ref();
    value.starts_with("leeward-") && value.contains("?/")
}

fn only_reexports(file: &Source) -> Vec<Violation> {
    let separated = Separated::from(file.text.as_str());
    source::statements(&separated.code)
        .iter()
        .filter(|statement| !statement.text.starts_with("pub use "))
        .map(|statement| Violation {
            rule: "the umbrella contains `pub use` and docs",
            what: format!(
                "{}:{} says `{}`",
                file.path,
                statement.line,
                source::shortened(&statement.text)
            ),
            advice: "put it into the crate that it is about".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::graph;
    use super::*;

    const CRATES: &str = "
        leeward-envelope 0.1.0
        leeward-resilience 0.1.0
        leeward-testkit 0.1.0 unpublished
        leeward 0.1.0
          needs leeward-envelope optional
          needs leeward-resilience optional
          feature envelope = dep:leeward-envelope\n";

    #[track_caller]
    fn check(features: &str, source: &str, expected: &[&str]) {
        let file = Source {
            path: "crates/leeward/src/lib.rs".to_owned(),
            text: source.to_owned(),
        };
        let found = super::check(&graph(&format!("{CRATES}{features}")), &[file]);
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            expected
        );
    }

    const COMPLETE: &str = "feature resilience = dep:leeward-resilience
        feature default =
        feature full = envelope resilience";

    #[test]
    fn names_alone_pass() {
        check(
            COMPLETE,
            "#![doc = include_str!(\"../README.md\")]\n\n#[cfg(feature = \"envelope\")]\npub use leeward_envelope as envelope;\n",
            &[],
        );
    }

    #[test]
    fn code_is_shown_the_door() {
        check(
            COMPLETE,
            "pub use leeward_envelope as envelope;\n\npub fn answer() -> u8 {\n    42\n}\n",
            &[
                "the umbrella contains `pub use` and docs: crates/leeward/src/lib.rs:3 says `pub fn answer() -> u8 { 42 }`; \
               put it into the crate that it is about",
            ],
        );
    }

    #[test]
    fn features_of_the_crates_are_passed_on_and_may_be_in_full() {
        let passed_on = "feature resilience = dep:leeward-resilience
            feature default =
            feature full = envelope resilience serde
            feature s3 = leeward-envelope?/s3
            feature serde = leeward-envelope?/serde leeward-resilience?/serde";
        check(passed_on, "", &[]);
        // One that brings a crate is no such feature, nor is one that brings a dependency of its own.
        for values in [
            "leeward-envelope/s3",
            "leeward-envelope?/s3 dep:leeward-envelope",
        ] {
            let extra = passed_on.replace("leeward-envelope?/s3", values);
            check(
                &extra,
                "",
                &[
                    "the umbrella has one feature per crate: the feature s3 of leeward is named like no published crate and brings \
                   more than features of crates; remove it, name it like the crate without `leeward-`, or let it have values such as \
                   `leeward-x?/serde` only",
                ],
            );
        }
    }

    #[test]
    fn every_crate_has_its_feature_and_full_has_all() {
        check(
            "feature default = envelope\n feature full = envelope\n feature extra =",
            "",
            &[
                "the umbrella has one feature per crate: leeward has no feature that brings leeward-resilience; \
                 make it an optional dependency and write `resilience = [\"dep:leeward-resilience\"]`",
                "the umbrella has one feature per crate: the feature extra of leeward is named like no published crate and \
                 brings more than features of crates; remove it, name it like the crate without `leeward-`, or let it have values such \
                 as `leeward-x?/serde` only",
                "the umbrella has one feature per crate: the default of leeward is not empty; write `default = []`",
                "the umbrella has one feature per crate: full of leeward is not all crates; \
                 write `full = [\"envelope\", \"resilience\"]`",
            ],
        );
    }
}
