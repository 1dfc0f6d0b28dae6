use super::Turns;
use crate::{
    BoxError,
    world::{HOME, World},
};
use aws_sdk_secretsmanager::Client;
use aws_smithy_http_client::Builder;
use leeward_secret_cache::{Freshness, SecretCache, SecretsStack};
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::{sync::Arc, time::Duration};

/// A Secrets Manager over loopback, and those who call it, on a thread of its own each.
#[derive(Clone)]
pub struct Upstream {
    world: Arc<World>,
}

const SERVICE: &str = "secretsmanager";

/// What is called to read a secret, or to see whether it is another.
const READS: [&str; 2] = ["GetSecretValue", "DescribeSecret"];

impl Upstream {
    /// Starts one without a secret.
    ///
    /// # Errors
    ///
    /// Whatever the system has against it.
    pub fn start() -> Result<Self, BoxError> {
        let world = World::start(Aws::builder().with_region(HOME))?;
        Ok(Self { world })
    }

    /// Creates so many secrets, of 61 bytes each.
    ///
    /// # Errors
    ///
    /// What Secrets Manager answered.
    pub fn fill(&self, secrets: usize) -> Result<Turns, BoxError> {
        let mut arns = Vec::new();
        for nth in 0..secrets {
            // With what the service makes of it an ARN of 78 bytes.
            arns.push(self.create(&format!("prod/orders/d{nth:02}"), FIRST)?);
        }
        Ok(Turns::new(arns))
    }

    pub(super) fn create(&self, name: &str, value: &str) -> Result<String, BoxError> {
        let create = self.client().create_secret();
        let create = create.name(name).secret_string(value);
        let created = self.block_on(create.send())?;
        Ok(created.arn.ok_or("a secret was created without an ARN")?)
    }

    /// Gives the secret another value.
    pub(super) fn rotate(&self, arn: &str, value: &str) -> Result<(), BoxError> {
        let put = self.client().put_secret_value();
        let put = put.secret_id(arn).secret_string(value);
        self.block_on(put.send())?;
        Ok(())
    }

    /// Lets every answer to who reads take so long, and nothing else be wrong any more.
    pub(super) fn takes(&self, delay: Duration) {
        self.world.aws().faults().clear();
        self.strike(&Fault::latency(Latency::fixed(delay)));
    }

    /// Lets something go wrong with every read from now on.
    pub(super) fn strike(&self, fault: &Fault) {
        for operation in READS {
            let scope = Scope::any().service(SERVICE).operation(operation);
            self.world.aws().faults().inject(scope, fault.clone());
        }
    }

    /// How often somebody read.
    pub(super) fn requests(&self) -> u64 {
        let counts = self.world.aws().counts();
        READS.map(|read| counts.calls(SERVICE, read)).iter().sum()
    }

    /// A client as the SDK makes it by default, its retries included.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.world.sdk_config(Builder::new().build_http()))
    }

    /// Our cache, with everything as it comes but how long its values last.
    pub(super) fn cache(&self, freshness: Freshness) -> Result<SecretCache, BoxError> {
        let pool = self.world.pool()?;
        self.block_on(async {
            let target = pool.target::<Client>(HOME).await?;
            let cache = SecretCache::builder(target).with_freshness(freshness);
            Ok(cache.build()?)
        })
    }

    /// The same over the stack that the cache comes with.
    pub(super) fn cache_over_a_stack(&self, freshness: Freshness) -> Result<SecretCache, BoxError> {
        let stack = SecretsStack::new([HOME]).through(&self.world.pool()?)?;
        let _runtime = self.world.enter();
        Ok(SecretCache::builder(stack)
            .with_freshness(freshness)
            .build()?)
    }

    /// Waits for what is done on the callers' thread.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.world.block_on(work)
    }
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Upstream")
    }
}

/// What an application keeps as a secret: 61 bytes.
pub(super) const FIRST: &str = r#"{"username":"orders","password":"correct horse battery 0001"}"#;
/// What it is after a rotation.
pub(super) const SECOND: &str = r#"{"username":"orders","password":"correct horse battery 0002"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_their_names_are_as_long_as_is_said() {
        assert_eq!((FIRST.len(), SECOND.len()), (61, 61));
        let upstream = Upstream::start().unwrap();
        let turns = upstream.fill(2).unwrap();
        assert!(turns.arns().all(|arn| arn.len() == 78));
        assert_eq!(turns.arns().count(), 2);
    }
}
