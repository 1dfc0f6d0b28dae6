use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use std::error::Error;

/// The Region that everything is made in.
pub(super) const EAST: Region = Region::from_static("us-east-1");

/// The other side, which each case makes things of its own at.
pub(super) struct Site {
    pub(super) pool: Pool,
}

impl Site {
    pub(super) async fn new(port: u16) -> Result<Self, Box<dyn Error>> {
        let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "interop", None);
        let pool = Pool::builder()
            .without_proxy()
            .with_region(EAST)
            .with_credentials(SharedCredentialsProvider::new(credentials))
            .with_endpoint(EAST, format!("http://127.0.0.1:{port}"))
            .build()
            .await?;
        Ok(Self { pool })
    }
}
