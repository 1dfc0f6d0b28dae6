use crate::{
    BucketName, S3,
    service::{is_absent_bucket, region_of_failed},
};
use aws_sdk_s3::operation::{
    get_bucket_location::{GetBucketLocationInput, builders::GetBucketLocationInputBuilder},
    head_bucket::{HeadBucketError, HeadBucketInput, builders::HeadBucketInputBuilder},
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Region};

/// What S3 says of a bucket that is asked for in one Region.
#[derive(Debug)]
#[non_exhaustive]
pub enum BucketPresence {
    /// It is there, in this Region.
    Here {
        /// The Region that was called, or the one that S3 names.
        region: Region,
    },
    /// It is there, in another Region: call it there.
    Elsewhere {
        /// The one that S3 names, if it does.
        region: Option<Region>,
    },
    /// The caller may not know. It is there if S3 names its Region nevertheless, and may be somebody else's.
    Denied {
        /// The one that S3 names, if it does.
        region: Option<Region>,
        /// What S3 answered.
        error: AwsError,
    },
    /// There is no bucket of this name.
    Absent,
}

impl S3 {
    /// Looks for a bucket, and tells what is not there from what is elsewhere and what may not be seen.
    ///
    /// Read off the status and the header `x-amz-bucket-region`: an answer to HEAD has no code.
    ///
    /// # Errors
    ///
    /// Whatever kept S3 from an answer about the bucket.
    ///
    /// ```no_run
    /// use leeward_s3::BucketPresence;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// match s3.find_bucket(&"orders-archive".parse()?).await? {
    ///     BucketPresence::Here { .. } => println!("it is here"),
    ///     BucketPresence::Elsewhere { region } => println!("call {region:?}"),
    ///     BucketPresence::Denied { error, .. } => println!("{}", error.advice()),
    ///     BucketPresence::Absent => println!("the name may be free"),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find_bucket(&self, bucket: &BucketName) -> Result<BucketPresence, AwsError> {
        let head = HeadBucketInput::builder().bucket(bucket.as_str());
        let head = Op::new(head, HeadBucketInputBuilder::send_with);
        let error = match self.caller().call(head).await {
            Ok(found) => {
                let named = found.bucket_region.and_then(|name| Region::new(name).ok());
                let region = named.unwrap_or_else(|| self.caller().region().clone());
                return Ok(BucketPresence::Here { region });
            }
            Err(error) => error,
        };
        let region = region_of_failed::<HeadBucketError>(&error);
        presence(self.caller().region(), region, error)
    }

    /// Says whether there is a bucket of this name, here or in another Region.
    ///
    /// # Errors
    ///
    /// Every failure but that it is not there. A denied call says nothing of what is there: ask
    /// [`find_bucket`](Self::find_bucket) for more.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// assert!(s3.bucket_exists(&"orders-archive".parse()?).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bucket_exists(&self, bucket: &BucketName) -> Result<bool, AwsError> {
        match self.find_bucket(bucket).await? {
            BucketPresence::Here { .. } | BucketPresence::Elsewhere { .. } => Ok(true),
            BucketPresence::Denied { error, .. } => Err(error),
            BucketPresence::Absent => Ok(false),
        }
    }

    /// Finds the Region of a bucket, also of one that the caller may not see; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// Every other failure, and a denied call that does not name the Region.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// println!("{:?}", s3.bucket_region(&"orders-archive".parse()?).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bucket_region(&self, bucket: &BucketName) -> Result<Option<Region>, AwsError> {
        match self.find_bucket(bucket).await? {
            BucketPresence::Absent => Ok(None),
            BucketPresence::Here { region }
            | BucketPresence::Elsewhere {
                region: Some(region),
            }
            | BucketPresence::Denied {
                region: Some(region),
                ..
            } => Ok(Some(region)),
            BucketPresence::Denied { error, .. } => Err(error),
            BucketPresence::Elsewhere { region: None } => self.location(bucket).await,
        }
    }

    /// What an older call says, which any Region answers.
    async fn location(&self, bucket: &BucketName) -> Result<Option<Region>, AwsError> {
        let locate = GetBucketLocationInput::builder().bucket(bucket.as_str());
        let locate = Op::new(locate, GetBucketLocationInputBuilder::send_with);
        let found = self.caller().find(locate, is_absent_bucket).await?;
        let region = found.map(|found| match found.location_constraint() {
            // The names from before there were names.
            None => Region::new("us-east-1"),
            Some(name) if name.as_str().is_empty() => Region::new("us-east-1"),
            Some(name) if name.as_str() == "EU" => Region::new("eu-west-1"),
            Some(name) => Region::new(name.as_str().to_owned()),
        });
        region.transpose().map_err(AwsError::from_erased)
    }
}

/// What an answer to HEAD that is no success says of the bucket.
fn presence(
    here: &Region,
    region: Option<Region>,
    error: AwsError,
) -> Result<BucketPresence, AwsError> {
    let is_elsewhere = region.as_ref().is_some_and(|region| region != here);
    match error.status() {
        Some(404) => Ok(BucketPresence::Absent),
        Some(301 | 307) => Ok(BucketPresence::Elsewhere { region }),
        // What was signed for another Region than the bucket's.
        Some(400) if is_elsewhere => Ok(BucketPresence::Elsewhere { region }),
        Some(403) => Ok(BucketPresence::Denied { region, error }),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::{config::http::HttpResponse, error::SdkError, primitives::SdkBody};
    use leeward_client_pool::Failed;

    /// What an answer of this status says to a caller in us-east-1.
    fn told(status: u16, region: Option<&'static str>) -> String {
        let status = status.try_into().unwrap();
        let mut answer = HttpResponse::new(status, SdkBody::empty());
        if let Some(region) = region {
            answer.headers_mut().insert("x-amz-bucket-region", region);
        }
        let error = HeadBucketError::unhandled("no body");
        let failed: Failed<HeadBucketError> = SdkError::service_error(error, answer);
        let error = AwsError::new(failed);
        let region = region_of_failed::<HeadBucketError>(&error);
        match presence(&Region::from_static("us-east-1"), region, error) {
            Ok(BucketPresence::Here { region }) => format!("here {region}"),
            Ok(BucketPresence::Elsewhere { region }) => format!("elsewhere {region:?}"),
            Ok(BucketPresence::Denied { region, .. }) => format!("denied {region:?}"),
            Ok(BucketPresence::Absent) => "absent".to_owned(),
            Err(_) => "error".to_owned(),
        }
    }

    #[test]
    fn the_status_and_the_region_of_an_answer_tell() {
        let west = Some(Region::from_static("us-west-2"));
        let none = None::<Region>;
        for (status, region, expected) in [
            (404, None, "absent".to_owned()),
            (301, Some("us-west-2"), format!("elsewhere {west:?}")),
            (301, None, format!("elsewhere {none:?}")),
            (400, Some("us-west-2"), format!("elsewhere {west:?}")),
            (400, Some("us-east-1"), "error".to_owned()),
            (400, None, "error".to_owned()),
            (403, Some("us-west-2"), format!("denied {west:?}")),
            (403, None, format!("denied {none:?}")),
            (503, Some("us-east-1"), "error".to_owned()),
        ] {
            assert_eq!(told(status, region), expected, "{status} {region:?}");
        }
    }
}
