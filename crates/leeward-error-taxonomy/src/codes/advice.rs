//! What several services have to say alike, and what a category says where a table says nothing of its own.

use crate::Category;

pub(super) const ACCESS_KEY: &str = "check that the access key exists, is active, belongs to this partition of AWS and comes with its session token";
/// Five by "Troubleshoot Signature Version 4 signing" in the IAM User Guide, fifteen by the error codes of S3.
pub(super) const CLOCK: &str = "set the clock of this machine by NTP: AWS takes signatures that are 5 to 15 minutes off at most";
pub(super) const ENABLE: &str =
    "sign the account up for the service, or enable the Region in the account's settings";
pub(super) const FIRST_PAGE: &str =
    "begin the listing anew without a token, with the same parameters for every page";
pub(super) const HOME_REGION: &str =
    "make a client for the bucket's own Region, which the header x-amz-bucket-region names";
pub(super) const RENEW: &str = "renew the session: log in again (aws sso login), assume the role again, or replace AWS_SESSION_TOKEN and its keys";
pub(super) const SESSION_TOKEN: &str = "set AWS_SESSION_TOKEN to the token that was issued with this access key, or unset it for a key without one";
pub(super) const SIGNATURE: &str = "check that the secret key belongs to the access key, that the clock is right, and that no proxy rewrites the path, the query or the headers";
pub(super) const SIGN_IN: &str =
    "sign the request: set credentials, and look for a proxy that drops the Authorization header";

/// What to do about a failure of `category` that nothing more is known of.
pub(crate) const fn of_category(category: Category) -> &'static str {
    match category {
        Category::Authentication => {
            "set valid credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for a session, AWS_SESSION_TOKEN, or a profile or role"
        }
        Category::Authorization => ALLOW,
        Category::Validation => {
            "correct the request as the message says; it fails the same way again"
        }
        Category::NotFound => {
            "check the name or ARN, the account and the Region of what is asked for"
        }
        Category::Conflict => {
            "read the present state, wait until it allows the call, and decide anew"
        }
        Category::RateLimit => {
            "send fewer calls, with a pause that grows from one attempt to the next, or raise the rate in Service Quotas"
        }
        Category::QuotaExceeded => "raise the quota in Service Quotas, or remove what is unused",
        Category::ServiceUnavailable => {
            "send it again after a pause or in another Region, and look at the AWS Health Dashboard if it stays"
        }
        Category::Network => {
            "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint; send it again if that is safe"
        }
        Category::Timeout => "send it again if that is safe, and give it more time if it stays",
        Category::Configuration => {
            "complete the configuration: Region, endpoint, profile and TLS roots, as the message says"
        }
        Category::Encryption => {
            "look at the state, the usage and the policy of the KMS key, and at the encryption context"
        }
        Category::Internal => {
            "send it again if that is safe, and give AWS Support the request id if it stays"
        }
        Category::Rejected => {
            "wait until the layer of this process that refused lets calls through"
        }
        Category::Unknown => {
            "read the message, and give AWS Support the request id if that does not help"
        }
    }
}

/// The advice on a denial that names no reason.
pub(crate) const ALLOW: &str =
    "allow {action} in the caller's identity policy and, across accounts, in the resource's policy";
/// The advice on a denial that is the clock's fault under another code.
pub(crate) const SET_THE_CLOCK: &str = CLOCK;
