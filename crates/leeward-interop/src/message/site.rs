use super::keyring::{Endpoint, Padding, Spec};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeySize, PrivateDecryptingKey},
};
use aws_sdk_kms::Client;
use base64::{Engine, prelude::BASE64_STANDARD};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_kms_envelope::{KeyArn, KmsService, KmsStack, KmsStackError};
use leeward_testkit::{ACCESS_KEY_ID, ACCOUNT_ID, Aws, SECRET_ACCESS_KEY};
use std::{error::Error, time::Duration};

const EAST: Region = Region::from_static("us-east-1");
const WEST: Region = Region::from_static("us-west-2");

/// An AWS of two Regions, and keys that all sides know.
pub(crate) struct Site {
    aws: Aws,
    pool: Pool,
    pub(crate) key: KeyArn,
    /// One of the other Region.
    pub(crate) other_key: KeyArn,
    pub(crate) multi_region_key: KeyArn,
    /// The same in the other Region.
    pub(crate) replica: KeyArn,
    public_key: String,
    private_key: String,
}

impl Site {
    pub(crate) const REGIONS: [Region; 2] = [EAST, WEST];

    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let aws = Aws::start(&Self::REGIONS).await?;
        let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
        let pool = Pool::builder()
            .without_proxy()
            .with_credentials(SharedCredentialsProvider::new(credentials))
            .with_endpoint(EAST, aws.endpoint(&EAST))
            .with_endpoint(WEST, aws.endpoint(&WEST))
            .build()
            .await?;
        let east: Client = pool.client().with_region(EAST).await?;
        let west: Client = pool.client().with_region(WEST).await?;
        let multi_region_key = made(east.create_key().multi_region(true).send().await?)?;
        east.replicate_key()
            .key_id(multi_region_key.to_string())
            .replica_region(WEST.as_str())
            .send()
            .await?;
        let rsa = PrivateDecryptingKey::generate(KeySize::Rsa2048)?;
        let private: Pkcs8V1Der<'_> = rsa.as_der()?;
        let public: PublicKeyX509Der<'_> = rsa.public_key().as_der()?;
        Ok(Self {
            key: made(east.create_key().send().await?)?,
            other_key: made(west.create_key().send().await?)?,
            replica: multi_region_key.in_region(&WEST)?,
            multi_region_key,
            public_key: pem("PUBLIC KEY", public.as_ref()),
            private_key: pem("PRIVATE KEY", private.as_ref()),
            aws,
            pool,
        })
    }

    /// What our keyrings call KMS through.
    pub(crate) fn kms(&self) -> Result<KmsService, KmsStackError> {
        KmsStack::new(Self::REGIONS)
            .with_deadline(Duration::from_secs(20))
            .with_attempt_timeout(Duration::from_secs(5))
            .without_hedging()
            .through(&self.pool)
    }

    /// How many data keys KMS has made so far, whoever asked.
    pub(crate) fn data_keys(&self) -> u64 {
        self.aws.counts().calls("kms", "GenerateDataKey")
    }

    /// This key alone, in its own Region.
    pub(crate) fn spec(&self, key: &KeyArn) -> Spec {
        let endpoint = self.endpoint(key.region());
        let (of_all_regions, key) = (key.is_multi_region(), key.to_string());
        match of_all_regions {
            true => Spec::KmsMultiRegion { key, endpoint },
            false => Spec::Kms { key, endpoint },
        }
    }

    /// Whichever key of the account a message names, in the Region of [`key`](Self::key).
    pub(crate) fn discovery(&self) -> Spec {
        Spec::KmsDiscovery {
            partition: "aws".to_owned(),
            accounts: vec![ACCOUNT_ID.to_owned()],
            endpoint: self.endpoint(&EAST),
        }
    }

    /// Whichever key of the account a message names, replicas in the other Region included.
    pub(crate) fn multi_region_discovery(&self) -> Spec {
        Spec::KmsMultiRegionDiscovery {
            partition: "aws".to_owned(),
            accounts: vec![ACCOUNT_ID.to_owned()],
            endpoint: self.endpoint(&WEST),
        }
    }

    pub(crate) fn rsa(&self, padding: Padding) -> Spec {
        Spec::RawRsa {
            namespace: "leeward-interop".to_owned(),
            name: "rsa".to_owned(),
            padding,
            public: Some(self.public_key.clone()),
            private: Some(self.private_key.clone()),
        }
    }

    fn endpoint(&self, region: &Region) -> Endpoint {
        Endpoint {
            region: region.to_string(),
            endpoint: self.aws.endpoint(region),
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.to_owned(),
        }
    }
}

fn made(
    created: aws_sdk_kms::operation::create_key::CreateKeyOutput,
) -> Result<KeyArn, Box<dyn Error>> {
    let arn = created.key_metadata.and_then(|metadata| metadata.arn);
    Ok(arn.ok_or("KMS made a key without an ARN")?.parse()?)
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}
