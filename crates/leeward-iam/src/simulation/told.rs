//! What a denied call was about: the service's own words first, which name what it found wanting, then the operation.

use crate::{ActionName, ResourceArn};
use leeward_error_taxonomy::{AwsError, IamAction};

/// The actions that the failed call needs; none if nobody knows.
pub(super) fn actions(error: &AwsError) -> Vec<ActionName> {
    let told = error.message().and_then(IamAction::in_message);
    let of_operation = || error.operation().and_then(IamAction::of);
    told.or_else(of_operation)
        .map_or_else(Vec::new, |action| needed(&action))
}

/// `s3:PutObject or s3:GetObject` are two.
fn needed(action: &IamAction<'_>) -> Vec<ActionName> {
    let names = action.to_string();
    let names = names.split(" or ").flat_map(|names| names.split(", "));
    names
        .flat_map(single)
        .filter_map(|name| name.parse().ok())
        .collect()
}

/// The simulator takes no wildcard, and one of the actions of KMS is asked for with one.
fn single(name: &str) -> Vec<String> {
    match name.strip_suffix('*') {
        Some(stem) if stem == "kms:ReEncrypt" => {
            ["From", "To"].map(|end| format!("{stem}{end}")).to_vec()
        }
        _ => vec![name.to_owned()],
    }
}

/// The resource that the message names, if that is by an ARN.
pub(super) fn resource(error: &AwsError) -> Option<ResourceArn> {
    let (_, rest) = error.message()?.split_once("on resource: ")?;
    let arn = match rest.strip_prefix('"') {
        // The key of an object may have blanks.
        Some(quoted) => quoted.split_once('"')?.0,
        None => rest.split(' ').next()?.trim_end_matches(['.', ',']),
    };
    arn.starts_with("arn:").then(|| arn.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::{Category, Classify, Facts, OperationName, Stage, Verdict};

    #[derive(Debug, thiserror::Error)]
    #[error("denied")]
    struct Denied(&'static str);

    impl Classify for Denied {
        fn facts(&self) -> Facts<'_> {
            let mut facts = Facts::new(Stage::Answered, Category::Authorization, Verdict::Final);
            facts.code = Some("AccessDenied");
            facts.message = Some(self.0);
            facts
        }
    }

    fn read(
        operation: (&'static str, &'static str),
        message: &'static str,
    ) -> (String, Option<String>) {
        let error = AwsError::new(Denied(message))
            .with_operation(OperationName::new(operation.0, operation.1));
        let names: Vec<String> = actions(&error).into_iter().map(String::from).collect();
        (names.join(" "), resource(&error).map(String::from))
    }

    #[test]
    fn the_message_says_more_than_the_operation() {
        for (message, action, resource) in [
            (
                "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1 because no identity-based policy allows the kms:Decrypt action",
                "kms:Decrypt",
                Some("arn:aws:kms:us-east-1:111122223333:key/1"),
            ),
            (
                r#"User: u is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" with an explicit deny in an identity-based policy"#,
                "s3:GetObject",
                Some("arn:aws:s3:::b/k"),
            ),
            (
                r#"User: u is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::ledger/2026 Q1, all.csv" because no identity-based policy allows it"#,
                "s3:GetObject",
                Some("arn:aws:s3:::ledger/2026 Q1, all.csv"),
            ),
            (
                "User: u is not authorized to perform: iam:GetRole on resource: role app",
                "iam:GetRole",
                None,
            ),
            (
                "User: u is not authorized to perform: kms:ReEncrypt* on resource: role app",
                "kms:ReEncryptFrom kms:ReEncryptTo",
                None,
            ),
            ("Access Denied", "s3:GetObject", None),
        ] {
            let expected = (action.to_owned(), resource.map(ToOwned::to_owned));
            assert_eq!(read(("s3", "GetObject"), message), expected);
        }
    }

    #[test]
    fn each_action_that_an_operation_may_need_is_asked_about() {
        for (operation, expected) in [
            (("s3", "CopyObject"), "s3:PutObject s3:GetObject"),
            (("kms", "ReEncrypt"), "kms:ReEncryptFrom kms:ReEncryptTo"),
            (("lambda", "Invoke"), "lambda:InvokeFunction"),
            (("sqs", "SendMessage"), ""),
        ] {
            assert_eq!(read(operation, "").0, expected);
        }
    }
}
