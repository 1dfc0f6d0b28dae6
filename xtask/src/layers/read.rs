//! From cargo's words to the model.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::model::{Dependency, Graph, Kind, Origin, Package};
use super::umbrella::Source;
use crate::metadata::{self, is_published, items, text, texts};

/// The graph of the workspace, every feature of its members on.
pub(crate) fn graph() -> anyhow::Result<Graph> {
    Ok(from_metadata(&metadata::read(&["--all-features"])?))
}

fn from_metadata(metadata: &Value) -> Graph {
    let packages = items(metadata, "packages");
    let places: HashMap<&str, usize> = packages
        .iter()
        .zip(0..)
        .map(|(package, place)| (text(package, "id"), place))
        .collect();
    let nodes = items(&metadata["resolve"], "nodes");
    let nodes: HashMap<&str, &[Value]> = nodes
        .iter()
        .map(|node| (text(node, "id"), items(node, "deps")))
        .collect();
    let members = items(metadata, "workspace_members");
    let read = |package: &Value| {
        let edges = nodes.get(text(package, "id")).copied().unwrap_or_default();
        let find = |declared: &Value| {
            let targets = edges.iter().filter(|edge| is_edge_of(edge, declared));
            let mut places = targets.filter_map(|edge| places.get(text(edge, "pkg")).copied());
            places.find(|place| packages[*place]["name"] == declared["name"])
        };
        let declared = items(package, "dependencies").iter();
        Package {
            name: text(package, "name").to_owned(),
            version: text(package, "version").to_owned(),
            member: members.contains(&package["id"]),
            published: is_published(package),
            dependencies: declared
                .map(|declared| dependency(declared, find(declared)))
                .collect(),
            features: features(package),
        }
    };
    Graph {
        packages: packages.iter().map(read).collect(),
    }
}

/// Whether `edge` of the resolved graph may be what became of a declared dependency: of its kind, for its platform, and
/// under its new name if it was given one.
fn is_edge_of(edge: &Value, declared: &Value) -> bool {
    let is_alike =
        |kind: &Value| kind["kind"] == declared["kind"] && kind["target"] == declared["target"];
    let is_named = declared["rename"]
        .as_str()
        .is_none_or(|name| text(edge, "name") == name.replace('-', "_"));
    is_named && items(edge, "dep_kinds").iter().any(is_alike)
}

fn dependency(declared: &Value, package: Option<usize>) -> Dependency {
    let name = text(declared, "name");
    Dependency {
        name: name.to_owned(),
        key: declared["rename"].as_str().unwrap_or(name).to_owned(),
        package,
        kind: match declared["kind"].as_str() {
            Some("build") => Kind::Build,
            Some("dev") => Kind::Dev,
            _ => Kind::Normal,
        },
        optional: declared["optional"] == true,
        default_features: declared["uses_default_features"] == true,
        features: texts(declared, "features"),
        origin: match (declared["path"].as_str(), text(declared, "req")) {
            (Some(_), "*") => Origin::Path,
            _ => Origin::Version,
        },
    }
}

fn features(package: &Value) -> BTreeMap<String, Vec<String>> {
    let features = &package["features"];
    let names = features
        .as_object()
        .into_iter()
        .flat_map(|features| features.keys());
    names
        .map(|name| (name.clone(), texts(features, name)))
        .collect()
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
        let graph = graph().unwrap();
        let mut violations = rules::check(&graph);
        violations.extend(umbrella::check(&graph, &umbrella_sources(&root).unwrap()));
        let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }

    #[test]
    fn misses_nothing_that_cargo_builds() {
        let graph = graph().unwrap();
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
