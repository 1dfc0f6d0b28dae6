//! Tests that need an environment of their own run once more, in a process of their own.

use std::process::Command;

const CHILD: &str = "LEEWARD_TEST_CHILD";

pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs the test of this name in a process that knows nothing of AWS but `variables`.
#[track_caller]
pub(crate) fn run(test: &str, variables: &[(&str, &str)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, "1");
    let is_of_aws = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.starts_with("AWS_") || name.starts_with("LEEWARD_PROFILE") || name.ends_with("_PROXY")
    };
    for (name, _) in std::env::vars() {
        if is_of_aws(&name) {
            child.env_remove(name);
        }
    }
    child.envs(variables.iter().copied());
    let child = child.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr),
    );
    assert!(child.status.success(), "{out}{err}");
    assert!(out.contains("1 passed"), "no such test as {test}: {out}");
}
