//! What a crate pulls in with given features.
//!
//! `cargo metadata` resolves the workspace as a whole: there a crate has every feature that any other member asks for.
//! So the features are followed again here, from chosen roots, by cargo's own rules and for all platforms at once.
//! Normal and build dependencies share their features, which at worst reaches more than cargo would.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::model::{Dependency, Graph, Kind};

/// Which features of a root are on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Features<'a> {
    All,
    AllBut(&'a str),
}

/// The packages that some roots need to build, with the features that are on in each.
#[derive(Debug)]
pub(crate) struct Reach<'a> {
    graph: &'a Graph,
    roots: Vec<usize>,
    features: BTreeMap<usize, BTreeSet<&'a str>>,
    /// Optional dependencies that a feature has switched on: the package, and the place in its list.
    switched_on: BTreeSet<(usize, usize)>,
}

impl<'a> Reach<'a> {
    /// Follows normal and build dependencies from `roots`.
    pub(crate) fn from(graph: &'a Graph, roots: &[(usize, Features<'_>)]) -> Self {
        let mut reach = Self {
            graph,
            roots: roots.iter().map(|(root, _)| *root).collect(),
            features: BTreeMap::new(),
            switched_on: BTreeSet::new(),
        };
        for (root, wanted) in roots {
            let declared = graph.packages[*root].features.keys().map(String::as_str);
            let on = declared.filter(
                |feature| !matches!(wanted, Features::AllBut(left_out) if feature == left_out),
            );
            reach.features.entry(*root).or_default().extend(on);
        }
        // Features only ever add up, so that this ends.
        while reach.grow() {}
        reach
    }

    /// The positions of the packages reached, roots included.
    pub(crate) fn packages(&self) -> impl Iterator<Item = usize> {
        self.features.keys().copied()
    }

    /// A shortest way from a root to the package at `to`, as `a -> b -> c`.
    pub(crate) fn path(&self, to: usize) -> String {
        let mut came_from: BTreeMap<usize, Option<usize>> =
            self.roots.iter().map(|root| (*root, None)).collect();
        let mut queue = VecDeque::from(self.roots.clone());
        while let Some(from) = queue.pop_front() {
            for (_, next) in self.edges(from) {
                came_from.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    Some(from)
                });
            }
        }
        let mut way = Vec::new();
        let mut at = Some(to);
        while let Some(package) = at {
            way.push(self.graph.packages[package].name.as_str());
            at = came_from.get(&package).copied().flatten();
        }
        way.reverse();
        way.join(" -> ")
    }

    /// The dependencies of `from` that are part of the build.
    fn edges(&self, from: usize) -> impl Iterator<Item = (&'a Dependency, usize)> {
        self.graph.packages[from]
            .dependencies
            .iter()
            .enumerate()
            .filter(move |(place, dependency)| {
                !dependency.optional || self.switched_on.contains(&(from, *place))
            })
            .filter(|(_, dependency)| dependency.kind != Kind::Dev)
            .filter_map(|(_, dependency)| Some((dependency, dependency.package?)))
    }

    /// Takes every step that is possible now; whether there was one.
    fn grow(&mut self) -> bool {
        let before = self.size();
        for (package, features) in self.features.clone() {
            for feature in features {
                for value in self.graph.packages[package]
                    .features
                    .get(feature)
                    .into_iter()
                    .flatten()
                {
                    self.switch_on(package, value);
                }
            }
            let edges: Vec<_> = self.edges(package).collect();
            for (dependency, target) in edges {
                let on = self.features.entry(target).or_default();
                on.extend(dependency.features.iter().map(String::as_str));
                if dependency.default_features {
                    on.insert("default");
                }
            }
        }
        self.size() != before
    }

    fn size(&self) -> (usize, usize, usize) {
        let features = self.features.values().map(BTreeSet::len).sum();
        (self.features.len(), features, self.switched_on.len())
    }

    /// Does what one value of a feature says: `other`, `dep:key`, `key/feature` or `key?/feature`.
    fn switch_on(&mut self, package: usize, value: &'a str) {
        if let Some(key) = value.strip_prefix("dep:") {
            self.switch_on_dependency(package, key);
        } else if let Some((key, feature)) = value.split_once('/') {
            let weak = key.strip_suffix('?');
            let key = weak.unwrap_or(key);
            if weak.is_none() {
                self.switch_on_dependency(package, key);
                if self.graph.packages[package].features.contains_key(key) {
                    self.features.entry(package).or_default().insert(key);
                }
            }
            let targets: Vec<_> = self
                .edges(package)
                .filter(|(dependency, _)| dependency.key == key)
                .collect();
            for (_, target) in targets {
                self.features.entry(target).or_default().insert(feature);
            }
        } else {
            self.features.entry(package).or_default().insert(value);
        }
    }

    fn switch_on_dependency(&mut self, package: usize, key: &str) {
        for (place, dependency) in self.graph.packages[package].dependencies.iter().enumerate() {
            if dependency.key == key && dependency.optional {
                self.switched_on.insert((package, place));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::graph;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let graph = graph(text);
        let reach = Reach::from(&graph, &[(0, Features::AllBut("off"))]);
        let found: Vec<_> = reach
            .packages()
            .map(|package| graph.packages[package].name.as_str())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn tests_are_left_behind() {
        check(
            "a 1\n needs b\n builds-with c\n tests-with d\n b 1\n c 1\n d 1",
            &["a", "b", "c"],
        );
    }

    #[test]
    fn an_optional_dependency_waits_for_its_feature() {
        check(
            "a 1\n feature on = dep:b\n needs b optional\n needs c optional\n b 1\n c 1",
            &["a", "b"],
        );
        check("a 1\n feature off = dep:b\n needs b optional\n b 1", &["a"]);
    }

    #[test]
    fn features_switch_one_another_on() {
        let b = "b 1\n feature default = x\n feature x = y\n feature y = dep:c\n needs c optional\n c 1";
        check(&format!("a 1\n needs b defaults\n {b}"), &["a", "b", "c"]);
        check(&format!("a 1\n needs b +x\n {b}"), &["a", "b", "c"]);
        check(&format!("a 1\n needs b\n {b}"), &["a", "b"]);
    }

    #[test]
    fn a_feature_reaches_into_a_dependency() {
        let b = "b 1\n feature x = dep:c\n needs c optional\n c 1";
        check(
            &format!("a 1\n feature on = b/x\n needs b optional\n {b}"),
            &["a", "b", "c"],
        );
        check(
            &format!("a 1\n feature on = b?/x\n needs b optional\n {b}"),
            &["a"],
        );
        check(
            &format!("a 1\n feature on = b?/x\n feature z = dep:b\n needs b optional\n {b}"),
            &["a", "b", "c"],
        );
    }

    #[test]
    fn the_way_is_a_shortest_one() {
        let graph =
            graph("a 1\n needs b\n needs c\n b 1\n needs d\n c 1\n needs e\n d 1\n needs e\n e 1");
        assert_eq!(
            Reach::from(&graph, &[(0, Features::All)]).path(4),
            "a -> c -> e"
        );
    }
}
