//! The variable that switches routers off. The environment belongs to all tests of a process, so it is set for a process of
//! its own: this test again, which then reports what it sees.

use std::process::Command;

use leeward_region_router::RegionRouter;

use crate::world::{A, B, World};

/// In a child, says that it is one.
const CHILD: &str = "LEEWARD_TEST_ENVIRONMENT_CHILD";

#[test]
fn a_router_that_the_environment_switches_off_says_so() {
    if std::env::var_os(CHILD).is_some() {
        let router = RegionRouter::builder([A, B]).build(World::new()).unwrap();
        println!("\nswitched off: {}", router.status().kill_switch);
        return;
    }
    for (value, expected) in [("off", "true"), ("on", "false"), ("", "false")] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "--nocapture"]);
        child.arg("environment::a_router_that_the_environment_switches_off_says_so");
        child.env("LEEWARD_REGION_ROUTER", value).env(CHILD, "1");
        let output = child.output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout);
        let told = output
            .lines()
            .find_map(|line| line.strip_prefix("switched off: "));
        assert_eq!(told, Some(expected), "{value}: {output}");
    }
}
