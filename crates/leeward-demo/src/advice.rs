use leeward::error_taxonomy::Category;

/// What to do about a call to KMS that failed.
pub(crate) const fn on(category: Category) -> &'static str {
    match category {
        Category::Authentication => {
            "no valid credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign on with \
             `aws sso login`"
        }
        Category::Authorization => {
            "allow kms:DescribeKey, kms:GenerateDataKey and kms:Decrypt on the key and its replicas"
        }
        Category::NotFound => "look at account and Region of --key-arn",
        Category::RateLimit | Category::QuotaExceeded => {
            "run it again when the account sends less to KMS, or ask for a higher quota"
        }
        _ => "look at the network and the endpoint",
    }
}
