//! The part of a dependency graph that the rules look at.

use std::collections::BTreeMap;
use std::fmt;

/// Every package that the lock file resolves to.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Belongs to this workspace.
    pub(crate) member: bool,
    /// May go to a registry: its manifest does not say `publish = false`.
    pub(crate) published: bool,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
pub(crate) struct Dependency {
    /// The package's own name.
    pub(crate) name: String,
    /// What the manifest calls it, and therefore the features too.
    pub(crate) key: String,
    /// Where it stands in the graph; `None` if nothing in the workspace switches it on.
    pub(crate) package: Option<usize>,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) default_features: bool,
    pub(crate) features: Vec<String>,
    pub(crate) origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Origin {
    /// A path alone: cargo leaves it out of what it publishes.
    Path,
    /// A version, with or without a path.
    Version,
}

impl Graph {
    /// The crates of this workspace, with their positions.
    pub(crate) fn members(&self) -> impl Iterator<Item = (usize, &Package)> {
        self.packages
            .iter()
            .enumerate()
            .filter(|(_, package)| package.member)
    }

    /// The position of the member called `name`.
    pub(crate) fn member(&self, name: &str) -> Option<usize> {
        self.members()
            .find(|(_, package)| package.name == name)
            .map(|(index, _)| index)
    }
}

/// One break of a rule: which, where, and what to do about it.
#[derive(Debug, PartialEq)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) what: String,
    pub(crate) advice: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.rule, self.what, self.advice)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Reads a graph from lines such as
    ///
    /// ```text
    /// leeward-resilience 0.1.0
    ///   feature full = dep:quanta
    ///   needs quanta optional
    ///   needs tokio@1 defaults +time
    ///   tests-with leeward-testkit versioned
    /// tokio 1.0.0
    /// ```
    ///
    /// Packages that start with `leeward` are members, and published unless `unpublished` follows the version.
    pub(crate) fn graph(text: &str) -> Graph {
        let mut graph = Graph::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [] => {}
                ["feature", name, "=", ..] => {
                    let values = words[3..].iter().map(ToString::to_string).collect();
                    graph
                        .packages
                        .last_mut()
                        .unwrap()
                        .features
                        .insert(name.to_owned(), values);
                }
                ["needs" | "builds-with" | "tests-with", ..] => {
                    graph
                        .packages
                        .last_mut()
                        .unwrap()
                        .dependencies
                        .push(dependency(&words));
                }
                [name, version, ..] => graph.packages.push(Package {
                    name: name.to_owned(),
                    version: version.to_owned(),
                    member: name.starts_with("leeward"),
                    published: !words.contains(&"unpublished"),
                    dependencies: Vec::new(),
                    features: BTreeMap::new(),
                }),
                [name] => panic!("{name} has no version"),
            }
        }
        resolve(&mut graph);
        graph
    }

    fn dependency(words: &[&str]) -> Dependency {
        Dependency {
            name: words[1].to_owned(),
            key: words[1].to_owned(),
            package: None,
            kind: match words[0] {
                "builds-with" => Kind::Build,
                "tests-with" => Kind::Dev,
                _ => Kind::Normal,
            },
            optional: words.contains(&"optional"),
            default_features: words.contains(&"defaults"),
            features: words
                .iter()
                .filter_map(|word| word.strip_prefix('+'))
                .map(str::to_owned)
                .collect(),
            origin: if words.contains(&"versioned") {
                Origin::Version
            } else {
                Origin::Path
            },
        }
    }

    fn resolve(graph: &mut Graph) {
        let known: Vec<_> = graph
            .packages
            .iter()
            .map(|package| (package.name.clone(), package.version.clone()))
            .collect();
        for dependency in graph
            .packages
            .iter_mut()
            .flat_map(|package| &mut package.dependencies)
        {
            let wanted = dependency.name.clone();
            let (name, version) = wanted.split_once('@').unwrap_or((&wanted, ""));
            dependency.package = known
                .iter()
                .position(|known| known.0 == name && known.1.starts_with(version));
            dependency.name = name.to_owned();
            dependency.key = name.to_owned();
        }
    }
}
