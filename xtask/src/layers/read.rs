//! From cargo's words to the model.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Node, PackageId};

use super::model::{Dependency, Graph, Kind, Origin, Package};
use super::umbrella::Source;

/// The graph of the workspace in `root`, every feature of its members on.
pub(crate) fn graph(root: &Path) -> anyhow::Result<Graph> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .exec()
        .context("`cargo metadata --all-features` failed")?;
    let resolve = metadata
        .resolve
        .as_ref()
        .context("`cargo metadata` gave no resolved graph")?;
    let nodes: HashMap<&PackageId, &Node> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let places = metadata
        .packages
        .iter()
        .enumerate()
        .map(|(place, package)| (&package.id, place))
        .collect();
    let packages = metadata
        .packages
        .iter()
        .map(|package| Package {
            name: package.name.to_string(),
            version: package.version.to_string(),
            member: metadata.workspace_members.contains(&package.id),
            published: package
                .publish
                .as_ref()
                .is_none_or(|registries| !registries.is_empty()),
            dependencies: package
                .dependencies
                .iter()
                .map(|declared| {
                    dependency(
                        declared,
                        nodes.get(&package.id).copied(),
                        &metadata,
                        &places,
                    )
                })
                .collect(),
            features: package.features.clone(),
        })
        .collect();
    Ok(Graph { packages })
}

fn dependency(
    declared: &cargo_metadata::Dependency,
    node: Option<&Node>,
    metadata: &Metadata,
    places: &HashMap<&PackageId, usize>,
) -> Dependency {
    let is_it = |place: &usize| {
        let package = &metadata.packages[*place];
        package.name.as_str() == declared.name
            && (declared.req.matches(&package.version) || declared.path.is_some())
    };
    let package = node
        .into_iter()
        .flat_map(|node| &node.deps)
        .filter_map(|dep| places.get(&dep.pkg).copied())
        .find(is_it);
    Dependency {
        name: declared.name.clone(),
        key: declared
            .rename
            .clone()
            .unwrap_or_else(|| declared.name.clone()),
        package,
        kind: match declared.kind {
            DependencyKind::Build => Kind::Build,
            DependencyKind::Development => Kind::Dev,
            _ => Kind::Normal,
        },
        optional: declared.optional,
        default_features: declared.uses_default_features,
        features: declared.features.clone(),
        origin: if declared.path.is_some() && declared.req.comparators.is_empty() {
            Origin::Path
        } else {
            Origin::Version
        },
    }
}

/// The source files of the umbrella.
pub(crate) fn umbrella_sources(root: &Path) -> anyhow::Result<Vec<Source>> {
    let folder = root.join("crates/leeward/src");
    let mut sources = Vec::new();
    if folder.is_dir() {
        read_sources(&folder, root, &mut sources)?;
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn read_sources(folder: &Path, root: &Path, sources: &mut Vec<Source>) -> anyhow::Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("could not list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            read_sources(&path, root, sources)?;
        } else {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("could not read {}", path.display()))?;
            let path = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string();
            sources.push(Source { path, text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::numbers::FREE_OF_THE_SDK;
    use super::super::reach::{Features, Reach};
    use super::super::{rules, umbrella};
    use super::*;
    use crate::cargo;

    #[test]
    fn this_workspace_keeps_its_rules() {
        let root = cargo::root();
        let graph = graph(&root).unwrap();
        let mut violations = rules::check(&graph);
        violations.extend(umbrella::check(&graph, &umbrella_sources(&root).unwrap()));
        let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }

    #[test]
    fn misses_nothing_that_cargo_builds() {
        let graph = graph(&cargo::root()).unwrap();
        for (name, _) in FREE_OF_THE_SDK {
            let Some(root) = graph.member(name) else {
                continue;
            };
            let tree = cargo::command([
                "tree",
                "--package",
                name,
                "--all-features",
                "--edges",
                "normal,build",
            ])
            .args(["--target", "all", "--prefix", "none", "--format", "{p}"])
            .output()
            .unwrap();
            assert!(
                tree.status.success(),
                "{}",
                String::from_utf8_lossy(&tree.stderr)
            );
            let reach = Reach::from(&graph, &[(root, Features::All)]);
            let reached: Vec<_> = reach
                .packages()
                .map(|place| {
                    format!(
                        "{} v{}",
                        graph.packages[place].name, graph.packages[place].version
                    )
                })
                .collect();
            for line in String::from_utf8(tree.stdout).unwrap().lines() {
                let package = line
                    .split_whitespace()
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" ");
                assert!(reached.contains(&package), "{name} builds {package}");
            }
        }
    }
}
