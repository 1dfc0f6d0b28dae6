//! What `cargo metadata` says, as JSON.
//!
//! It is read without serde's derive or the cargo_metadata crate: procedural macros would make up two thirds of the
//! time that a first `cargo xtask` takes to build.

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::cargo;

/// Asks cargo for the workspace at our root, with these `options`.
pub(crate) fn read(options: &[&str]) -> anyhow::Result<Value> {
    let mut command = cargo::command(["metadata", "--format-version", "1"]);
    command.args(options);
    let line = cargo::line(&command);
    let output = command
        .output()
        .with_context(|| format!("could not start `{line}`"))?;
    if !output.status.success() {
        bail!(
            "`{line}` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("`{line}` printed no JSON"))
}

/// The list in the field `name`; empty if there is none.
pub(crate) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The text in the field `name`; empty if there is none.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The texts in the field `name`.
pub(crate) fn texts(value: &Value, name: &str) -> Vec<String> {
    items(value, name)
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Whether `package` may go to a registry: an empty list of registries is what `publish = false` means.
pub(crate) fn is_published(package: &Value) -> bool {
    package["publish"]
        .as_array()
        .is_none_or(|registries| !registries.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_there_is_empty() {
        let package = json!({"name": "a", "keywords": ["b", "c"], "description": null});
        assert_eq!(
            (
                text(&package, "name"),
                text(&package, "description"),
                text(&package, "license")
            ),
            ("a", "", "")
        );
        assert_eq!(
            (texts(&package, "keywords"), texts(&package, "categories")),
            (vec!["b".to_owned(), "c".to_owned()], vec![])
        );
    }

    #[test]
    fn no_registry_is_not_any_registry() {
        assert!(is_published(&json!({"publish": null})));
        assert!(is_published(&json!({"publish": ["ours"]})));
        assert!(!is_published(&json!({"publish": []})));
    }
}
