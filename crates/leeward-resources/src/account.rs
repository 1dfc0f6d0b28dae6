use crate::{Arn, ResourceError, Resources};
use aws_sdk_sts::{
    Client,
    operation::get_caller_identity::{
        GetCallerIdentityInput, builders::GetCallerIdentityInputBuilder,
    },
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Region, Stage, Verdict};

impl Resources {
    /// Fails unless the calls are made as somebody of the account that an ARN names: nobody else can tell that something is not there.
    pub(crate) async fn check_account(&self, arn: &Arn) -> Result<(), AwsError> {
        let owner = arn.account().unwrap_or_default();
        // Buckets have none, and policies of AWS are those of everybody.
        if !owner.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(());
        }
        let caller = match self.account.get() {
            Some(caller) => caller,
            None => {
                let told = self.ask_account(arn).await?;
                self.account.get_or_init(|| told)
            }
        };
        match caller == owner {
            true => Ok(()),
            false => Err(ResourceError::other_account(arn, caller).into()),
        }
    }

    /// STS denies this to nobody ("GetCallerIdentity", AWS STS API Reference).
    async fn ask_account(&self, arn: &Arn) -> Result<String, AwsError> {
        let region = self.called_for(arn).await?;
        let sts = self.caller::<Client>(region.as_ref()).await?;
        let ask = GetCallerIdentityInput::builder();
        let ask = Op::new(ask, GetCallerIdentityInputBuilder::send_with);
        let told = sts.call(ask).await?;
        told.account.ok_or_else(|| AwsError::new(Unnamed))
    }

    /// The Region that was called. ARNs of IAM name none, and IAM has a home where the pool has none.
    #[cfg(feature = "iam")]
    async fn called_for(&self, arn: &Arn) -> Result<Option<Region>, AwsError> {
        if let Some(region) = arn.region() {
            return Ok(Some(region.clone()));
        }
        let iam = self.caller::<aws_sdk_iam::Client>(None).await?;
        Ok(Some(iam.region().clone()))
    }

    #[cfg(not(feature = "iam"))]
    async fn called_for(&self, arn: &Arn) -> Result<Option<Region>, AwsError> {
        Ok(arn.region().cloned())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the answer of STS names no account")]
struct Unnamed;

impl Classify for Unnamed {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Internal, Verdict::Final)
    }
}
