use anyhow::{Context, Result};
use leeward::region_router::RouterStatus;
use serde::Serialize;
use std::fmt;

/// What the Region router did, and how it stood at the end.
#[derive(Debug, Serialize)]
pub(crate) struct Router {
    /// Attempts beside one that had not been answered in the time that its Region usually takes.
    hedges: u64,
    hedges_won: u64,
    /// Attempts after one that failed.
    fail_overs: u64,
    /// What a service of one's own would serve where it is asked how it is.
    health: serde_json::Value,
    #[serde(skip)]
    line: String,
}

impl Router {
    pub(crate) fn new(status: &RouterStatus) -> Result<Self> {
        let line = status.health_json();
        let health = serde_json::from_str(&line);
        Ok(Self {
            hedges: status.hedges,
            hedges_won: status.hedges_won,
            fail_overs: status.fail_overs,
            health: health.context("the router's health is no JSON")?,
            line,
        })
    }
}

impl fmt::Display for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            hedges,
            hedges_won,
            fail_overs,
            line,
            ..
        } = self;
        writeln!(
            f,
            "calls sent to a second Region after a failure: {fail_overs}; beside a first that was late: {hedges}, of which {hedges_won} \
             answered first"
        )?;
        writeln!(f, "the router at the end: {line}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward::{
        error_taxonomy::{Region, Rejected},
        region_router::RegionRouter,
    };
    use tower_service::Service;

    /// Makes nothing: only the router's own figures are looked at.
    #[derive(Clone)]
    struct Nobody;

    impl Service<Region> for Nobody {
        type Response = ();
        type Error = Rejected;
        type Future = std::future::Ready<Result<(), Rejected>>;

        fn poll_ready(
            &mut self,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Rejected>> {
            std::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Region) -> Self::Future {
            std::future::ready(Ok(()))
        }
    }

    #[test]
    fn a_script_reads_the_health_as_json_and_a_person_on_one_line() {
        let regions = ["us-east-1", "us-west-2"].map(Region::from_static);
        let router = RegionRouter::builder(regions).build(Nobody).unwrap();
        router.drain(&Region::from_static("us-east-1")).unwrap();
        let report = Router::new(&router.status()).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["health"]["first_choice"], "us-west-2");
        assert_eq!(json["health"]["regions"][0]["state"], "drained");
        assert_eq!(json["hedges"], 0);
        let text = report.to_string();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains(r#""first_choice":"us-west-2""#), "{text}");
    }
}
