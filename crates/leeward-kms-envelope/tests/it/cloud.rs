//! Emulated Regions with a multi-Region key in each.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, health::describe_key};
use leeward_envelope::{Decryptor, EncryptionContext, Encryptor};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_kms_envelope::{KeyArn, KmsKeyring, KmsService, KmsStack};
use leeward_region_router::Hedging;
use leeward_resilience::Ratio;
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, Latency, SECRET_ACCESS_KEY};
use std::{error::Error, sync::Arc, time::Duration};
use tower::ServiceExt;

pub(crate) const EAST: Region = Region::from_static("us-east-1");
pub(crate) const WEST: Region = Region::from_static("us-west-2");

/// More than the busiest machine takes for an answer.
const UNHURRIED: Duration = Duration::from_secs(120);

pub(crate) struct Cloud {
    pub(crate) aws: Aws,
    pub(crate) pool: Pool,
    pub(crate) key: KeyArn,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let aws = Aws::start(&[EAST, WEST]).await.unwrap();
        let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
        // The stacks of the tests say how long a call may take.
        let pool = Pool::builder()
            .without_proxy()
            .with_connect_timeout(UNHURRIED)
            .with_max_connection_wait(UNHURRIED)
            .with_read_timeout(None)
            .with_attempt_timeout(None)
            .with_credentials(SharedCredentialsProvider::new(credentials))
            .with_endpoint(EAST, aws.endpoint(&EAST))
            .with_endpoint(WEST, aws.endpoint(&WEST))
            .build()
            .await
            .unwrap();
        let key = multi_region_key(&pool).await;
        aws.reset_counts();
        Self { aws, pool, key }
    }

    /// A stack with time enough for the busiest machine, which leaves no Region that is slow, so that each call is sent once, to the
    /// first Region, unless that answers with a failure.
    pub(crate) fn patient(&self, regions: impl IntoIterator<Item = Region>) -> KmsStack {
        self.unhurried(regions)
            .without_hedging()
            .with_circuit_changes(|circuit| {
                let never = circuit.with_slow_rate(Ratio::percent(100), 0);
                never.with_slow_run(0, Duration::ZERO)
            })
    }

    /// The same, but that a call to a Region that is silent goes to the next one soon.
    pub(crate) fn hedged(&self) -> KmsStack {
        let soon = Hedging::new().with_max_delay(Duration::from_millis(200));
        self.unhurried([EAST, WEST]).with_hedging(soon)
    }

    /// A stack whose calls end soon in Regions that are all silent.
    pub(crate) fn hasty(&self) -> KmsStack {
        KmsStack::new([EAST, WEST])
            .with_attempt_timeout(Duration::from_millis(200))
            .without_hedging()
    }

    fn unhurried(&self, regions: impl IntoIterator<Item = Region>) -> KmsStack {
        KmsStack::new(regions)
            .with_attempt_timeout(UNHURRIED)
            .with_deadline(3 * UNHURRIED)
    }

    /// A keyring over a stack with [time enough](Self::patient).
    pub(crate) fn keyring(&self) -> Arc<KmsKeyring<KmsService>> {
        self.keyring_for(&self.key)
    }

    pub(crate) fn keyring_for(&self, key: &KeyArn) -> Arc<KmsKeyring<KmsService>> {
        let kms = self.patient([EAST, WEST]).through(&self.pool).unwrap();
        Arc::new(KmsKeyring::multi_region(key.clone(), kms).unwrap())
    }

    pub(crate) fn keyring_over(&self, stack: KmsStack) -> Arc<KmsKeyring<KmsService>> {
        let kms = stack.through(&self.pool).unwrap();
        Arc::new(KmsKeyring::multi_region(self.key.clone(), kms).unwrap())
    }

    pub(crate) fn calls(&self, region: &Region, operation: &str) -> u64 {
        self.aws.counts().in_region(region).calls("kms", operation)
    }
}

pub(crate) async fn multi_region_key(pool: &Pool) -> KeyArn {
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let made = kms.create_key().multi_region(true).send().await.unwrap();
    let arn = made.key_metadata.unwrap().arn.unwrap();
    let replicate = kms
        .replicate_key()
        .key_id(&arn)
        .replica_region(WEST.as_str());
    replicate.send().await.unwrap();
    arn.parse().unwrap()
}

pub(crate) fn context() -> EncryptionContext {
    EncryptionContext::new([("tenant", "blue"), ("purpose", "test")]).unwrap()
}

pub(crate) fn tenant(number: usize) -> EncryptionContext {
    EncryptionContext::new([("tenant", number.to_string())]).unwrap()
}

pub(crate) fn encryptor(cloud: &Cloud) -> Encryptor {
    Encryptor::builder(cloud.keyring()).build().unwrap()
}

pub(crate) fn decryptor(cloud: &Cloud) -> Decryptor {
    Decryptor::builder(cloud.keyring()).build().unwrap()
}

/// What each Region met, of a call that none of them answered.
#[track_caller]
pub(crate) fn exhausted<E: Error + 'static>(error: &E) -> Vec<(Region, String)> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(Rejected::Exhausted { tried }) = error.downcast_ref() {
            let met = tried.iter();
            return met
                .map(|attempt| (attempt.region.clone(), attempt.failure.to_string()))
                .collect();
        }
        next = error.source();
    }
    panic!("not exhausted: {error:?}")
}

/// Enough calls for the circuit of the first Region to know what is normal there.
pub(crate) async fn warm_up(kms: &KmsService, cloud: &Cloud) {
    for _ in 0..20 {
        let request = describe_key(cloud.key.clone());
        kms.clone().oneshot(request).await.unwrap();
    }
    assert!(kms.router().status().regions[0].baseline.is_some());
    cloud.aws.reset_counts();
}

pub(crate) fn slow_by(by: Duration) -> Fault {
    Fault::latency(Latency::fixed(by))
}
