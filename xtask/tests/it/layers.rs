use crate::repository::{Repository, Run};

#[test]
fn fails_once_a_forbidden_dependency_is_added() {
    let repository = Repository::new();
    repository.add("leeward-client-pool", "");
    repository.add("leeward-resilience", "");
    let Run { code, out, err } = repository.run(&["layers"]);
    assert_eq!(
        (code, out.as_str()),
        (
            Some(0),
            "layers: 2 crates of this workspace and 0 others keep the rules\n"
        ),
        "{err}"
    );

    repository.add(
        "leeward-resilience",
        "leeward-client-pool.path = \"../leeward-client-pool\"\n",
    );
    let Run { code, err, .. } = repository.run(&["layers"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        err,
        "a crate depends on smaller numbers only: leeward-resilience (layer 2) depends on leeward-client-pool (layer 3); \
         move what both need into a crate with a smaller number, or turn the dependency round\n\
         error: 1 against the rules of the layers (docs/architecture.md)\n"
    );
}

#[test]
fn finds_the_sdk_behind_a_feature_of_another_crate() {
    let repository = Repository::new();
    // A crate by that name, so that no registry is asked.
    repository.write(
        "sdk/Cargo.toml",
        "[package]\nname = \"aws-types\"\nversion = \"1.0.0\"\n",
    );
    repository.write("sdk/src/lib.rs", "");
    repository.add(
        "leeward-error-taxonomy",
        "aws-types = { path = \"../../sdk\", optional = true, default-features = false }\n\
         [features]\nsdk = [\"dep:aws-types\"]\n",
    );
    repository.add(
        "leeward-client-pool",
        "leeward-error-taxonomy = { path = \"../leeward-error-taxonomy\", features = [\"sdk\"] }\n",
    );
    let Run { code, err, .. } = repository.run(&["layers"]);
    assert_eq!(code, Some(0), "{err}");

    repository.add(
        "leeward-envelope",
        "leeward-error-taxonomy = { path = \"../leeward-error-taxonomy\", features = [\"sdk\"] }\n",
    );
    let Run { code, err, .. } = repository.run(&["layers"]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("leeward-envelope reaches aws-types by leeward-envelope -> leeward-error-taxonomy -> aws-types"),
        "{err}"
    );
}

#[test]
fn says_what_cargo_says_about_a_broken_manifest() {
    let repository = Repository::new();
    repository.write("crates/leeward/Cargo.toml", "[package]\n");
    let Run { code, err, .. } = repository.run(&["layers"]);
    assert_eq!(code, Some(1));
    assert!(
        err.starts_with("error: `cargo metadata --format-version 1 --all-features` failed: "),
        "{err}"
    );
    assert!(err.contains("crates/leeward/Cargo.toml"), "{err}");
}
