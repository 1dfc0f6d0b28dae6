use crate::repository::Repository;

/// A repository whose only crate has this library.
fn repository(library: &str) -> Repository {
    let repository = Repository::new();
    repository.add("leeward-resilience", "");
    repository.write("crates/leeward-resilience/src/lib.rs", library);
    repository
}

#[test]
fn a_model_is_played() {
    let library = "#[cfg(all(test, leeward_loom))]\nmod core {\n    mod model {\n        #[test]\n        fn plays() {}\n    }\n}\n";
    let run = repository(library).run(&["test", "--loom"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.out.contains("test core::model::plays ... ok"),
        "{run:?}"
    );
}

#[test]
fn no_model_at_all_is_a_failure() {
    // A test, and a model that is never compiled.
    let library = "#[test]\nfn tests() {}\n#[cfg(all(test, loom))]\nmod model {\n    #[test]\n    fn plays() {}\n}\n";
    let run = repository(library).run(&["test", "--loom"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("lists no test"), "{run:?}");
    assert!(!run.out.contains("test result: ok"), "{run:?}");
}
